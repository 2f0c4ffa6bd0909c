"""What housekeeping does while one of its duties fails, or waits for another."""

import contextlib

from support.push import Destination, Dispatcher
from support.waiting import wait_until

# A statement of housekeeping that waits for a lock, known by when it began.
WAITING = """
    SELECT query_start FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'amsync housekeeping'
      AND state = 'active' AND wait_event_type = 'Lock' AND query ~ %s
"""


@contextlib.contextmanager
def locked(scene, table):
    """While nobody else can even read it."""
    with scene.postgres.connect(scene.database) as connection, connection.transaction():
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def wait_for_waiting(scene, query):
    """Since when housekeeping waits in such a statement."""
    return wait_until(lambda: scene.rows(WAITING, (query,)), f"{query} waiting for a lock")[0][0]


def test_a_duty_that_fails_keeps_none_of_the_others_from_being_done(new_scene):
    scene = new_scene()
    with scene.postgres.connect(scene.database) as connection:
        connection.execute("ALTER TABLE amsync.rules_change RENAME TO out_of_reach")
    scene.start()
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.refusal_count") == 0 and
               scene.value("SELECT count(*) FROM amsync.heartbeat") == 1,
               "the heartbeat while changes of the rules cannot be read")
    post_to_nowhere(scene)
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.refusal_count") == 1,
               "a refusal counted while changes of the rules cannot be read")


def post_to_nowhere(scene):
    """Answered 404, which counts and leaves a line in the log."""
    erp = scene.acumatica
    order = erp.notification_of_rows("orders", [{"OrderType": "SO", "OrderNbr": "SO000001"}])
    nowhere = Dispatcher(Destination(scene.amsync.url + "/elsewhere", scene.amsync.secret))
    assert nowhere.post(order).status == 404


def test_the_heart_beats_while_a_duty_waits(new_scene):
    """A service that accepts must not look as if it had not."""
    scene = new_scene().start()
    with locked(scene, "amsync.rules_change"):
        since = wait_for_waiting(scene, "rules_change")

        def beats_meanwhile():
            beaten, waiting = scene.rows(
                "SELECT (SELECT max(beat_at) FROM amsync.heartbeat) > %s + interval '1 s',"
                f" %s = ANY (ARRAY({WAITING}))", (since, since, "rules_change"))[0]
            assert waiting, "the heart did not beat before the wait was over"
            return beaten
        wait_until(beats_meanwhile, "a beat while housekeeping waits")


def test_refused_lines_outlive_a_connection(new_scene):
    scene = new_scene().start()
    with locked(scene, "amsync.connector_log"):
        post_to_nowhere(scene)
        wait_for_waiting(scene, "connector_log")
        scene.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE datname = current_database()"
                   " AND application_name = 'amsync housekeeping'")
    wait_until(lambda: [line for line in scene.lines("--status", "refused")
                        if line["http_status"] == 404], "the refused line in the log")
