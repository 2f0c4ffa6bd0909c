"""What housekeeping does while one of its duties fails."""

from support.waiting import wait_until


def test_a_duty_that_fails_keeps_none_of_the_others_from_being_done(new_scene):
    scene = new_scene()
    with scene.postgres.connect(scene.database) as connection:
        connection.execute("ALTER TABLE amsync.rules_change RENAME TO out_of_reach")
    scene.start()
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.heartbeat") == 1,
               "the heartbeat while changes of the rules cannot be read")
