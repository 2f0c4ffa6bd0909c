"""The commands, as a merchant and an operator use them beside a running service."""

import datetime
import itertools
import json
import re

import pytest

from support.acumatica import Acumatica
from support.process import Process, free_port
from support.push import Destination, Dispatcher
from support.service import environment
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
NUMBERS = itertools.count(400000, 100)


@pytest.fixture
def erp(scene):
    dispatcher = Dispatcher(Destination(scene.amsync.url, scene.amsync.secret))
    return Acumatica(dispatcher=dispatcher, deliver_at_once=True, first_number=next(NUMBERS))


@pytest.fixture(scope="module")
def finished(scene):
    """An order that has gone all the way, with its shipment and its invoice."""
    dispatcher = Dispatcher(Destination(scene.amsync.url, scene.amsync.secret))
    erp = Acumatica(dispatcher=dispatcher, deliver_at_once=True, first_number=next(NUMBERS))
    order = erp.create_order(LINES)
    erp.pay(order)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1Z1"])
    invoice = erp.prepare_invoice(shipment)
    erp.release_invoice(invoice)
    scene.settle()
    return order, shipment, invoice


# --- order

def test_an_order_is_found_by_each_of_its_numbers(scene, finished):
    order, shipment, invoice = finished
    numbers = [order.number, shipment.number, invoice.number, f"ACU-SO-{order.number}"]
    for number in numbers:
        found = scene.amsync.command("order", number, "--json").json()
        assert found["known"] is True
        assert (found["company"], found["order_type"], found["order_nbr"]) == (
            "MyStore", "SO", order.number)
    assert found["state"] == "published"
    assert found["magento"] == {"entity_id": scene.shown(order)["entity_id"],
                                "increment_id": f"ACU-SO-{order.number}"}
    assert [one["number"] for one in found["shipments"]] == [shipment.number]
    assert [one["number"] for one in found["invoices"]] == [invoice.number]
    assert {one["name"]: one["holds"] for one in found["conditions"]} == {
        "customer_enabled": False, "shipment_confirmed": True, "unpaid_balance_zero": True}


def test_an_order_is_shown_to_people_with_both_numbers(scene, finished):
    order, shipment, _ = finished
    shown = scene.amsync.command("order", "SO", order.number).stdout
    assert order.number in shown and f"ACU-SO-{order.number}" in shown
    assert f"Shipment {shipment.number}" in shown
    assert "lease" not in shown and "claim" not in shown and "document" not in shown


def test_an_unknown_order_is_explained(scene, finished):
    unknown = scene.amsync.command("order", "SO999999", exit_code=1)
    assert "No notification for SO999999 has arrived.\nLast order notification:" in unknown.stdout
    assert "SM502000" in unknown.stdout
    assert scene.amsync.command("order", "SO999999", "--json", exit_code=1).json()["known"] is False
    assert scene.amsync.command("sync", "SO999999", exit_code=1).stderr


# --- sync

def test_sync_waits_for_what_comes_of_it(scene, erp):
    order = erp.create_order(LINES)
    scene.wait_for_message(order, "none of the 3 conditions holds")
    refused = scene.amsync.command("sync", order.number, exit_code=1)
    assert "none of the 3 conditions holds" in refused.stdout
    assert not scene.is_shown(order)
    assert scene.state(order)["forced"] is False
    forced = scene.amsync.command("sync", "--force", order.number).stdout
    assert "Conditions (passed by: amsync sync --force):" in forced
    assert scene.state(order)["forced"] is True
    assert scene.is_shown(order)
    # It is remembered: everything follows.
    erp.confirm_shipment(erp.create_shipment(order))
    scene.settle()
    assert len(scene.shown(order)["shipments"]) == 1
    assert scene.amsync.command("sync", order.number, "--no-wait").stdout


def test_force_does_not_pass_a_hold_or_the_order_type_by(scene, erp):
    held = erp.create_order(LINES, status="On Hold", hold=True)
    other = erp.create_order(LINES, type="QT")
    for order, part in ((held, "it is on hold"), (other, "order type QT is not among")):
        scene.wait_for_message(order, part if order is other else "none of the 3 conditions")
        refused = scene.amsync.command("sync", "--force", order.number, exit_code=1)
        assert part in refused.stdout
        assert not scene.is_shown(order)
    erp.release_from_hold(held)
    wait_until(lambda: scene.is_shown(held), lambda: scene.tail(4))
    scene.settle()


# --- log

def test_the_log_is_filtered(scene, erp, finished):
    order, shipment, invoice = finished
    skipped = erp.create_order(LINES)
    scene.wait_for_message(skipped, "none of the 3 conditions holds")
    assert {line["status"] for line in scene.lines("--status", "skipped")} == {"skipped"}
    both = scene.lines("--status", "skipped", "--status", "published")
    assert {line["status"] for line in both} == {"skipped", "published"}
    assert {line["entity"] for line in scene.lines("--entity", "invoice")} == {"invoice"}
    for number in (order.number, shipment.number, f"ACU-SO-{order.number}", invoice.number):
        assert {line["order_nbr"] for line in scene.lines("--order", number)} == {order.number}
    now = datetime.datetime.now(datetime.timezone.utc)
    assert scene.lines("--since", (now + datetime.timedelta(hours=1)).isoformat()) == []
    everything = scene.lines("--since", "2h")
    assert [line["id"] for line in everything] == sorted(line["id"] for line in everything)
    assert scene.amsync.log_lines("--limit", 2) == everything[-2:]
    assert scene.lines("--company", "Elsewhere") == []


def test_a_line_of_the_log_has_all_its_fields(scene, finished):
    order, _, _ = finished
    (line,) = [one for one in scene.lines("--order", order.number) if one["action"] == "create"]
    assert set(line) >= {"id", "at", "company", "entity", "action", "status", "order_type",
                         "order_nbr", "document_nbr", "magento_nbr", "message", "http_status",
                         "attempt", "duration_ms"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["at"])
    assert (line["entity"], line["status"], line["http_status"], line["attempt"]) == (
        "order", "published", 200, 1)
    assert line["magento_nbr"] == f"ACU-SO-{order.number}"
    shown = scene.amsync.command("log", "--order", order.number).stdout.splitlines()
    assert any(text.endswith(line["message"]) and "published" in text for text in shown)


def test_the_log_names_the_tenant_where_there_are_several(new_scene):
    scene = new_scene(AMSYNC_COMPANIES="MyStore,MyStore-EU").start()
    order = scene.acumatica.create_order(LINES)
    scene.wait_for_message(order, "not synced yet")

    def shown(*options):
        return [line.split("  ")[-1].strip() for line in
                scene.amsync.command("log", *options).stdout.splitlines()]
    assert shown()[0].startswith(f"{order.number} received: order")
    assert scene.acumatica_of("MyStore-EU").create_order(LINES).number == order.number
    scene.settle()
    lines = shown()
    assert [line.partition(f": {order.number} ")[0] for line in lines] == ["MyStore"] * 2 + ["MyStore-EU"] * 2
    assert all(line.startswith(f"{order.number} ") for line in shown("--company", "MyStore-EU"))


def test_the_log_is_followed(scene, erp, tmp_path):
    scene.wait_for_message(erp.create_order(LINES), "not synced yet")
    follower = Process("follow", [scene.amsync.program, "log", "--follow", "--json", "--limit", "1"],
                       tmp_path, env=environment(scene.amsync.settings))
    wait_until(lambda: follower.stdout().count("\n") >= 1, "the follower's first line")
    order = erp.create_order(LINES)
    erp.pay(order)
    scene.wait_for_message(order, "published as Magento order")
    wait_until(lambda: f"{order.number} published as" in follower.stdout(), follower.describe)
    scene.settle()
    ids = [json.loads(text)["id"] for text in follower.stdout().splitlines()]
    assert ids == sorted(set(ids))
    follower.terminate()  # not SIGINT, which a shell's background jobs ignore


def test_the_log_speaks_no_jargon(scene, finished):
    words = re.compile(r"\b(lease|claim|reconcile|document|revision)s?\b", re.IGNORECASE)
    assert [line["message"] for line in scene.lines() if words.search(line["message"])] == []


def notification_of(company="MyStore"):
    """Of an order that nothing else knows."""
    erp = Acumatica(company, first_number=next(NUMBERS))
    erp.create_order(LINES)
    return erp.outbox[0]


def test_a_refused_notification_is_told(scene):
    answer = Dispatcher(Destination(scene.amsync.url, "wrong")).post(
        notification_of())
    assert answer.status == 401
    other = notification_of("SomebodyElse")
    assert Dispatcher(Destination(scene.amsync.url, scene.amsync.secret)).post(other).status == 403
    wait_until(lambda: any("SomebodyElse" in line["message"]
                           for line in scene.lines("--status", "refused")),
               lambda: scene.tail(5))
    assert scene.amsync.secret not in json.dumps(scene.lines())


# --- exit codes and settings

@pytest.mark.parametrize("arguments", [
    ("log", "--status", "nonsense"), ("log", "--since", "yesterday"), ("log", "--limit", "0"),
    ("log", "extra"), ("order",), ("order", "a", "b", "c"), ("sync",), ("map", "shipping", "set"),
    ("map", "ship", "list"), ("prefs",), ("customer",), ("nothing",), ("serve", "extra"),
    ("map", "shipping", "set", "UPSGROUND", "METHOD"), ("map", "payment", "set", "CHECK", "CODE"),
    ("log", "--no-such-option")])
def test_wrong_usage_is_exit_2_with_one_line(scene, arguments):
    refused = scene.amsync.command(*arguments, exit_code=2)
    assert refused.stdout == ""
    assert refused.stderr.startswith("amsync")


def test_a_database_url_that_is_none_is_exit_2(scene):
    refused = scene.amsync.command("log", exit_code=2,
                                   settings={"AMSYNC_DATABASE_URL": "postgresqlx://db/amsync"})
    assert "AMSYNC_DATABASE_URL" in refused.stderr


@pytest.mark.parametrize("command", ["migrate", "order SO1", "log", "sync SO1", "prefs get",
                                     "customer list", "map shipping list", "serve"])
def test_a_database_out_of_reach_is_exit_3(scene, command):
    away = {"AMSYNC_DATABASE_URL": f"postgresql://amsync:hunter2@127.0.0.1:{free_port()}/amsync",
            "AMSYNC_LISTEN": f"127.0.0.1:{free_port()}",
            "AMSYNC_ADMIN_LISTEN": f"127.0.0.1:{free_port()}"}
    refused = scene.amsync.command(*command.split(), exit_code=3, settings=away)
    assert "hunter2" not in refused.stdout + refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr


@pytest.mark.parametrize(("name", "value"), [
    ("AMSYNC_WORKERS", "0"), ("AMSYNC_WORKERS", "many"), ("AMSYNC_MAGENTO_URL", "shop.example"),
    ("AMSYNC_MAGENTO_URL", "http://shop.example"), ("AMSYNC_MAGENTO_AUTH", "admin"),
    ("AMSYNC_MAGENTO_AUTH", "oauth1"), ("AMSYNC_MAGENTO_QUIET_MS", "1000"),
    ("AMSYNC_LISTEN", "8080"), ("AMSYNC_LOG_LEVEL", "loud"), ("AMSYNC_WEBHOOK_SECRET", ""),
    ("AMSYNC_WEBHOOK_SECRET_FILE", "/nonexistent"), ("AMSYNC_MAGENTO_STORE", "a b"),
    ("AMSYNC_ADMIN_TOKEN", "a-token-of-the-tests"), ("AMSYNC_ACUMATICA_URL", "https://erp.example")])
def test_a_bad_setting_is_exit_2_naming_it(scene, name, value):
    refused = scene.amsync.command("serve", exit_code=2, settings={name: value})
    assert name.removesuffix("_FILE") in refused.stderr or "CONSUMER" in refused.stderr


@pytest.mark.parametrize(("name", "value"), [
    ("AMSYNC_ADMIN_TOKEN", "a-token-of-the-tests"), ("AMSYNC_MAGENTO_AUTH", "admin"),
    ("AMSYNC_ACUMATICA_URL", "https://erp.example")])
def test_a_setting_of_a_later_version_says_so(scene, name, value):
    refused = scene.amsync.command("config", exit_code=2, settings={name: value})
    assert "not in this version" in refused.stderr


def test_an_unknown_setting_is_a_warning(scene):
    shown = scene.amsync.command("config", settings={"AMSYNC_WORKRES": "8"})
    assert "AMSYNC_WORKRES" in shown.stderr and "warning" in shown.stderr


def test_secrets_are_hidden(scene):
    shown = scene.amsync.command("config")
    for secret in (scene.amsync.secret, scene.magento.token):
        assert secret not in shown.stdout + shown.stderr
    assert "postgresql://" not in shown.stdout
    log = scene.amsync.process.stderr()
    assert scene.amsync.secret not in log and scene.magento.token not in log


def test_a_secret_may_come_from_a_file(scene, tmp_path):
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    settings = {name: value for name, value in scene.amsync.settings.items()
                if name != "AMSYNC_WEBHOOK_SECRET"}
    both = scene.amsync.command("config", exit_code=2,
                                settings={"AMSYNC_WEBHOOK_SECRET_FILE": str(file)})
    assert "AMSYNC_WEBHOOK_SECRET" in both.stderr
    scene.amsync.settings, before = settings, scene.amsync.settings
    try:
        shown = scene.amsync.command("config", "--json",
                                     settings={"AMSYNC_WEBHOOK_SECRET_FILE": str(file)}).json()
    finally:
        scene.amsync.settings = before
    assert shown["AMSYNC_WEBHOOK_SECRET"] is True


def test_help_of_each_command(scene):
    overview = scene.amsync.command("--help").stdout
    for command in ("serve", "migrate", "check", "config", "order", "log", "sync", "retry",
                    "resolve", "replay", "prefs", "customer", "map", "magento", "healthcheck"):
        assert command in overview
        assert scene.amsync.command(command, "--help").stdout.startswith("Usage: amsync " + command)


# --- migrate, serve, healthcheck

def test_migrate_is_safe_twice(scene):
    assert scene.amsync.command("migrate").exit_code == 0


def test_serve_refuses_a_database_that_is_not_migrated(amsync):
    refused = amsync.command("serve", exit_code=2)
    assert "amsync migrate" in refused.stderr


def test_serve_refuses_another_magento(new_scene):
    scene = new_scene().start()
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.settle()
    scene.amsync.stop()
    refused = scene.amsync.command("serve", exit_code=2, settings={
        "AMSYNC_MAGENTO_URL": "https://another.example"})
    assert "another.example" in refused.stderr


def test_two_migrations_at_once(amsync, log_folder):
    first = Process("migrate-1", [amsync.program, "migrate"], log_folder,
                    env=environment(amsync.settings))
    second = Process("migrate-2", [amsync.program, "migrate"], log_folder,
                     env=environment(amsync.settings))
    assert (first.wait(), second.wait()) == (0, 0)


def test_migrate_waits_for_whoever_uses_the_tables(new_scene, log_folder):
    scene = new_scene()
    with scene.postgres.connect(scene.database) as connection:
        (last,) = connection.execute(
            "SELECT max(oid::regclass::text) FROM pg_class"
            " WHERE relname ~ '^notification_p[0-9]+$' AND relkind = 'r'").fetchone()
        connection.execute(f"DROP TABLE {last}")
    with scene.postgres.connect(scene.database) as connection, connection.transaction():
        connection.execute("LOCK TABLE amsync.notification IN SHARE UPDATE EXCLUSIVE MODE")
        migrate = Process("migrate-waits", [scene.amsync.program, "migrate"], log_folder,
                          env=environment(scene.amsync.settings))
        wait_until(lambda: "making partitions: waiting for a lock" in migrate.stderr(),
                   migrate.describe)
        migrate.require_running()
    assert migrate.wait() == 0
    assert scene.value("SELECT to_regclass(%s) IS NOT NULL", (last,))


def test_healthcheck(scene, new_scene):
    assert scene.amsync.command("healthcheck").exit_code == 0
    nobody = f"127.0.0.1:{free_port()}"
    scene.amsync.command("healthcheck", exit_code=3, settings={
        "AMSYNC_LISTEN": nobody, "AMSYNC_ADMIN_LISTEN": nobody})
    other = new_scene().start()
    other.postgres.freeze()
    try:
        wait_until(lambda: other.amsync.command("healthcheck", exit_code=None).exit_code == 1,
                   "healthcheck telling that it is not ready")
    finally:
        other.postgres.thaw()
    wait_until(lambda: other.amsync.command("healthcheck", exit_code=None).exit_code == 0,
               "healthcheck telling that it is ready again")


def test_probes_on_both_listeners(scene):
    for url in (scene.amsync.url, scene.amsync.admin_url):
        for path in ("/livez", "/readyz", "/healthz"):
            assert scene.amsync.probe(path, url) == 200
