"""Old and new programs on one database: what docs/operations.md promises for an upgrade."""

import hashlib
import pathlib
import threading

from support import web
from support.acumatica import Acumatica
from support.magento import CREATE
from support.waiting import wait_until

LINES = [("AALEGO500", 2, "50.00")]
FIRST = pathlib.Path(__file__).resolve().parents[2] / "migrations" / "0001_initial.sql"

TABLES = """
    SELECT c.relname, array_agg(quote_ident(a.attname) ORDER BY a.attnum)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'amsync'::regnamespace AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
    AND NOT c.relispartition GROUP BY c.relname
"""

PARTITIONS = """
    SELECT format('CREATE TABLE amsync.%I PARTITION OF %s %s', c.relname, i.inhparent::regclass,
                  pg_get_expr(c.relpartbound, c.oid))
    FROM pg_class AS c JOIN pg_inherits AS i ON i.inhrelid = c.oid
    WHERE c.relnamespace = 'amsync'::regnamespace AND c.relkind = 'r'
"""

IDENTITIES = """
    SELECT format('SELECT setval(%L, greatest((SELECT max(%I) FROM amsync.%I), 1))',
                  pg_get_serial_sequence('amsync.' || c.relname, a.attname), a.attname, c.relname)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attidentity <> ''
    WHERE c.relnamespace = 'amsync'::regnamespace AND NOT c.relispartition
"""

NOTIFICATION = """
    WITH stored AS (
        INSERT INTO amsync.notification (received_on, kind, company, query, notification_id,
                                         acumatica_timestamp, body, dedup)
        VALUES ((now() AT TIME ZONE 'UTC')::date, 'order', 'MyStore', 'AMSync-Orders', %(id)s,
                %(timestamp)s, %(body)s, sha256(convert_to('order' || %(body)s, 'UTF8')))
        RETURNING id, received_on, dedup
    ) INSERT INTO amsync.intake_queue (id, received_on, dedup) TABLE stored
"""


def as_the_first_migration_left_it(postgres, newest):
    """A database with what `newest` holds, in the schema of migration 1; its name."""
    name = postgres.create_database()
    with postgres.connect(newest) as source, postgres.connect(name) as target:
        text = FIRST.read_text("ascii")
        target.execute("CREATE SCHEMA amsync")
        target.execute(text)
        target.execute("CREATE TABLE amsync.schema_migration (number integer PRIMARY KEY, name text"
                       " NOT NULL, sha256 text NOT NULL, min_program text NOT NULL,"
                       " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())")
        for statement, in source.execute(PARTITIONS).fetchall():
            target.execute(statement)
        target.execute("SET session_replication_role = replica")  # in any order, whatever refers to what
        for table, columns in target.execute(TABLES).fetchall():
            if table in ("schema_migration", "heartbeat"):  # a newer program's beats
                continue
            listed = ", ".join(columns)
            target.execute(f"DELETE FROM amsync.{table}")
            with source.cursor() as reading, target.cursor() as writing:
                with reading.copy(f"COPY (SELECT {listed} FROM amsync.{table}) TO STDOUT") as rows, \
                        writing.copy(f"COPY amsync.{table} ({listed}) FROM STDIN") as copied:
                    for block in rows:
                        copied.write(block)
        for statement, in target.execute(IDENTITIES).fetchall():
            target.execute(statement)
        target.execute("INSERT INTO amsync.schema_migration (number, name, sha256, min_program)"
                       " VALUES (1, 'initial', %s, '0.1.0')",
                       [hashlib.sha256(FIRST.read_bytes()).hexdigest()])
    return name


class OldProgram:
    """What a program of migration 1 does all the time: keeps notifications, moves documents through
    their states, beats. `with` runs it in a thread; each statement must succeed."""

    def __init__(self, postgres, database):
        self._postgres, self._database = postgres, database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.kept = []
        self.failure = None

    def __enter__(self):
        self._thread.start()
        wait_until(lambda: len(self.kept) > 3 or self.failure, "the old program at work")
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        erp = Acumatica(first_number=700000)
        try:
            with self._postgres.connect(self._database) as connection:
                while not self._stop.is_set():
                    self._work(connection, erp)
        except Exception as failure:  # shown by the test
            self.failure = failure

    def _work(self, connection, erp):
        order = erp.create_order(LINES, paid=100)
        (told,) = erp.outbox
        erp.outbox = []
        connection.execute(NOTIFICATION, {"id": told.id, "timestamp": told.timestamp,
                                          "body": told.body().decode()})
        for state in ("retrying", "waiting"):
            connection.execute("UPDATE amsync.document SET state = %s, attempts = attempts + 1"
                               " WHERE state IN ('waiting', 'retrying')", [state])
        connection.execute("INSERT INTO amsync.heartbeat (instance, host, program, started_at, beat_at)"
                           " VALUES (gen_random_uuid(), 'old', '0.1.0', now(), now())")
        self.kept.append(order)


def orders_in_every_state(scene):
    """By state; what is pending was accepted while nothing is published. Until the simulated Magento
    is healed, it goes on putting off what is retrying."""
    erp = scene.acumatica
    orders = {}

    def make(state, **fields):
        orders[state] = erp.create_order(LINES, paid=100, **fields)
        wait_until(lambda: scene.state(orders[state]).get("state") == state,
                   lambda: f"{state}: {scene.tail()}")

    scene.magento.fault({**CREATE, "action": "status", "status": 400,
                         "message": "No such thing", "count": 1})
    make("failed")
    make("published")
    make("waiting", ship_via="PIGEON POST")
    make("skipped", type="QT")
    shipment = erp.create_shipment(orders["published"])
    erp.confirm_shipment(shipment, ["1Z1"])
    scene.settle()
    scene.magento.fault({**CREATE, "action": "too_many",
                         "retry_after": 3000})
    make("retrying")
    scene.amsync.command("prefs", "set", "publishing=paused")
    orders["pending"] = erp.create_order(LINES, paid=100)
    wait_until(lambda: "paused" in scene.state(orders["pending"])["reason"],
               lambda: str(scene.state(orders["pending"])))
    return orders


def test_the_first_schema_is_migrated_while_a_program_works_on_it(new_scene):
    scene = new_scene().start()
    orders = orders_in_every_state(scene)
    scene.amsync.stop()
    newest = scene.database
    old = as_the_first_migration_left_it(scene.postgres, newest)
    documents = ("SELECT id, state, reason, magento_entity_id FROM amsync.document"
                 " WHERE state NOT IN ('waiting', 'retrying') ORDER BY id")
    log = "SELECT id, message FROM amsync.connector_log ORDER BY id"
    before = [scene.rows(documents), scene.rows(log)]
    scene.database = old
    try:
        assert [scene.rows(documents), scene.rows(log)] == before
        scene.amsync.settings["AMSYNC_DATABASE_URL"] = scene.postgres.uri(old)
        refused = scene.amsync.command("serve", exit_code=2)
        assert "lacks migration 2 (attention): run amsync migrate" in refused.stderr
        with OldProgram(scene.postgres, old) as running:
            scene.amsync.command("migrate")
            done = len(running.kept)
            wait_until(lambda: len(running.kept) > done + 3 or running.failure, "it goes on")
        assert running.failure is None
        assert [scene.rows(documents), scene.rows(log)] == before
        # The trigger has seen what was there and what the old program has written since.
        assert scene.rows("SELECT document_id, state, attempts FROM amsync.attention ORDER BY 1") == \
            scene.rows("SELECT id, state, attempts FROM amsync.document"
                       " WHERE state IN ('waiting', 'retrying', 'failed') ORDER BY 1")
        # The sweep of the paused rules may have reached the two others before the stop.
        assert scene.value("SELECT count(*) FROM amsync.attention WHERE state = 'failed'") == 1

        scene.amsync.start()
        wait_until(lambda: scene.value("SELECT count(*) FROM amsync.intake_queue") == 0, "intake")
        assert scene.state(orders["published"])["shipments"][0]["state"] == "published"
        assert scene.state(orders["skipped"])["state"] == "skipped"
        scene.magento.heal()
        scene.amsync.command("prefs", "set", "publishing=on", "--yes")
        scene.amsync.command("map", "shipping", "set", "PIGEON POST", "flatrate_flatrate")
        for which in ("failed", "retrying", "waiting"):
            scene.amsync.command("retry", f"--{which}", exit_code=None)
        for order in [*running.kept, *(order for state, order in orders.items() if state != "skipped")]:
            scene.amsync.wait_for_order(order.number, "published")
        assert len(scene.magento.orders()) == len(running.kept) + len(orders) - 1
    finally:
        scene.amsync.close()
        scene.database = newest
        scene.postgres.drop_database(old)


LATER = ("INSERT INTO amsync.schema_migration (number, name, sha256, min_program)"
         " VALUES (9999, 'later', repeat('0', 64), '{}') RETURNING 1")


def readiness(scene):
    answer = web.get(scene.amsync.admin_url + "/readyz")
    return answer.status, answer.json()


def test_a_program_that_a_migration_rules_out_says_so_and_does_not_start(new_scene):
    scene = new_scene().start()
    why = "the database has migration 9999 (later), which needs amsync 9.0.0 or newer; this is 0.1.0"
    scene.rows(LATER.format("9.0.0"))
    wait_until(lambda: readiness(scene)[0] == 503, "not being ready")
    assert readiness(scene)[1] == {"status": "not ready", "database": "writable",
                                   "schema": "not current", "draining": False, "reason": why}
    assert scene.amsync.probe("/readyz") == 503
    told = [line["message"] for line in scene.amsync.process_log()
            if line["event"] == "housekeeping.schema"]
    assert told == [f"not ready any more: {why}"]
    refused = scene.amsync.twin().command("serve", exit_code=2)
    assert refused.stderr.strip() == f"amsync serve: {why}"
    refused = scene.amsync.command("migrate", exit_code=None)
    assert refused.exit_code != 0 and why in refused.stderr
    # Put right, it goes on.
    scene.rows("DELETE FROM amsync.schema_migration WHERE number = 9999 RETURNING 1")
    wait_until(scene.amsync.is_ready, "being ready again")
    assert "reason" not in readiness(scene)[1]


def test_a_program_older_than_the_newest_migration_works_on(new_scene):
    scene = new_scene().start()
    scene.rows(LATER.format("0.1.0"))
    additions = ("ALTER TABLE amsync.sales_order ADD COLUMN later text NOT NULL DEFAULT ''",
                 "ALTER TABLE amsync.document ADD COLUMN later timestamptz",
                 "ALTER TABLE amsync.notification ADD COLUMN later integer NOT NULL DEFAULT 0",
                 "ALTER TABLE amsync.work ADD COLUMN later boolean NOT NULL DEFAULT false",
                 "ALTER TABLE amsync.connector_log ADD COLUMN later jsonb",
                 "CREATE TABLE amsync.later (id bigint PRIMARY KEY)")
    with scene.postgres.connect(scene.database) as connection:
        for addition in additions:
            connection.execute(addition)
    for start_anew in (False, True):
        if start_anew:
            scene.amsync.stop()
            scene.amsync.command("migrate")
            scene.amsync.start()
        order = scene.acumatica.create_order(LINES, paid=100)
        shipment = scene.acumatica.create_shipment(order)
        scene.acumatica.confirm_shipment(shipment, ["1Z1"])
        scene.acumatica.release_invoice(scene.acumatica.prepare_invoice(shipment))
        scene.settle()
        state = scene.state(order)
        assert [state["state"], *(one["state"] for one in state["shipments"] + state["invoices"])] == [
            "published"] * 3, scene.tail()
    scene.require_at_rest()
