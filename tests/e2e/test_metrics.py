"""GET /metrics: well-formed, and each event moves exactly the values that tell of it."""

import pathlib
import re
import socket
import time

import pytest

from support import web
from support.magento import CREATE
from support.metrics import Page
from support.scene import Scene
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
PREVIOUS = "the-secret-of-last-year"
GAUGES = ("amsync_orders_due", "amsync_orders_oldest_due_age_seconds", "amsync_orders_waiting",
          "amsync_orders_retrying", "amsync_orders_stuck", "amsync_orders_failed",
          "amsync_intake_queue_notifications", "amsync_intake_queue_oldest_age_seconds")
READ_AT = "amsync_gauges_read_timestamp_seconds"


def scrape(scene):
    answer = web.get(scene.amsync.admin_url + "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Page(answer.text())


class Watch:
    """What has changed since it was made."""

    def __init__(self, scene):
        self._scene = scene
        self._before = scrape(scene).values()

    def moved(self, name, suffix=""):
        """The differences that are not 0, by label values in the order of the labels' names."""
        return {tuple(value for _, value in labels): value - self._before[found, tail, labels]
                for (found, tail, labels), value in scrape(self._scene).values().items()
                if (found, tail) == (name, suffix)
                and value != self._before[found, tail, labels]}


def shown_gauges(scene):
    page = scrape(scene)
    return {name: page.get(name) for name in GAUGES}


def gauges(scene, **expected):
    """Waits until the gauges of the database are so: orders_waiting=1, ..."""
    def as_expected():
        page = scrape(scene)
        return all(page.get(f"amsync_{name}") == value for name, value in expected.items())
    wait_until(as_expected, lambda: f"{expected}; there is {shown_gauges(scene)}", 30.0, 0.2)


def post(scene, body, path="/webhooks/acumatica/orders", secret=None, **headers):
    headers = {"Content-Type": "application/json",
               "X-Amsync-Secret": secret or scene.amsync.secret, **headers}
    return web.request("POST", scene.amsync.url + path, body, headers).status


@pytest.fixture(scope="module")
def shared(postgres, template, tmp_path_factory):
    """An idle service for what leaves no orders behind."""
    with Scene(postgres, template, tmp_path_factory.mktemp("metrics"),
               AMSYNC_WEBHOOK_SECRET_PREVIOUS=PREVIOUS, AMSYNC_MAX_BODY_BYTES="100000") as scene:
        yield scene.start()


def test_each_notification_is_counted_by_what_became_of_it(shared):
    notification = '{{"Query": "{}", "CompanyId": "{}", "Id": "1", "TimeStamp": {}}}'
    good = notification.format("AMSync-Orders", "MyStore", 1)
    watch = Watch(shared)
    answers = [
        post(shared, good),
        post(shared, good),
        post(shared, notification.format("AMSync-Invoices", "MyStore", 2), "/webhooks/acumatica"),
        post(shared, good, "/webhooks/acumatica/shipments", PREVIOUS),
        post(shared, good, secret="wrong"),
        post(shared, notification.format("AMSync-Orders", "Other", 1)),
        post(shared, "{"),
        post(shared, "{", "/webhooks/acumatica"),
        post(shared, notification.format("Else", "MyStore", 1), "/webhooks/acumatica"),
        post(shared, good, "/webhooks/else"),
        post(shared, "1" * 100001),
        post(shared, good, **{"Content-Type": "text/plain"}),
        web.get(shared.amsync.url + "/webhooks/acumatica/invoices").status,
    ]
    assert answers == [202, 200, 202, 202, 401, 403, 400, 400, 400, 404, 413, 415, 405]
    assert watch.moved("amsync_notifications_total") == {
        ("order", "accepted"): 1, ("order", "duplicate"): 1, ("invoice", "accepted"): 1,
        ("shipment", "accepted"): 1, ("order", "unauthorized"): 1,
        ("order", "unknown_company"): 1, ("order", "malformed"): 1, ("unknown", "malformed"): 2,
        ("unknown", "unknown_path"): 1, ("order", "too_large"): 1, ("order", "wrong_type"): 1,
        ("invoice", "wrong_method"): 1}
    assert watch.moved("amsync_previous_secret_used_total") == {(): 1}
    assert watch.moved("amsync_acknowledge_seconds", "_count") == {(): 4}
    assert watch.moved("amsync_batch_rows", "_sum") == {(): 4}
    assert watch.moved("amsync_batch_rows", "_count") == {(): 4}
    assert watch.moved("amsync_batch_rows", "_bucket")[("1",)] == 4


def test_a_request_that_ends_early_is_counted(shared):
    watch = Watch(shared)
    host, port = shared.amsync.settings["AMSYNC_LISTEN"].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /webhooks/acumatica/orders HTTP/1.1\r\nHost: amsync\r\n"
                           b"X-Amsync-Secret: " + shared.amsync.secret.encode() +
                           b"\r\nContent-Length: 100\r\n\r\n{")
    wait_until(lambda: watch.moved("amsync_notifications_total") == {("order", "incomplete"): 1},
               lambda: f"one incomplete: {watch.moved('amsync_notifications_total')}")


def test_what_the_process_is(shared):
    page = scrape(shared)
    version = shared.amsync.command("--version").stdout.split()[1]
    (labels,) = (dict(labels) for _, labels in page.families["amsync_build_info"].samples)
    assert labels["version"] == version
    assert labels["compiler"].split()[0] in ("gcc", "Debian", "Clang")
    assert 0 < time.time() - page.value("process_start_time_seconds") < 600
    assert 10 < page.value("process_open_fds") < page.value("process_max_fds")
    assert page.value("process_resident_memory_bytes") > 1_000_000


def test_an_orders_way_is_counted(new_scene):
    scene = new_scene(AMSYNC_LOG_BODIES="none").start()
    wait_until(lambda: scrape(scene).value("amsync_magento_requests_total", call="read_store",
                                           outcome="done") == 1, "the store view being known")
    watch = Watch(scene)
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.settle()
    shipment = scene.acumatica.create_shipment(order)
    scene.acumatica.confirm_shipment(shipment, ["1Z999"])
    scene.settle()
    scene.acumatica.release_invoice(scene.acumatica.prepare_invoice(shipment))
    scene.settle()
    asked = {}
    for name, count in scene.magento.requests()["counts"].items():
        method, path, _ = name.split()
        asked[method, path] = asked.get((method, path), 0) + count
    requests = watch.moved("amsync_magento_requests_total")
    assert requests[("create", "done")] == 1
    assert requests[("ship", "done")] == 1
    assert requests[("invoice", "done")] == 1
    assert {outcome for _, outcome in requests} == {"done"}
    # What amsync counts is what Magento was asked, but for the look at the store view before.
    assert sum(requests.values()) == sum(asked.values()) - 1
    counts = watch.moved("amsync_magento_request_seconds", "_count")
    assert counts == {(call,): count for (call, _), count in requests.items()}
    page = scrape(scene)
    assert page.value("amsync_orders_in_work") == 0
    gauges(scene, orders_due=0, orders_waiting=0, orders_retrying=0, orders_failed=0,
           orders_stuck=0, intake_queue_notifications=0, orders_oldest_due_age_seconds=0)


def test_what_needs_attention_is_shown(new_scene):
    scene = new_scene(AMSYNC_MAX_ATTEMPTS="1").start()
    gauges(scene, orders_waiting=0, orders_failed=0, orders_retrying=0, orders_stuck=0)
    waiting = scene.acumatica.create_order(LINES, ship_via="NOWHERE")
    scene.acumatica.pay(waiting)
    scene.amsync.wait_for_order(waiting.number, "waiting")
    gauges(scene, orders_waiting=1, orders_failed=0, orders_retrying=0, orders_stuck=0)
    watch = Watch(scene)
    scene.magento.fault({**CREATE, "action": "status", "status": 400, "message": "No.",
                         "count": 1})
    failed = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(failed)
    scene.amsync.wait_for_order(failed.number, "failed")
    assert watch.moved("amsync_magento_requests_total")[("create", "refused")] == 1
    gauges(scene, orders_waiting=1, orders_failed=1, orders_retrying=0, orders_stuck=0)
    scene.magento.heal()
    watch = Watch(scene)
    scene.magento.fault({**CREATE, "action": "internal_error", "count": 1})
    retrying = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(retrying)
    scene.amsync.wait_for_order(retrying.number, "retrying")
    assert watch.moved("amsync_magento_requests_total")[("create", "unknown")] == 1
    gauges(scene, orders_waiting=1, orders_failed=1, orders_retrying=1, orders_stuck=1)
    scene.amsync.command("map", "shipping", "set", "NOWHERE", "flatrate_flatrate")
    scene.amsync.command("retry", "--failed")
    scene.amsync.command("retry", "--retrying")
    for order in (waiting, failed, retrying):
        scene.amsync.wait_for_order(order.number, "published")
    gauges(scene, orders_waiting=0, orders_failed=0, orders_retrying=0, orders_stuck=0)


def test_magento_away_is_shown_with_what_is_due(new_scene):
    scene = new_scene().start()
    scene.magento.set(maintenance=True)
    orders = [scene.acumatica.create_order(LINES) for _ in range(6)]
    for order in orders:
        scene.acumatica.pay(order)
    wait_until(lambda: scrape(scene).value("amsync_magento_breaker_open") == 1, "the breaker")
    wait_until(lambda: (scrape(scene).get("amsync_orders_due") or 0) >= 1
               and (scrape(scene).get("amsync_orders_oldest_due_age_seconds") or 0) > 1,
               lambda: f"an order that is due for a while; there is {shown_gauges(scene)}")
    assert scrape(scene).value("amsync_magento_rights_missing") == 0
    scene.magento.set(maintenance=False)
    scene.settle(120)
    assert scrape(scene).value("amsync_magento_breaker_open") == 0
    gauges(scene, orders_due=0, orders_oldest_due_age_seconds=0)


def test_a_missing_right_is_shown(new_scene):
    scene = new_scene().start()
    scene.magento.set(without=["Magento_Sales::ship"])
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.acumatica.confirm_shipment(scene.acumatica.create_shipment(order), ["1Z1"])
    scene.wait_for_message(order, "lacks Magento_Sales::ship")
    page = scrape(scene)
    assert page.value("amsync_magento_rights_missing") == 1
    assert page.value("amsync_magento_breaker_open") == 0
    assert page.value("amsync_magento_requests_total", call="ship", outcome="unauthorized") == 1


def test_an_order_in_work_is_shown(new_scene):
    scene = new_scene().start()
    scene.magento.fault({**CREATE, "action": "delay",
                         "delay_ms": 1400, "count": 1})
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    wait_until(lambda: scrape(scene).value("amsync_orders_in_work") == 1, "an order in work",
               interval_s=0.02)
    scene.settle()
    wait_until(lambda: scrape(scene).value("amsync_orders_in_work") == 0, "no order in work")


def test_what_intake_has_before_it_is_shown(new_scene):
    scene = new_scene().start()
    gauges(scene, intake_queue_notifications=0, intake_queue_oldest_age_seconds=0)
    with scene.postgres.connect(scene.database) as connection, connection.transaction():
        connection.execute("LOCK TABLE amsync.document IN ACCESS EXCLUSIVE MODE")
        scene.acumatica.create_order(LINES)
        wait_until(lambda: scrape(scene).get("amsync_intake_queue_notifications") == 1
                   and scrape(scene).get("amsync_intake_queue_oldest_age_seconds") > 1,
                   lambda: f"a notification that waits; there is {shown_gauges(scene)}")
    gauges(scene, intake_queue_notifications=0, intake_queue_oldest_age_seconds=0)


CONNECTIONS = ["claimer", "finisher", "heartbeat", "housekeeping", "ingest", "intake"]


def test_each_connection_that_breaks_is_counted_once(new_scene):
    scene = new_scene().start()
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.settle()
    watch = Watch(scene)
    ended = scene.value("SELECT array_agg(replace(application_name, 'amsync ', '')"
                        " ORDER BY application_name) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND application_name LIKE 'amsync %%'"
                        " AND pg_terminate_backend(pid)")
    assert ended == CONNECTIONS
    wait_until(lambda: scene.amsync.probe("/readyz") == 200, "being ready again")
    another = scene.acumatica.create_order(LINES)  # the finisher connects when it has something
    scene.acumatica.pay(another)
    scene.settle()
    wait_until(lambda: watch.moved("amsync_database_reconnects_total")
               == {(name,): 1 for name in CONNECTIONS},
               lambda: f"one each: {watch.moved('amsync_database_reconnects_total')}")


@pytest.mark.slow
def test_gauges_that_cannot_be_read_are_not_made_up(new_scene):
    scene = new_scene().start()
    gauges(scene, orders_due=0)
    read_at = scrape(scene).value(READ_AT)
    assert 0 <= time.time() - read_at < 60
    with scene.postgres.connect(scene.database) as connection:
        connection.execute("ALTER TABLE amsync.attention RENAME TO attention_gone")
        wait_until(lambda: not set(GAUGES) & scrape(scene).families.keys(),
                   "the gauges being left out", 60.0, 0.5)
        assert time.time() - scrape(scene).value(READ_AT) > 30
        connection.execute("ALTER TABLE amsync.attention_gone RENAME TO attention")
    gauges(scene, orders_due=0)
    assert scrape(scene).value(READ_AT) > read_at


def test_names_are_as_documented(shared):
    """The documented page is that of a program that knows everything; this one runs."""
    wait_until(lambda: "amsync_orders_due" in scrape(shared).families, "the gauges")
    document = pathlib.Path(__file__).parents[2] / "docs/metrics.md"
    names = re.findall(r"^\| `((?:amsync|process)_\w+)`", document.read_text("utf-8"), re.MULTILINE)
    assert sorted(names) == sorted(scrape(shared).families)
