"""A notification over which the program crashes stops neither the others nor the program for long."""

from support import web
from support.waiting import wait_until

LOCK = 4711

# Whoever merges the order of this number waits for the test, which kills the program meanwhile.
POISON = f"""
    CREATE FUNCTION amsync.poison() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
    BEGIN
        IF NEW.number = 'POISON' THEN PERFORM pg_advisory_xact_lock({LOCK}); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER poison BEFORE INSERT ON amsync.document
    FOR EACH ROW EXECUTE FUNCTION amsync.poison()
"""

INTAKE_AT_IT = """
    SELECT count(*) FROM pg_stat_activity WHERE application_name = 'amsync intake'
    AND wait_event_type = 'Lock' AND wait_event = 'advisory' AND datname = current_database()
"""


OTHERS = [f"SO{number}" for number in range(5)]


def send(scene, *numbers):
    for number in numbers:
        answer = web.post_json(
            scene.amsync.url + "/webhooks/acumatica",
            {"Query": "AMSync-Orders", "CompanyId": "MyStore", "Id": number, "TimeStamp": 5,
             "Inserted": [{"OrderType": "SO", "OrderNbr": number, "Status": "Open"}]},
            {"X-Amsync-Secret": scene.amsync.secret}, timeout_s=30)
        assert answer.status == 202


def crash(scene):
    """Kills the service while it takes the poison in; the server ends what that had begun."""
    wait_until(lambda: scene.value(INTAKE_AT_IT) == 1, "the poison being taken in")
    scene.amsync.kill()
    scene.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE application_name = 'amsync intake' AND datname = current_database()")
    wait_until(lambda: scene.value(INTAKE_AT_IT) == 0, "the end of the connection")


def wait_for_others(scene, numbers):
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.sales_order"
                                   " WHERE order_nbr = ANY (%s)", [numbers]) == len(numbers),
               "the others being taken in")


def test_poison_is_tried_alone_three_times_and_then_set_aside(new_scene):
    scene = new_scene()
    with scene.postgres.connect(scene.database) as holder:
        holder.execute(POISON)
        holder.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        scene.start()
        # What waits when a program connects is suspect from the start, and a lone try would be its first.
        send(scene, "FIRST")
        wait_for_others(scene, ["FIRST"])
        send(scene, "POISON", *OTHERS)
        crash(scene)
        for lone_try in range(1, 4):
            scene.amsync.start()
            crash(scene)
            assert scene.rows("SELECT attempts FROM amsync.intake_queue WHERE attempts > 1") == [
                (1 + lone_try,)]
            # It rests now: the program runs, and nobody waits for it.
            scene.amsync.start()
            send(scene, f"LATER{lone_try}")
            wait_for_others(scene, [*OTHERS, f"LATER{lone_try}"])
            scene.amsync.stop()
            scene.rows("UPDATE amsync.intake_queue SET due_at = clock_timestamp() RETURNING id")
        scene.amsync.start()
        wait_until(lambda: scene.value("SELECT count(*) FROM amsync.intake_queue") == 0,
                   "the poison being set aside")
    (line,) = scene.lines("--entity", "notification", "--status", "failed")
    identity = scene.value("SELECT id FROM amsync.notification WHERE notification_id = 'POISON'")
    assert line["message"] == (
        f"notification {identity} cannot be taken in: 3 attempts with it alone ended without a"
        " result; look at the logs of amsync and PostgreSQL, and when the cause is mended: amsync replay"
        f" --notification {identity}")
    # As after an upgrade: the lock is free.
    scene.amsync.command("replay", "--notification", identity)
    wait_for_others(scene, ["POISON"])
