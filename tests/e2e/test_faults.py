"""Magento late, broken, overloaded or closed: in the end it has each document once, in order."""

import time

import pytest

from support.magento import CREATE
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]

# Magento hears a call that is given up after a second for up to two more.
TIMES = {"AMSYNC_MAGENTO_TIMEOUT_MS": "1000", "AMSYNC_MAGENTO_QUIET_MS": "2500"}

SHIP = {"method": "POST", "regex": "/V1/order/[0-9]+/ship$"}
INVOICE = {"method": "POST", "regex": "/V1/order/[0-9]+/invoice$"}

FAULTS = [
    {"action": "delay", "delay_ms": 1500, "committed": True},
    {"action": "delay", "delay_ms": 1800},
    {"action": "drop"},
    {"action": "drop", "committed": True},
    {"action": "drop", "reused": True},
    {"action": "drop", "reused": True, "committed": True},
    {"action": "drop", "committed": True, "delay_ms": 1500},
    {"action": "reset"},
    {"action": "reset", "committed": True},
    {"action": "truncate", "committed": True},
    {"action": "endless", "committed": True},
    {"action": "too_many", "retry_after": 1},
    {"action": "internal_error"},
    {"action": "internal_error", "committed": True},
    {"action": "text_error"},
    {"action": "text_error", "committed": True},
    {"action": "bad_gateway", "committed": True},
    {"action": "maintenance"},
    {"action": "without_id", "committed": True},
    {"action": "redirect"},
    {"action": "status", "status": 408, "message": "Request Time-out"},
]


def pay_all(scene, count=len(FAULTS)):
    orders = [scene.acumatica.create_order(LINES) for _ in range(count)]
    for order in orders:
        scene.acumatica.pay(order)
    return orders


def ship_all(scene, orders):
    shipments = [scene.acumatica.create_shipment(order) for order in orders]
    for shipment in shipments:
        scene.acumatica.confirm_shipment(shipment, [f"1Z{shipment.number}"])
    return shipments


def invoice_all(scene, shipments):
    for shipment in shipments:
        scene.acumatica.release_invoice(scene.acumatica.prepare_invoice(shipment))


def shipping_calls(scene):
    return sum(one["method"] == "POST" and one["target"].endswith("/ship")
               for one in scene.magento.requests(1024)["last"])


def require_each_once(scene, orders, shipments=1, invoices=1):
    """Exactly one order, shipment and invoice in Magento for each, and nothing else."""
    assert len(scene.magento.orders()) == len(orders)
    for order in orders:
        shown = scene.shown(order)
        assert len(shown["shipments"]) == shipments, scene.messages(order)
        assert len(shown["invoices"]) == invoices, scene.messages(order)
        assert shown["grand_total"] == 127.5
        made = [step["what"] for step in shown["steps"]]
        assert made == sorted(made, key=["create", "ship", "invoice"].index)
        state = scene.state(order)
        assert state["state"] == "published"
        assert {one["state"] for one in state["shipments"] + state["invoices"]} <= {"published"}
        assert state["magento"]["entity_id"] == shown["entity_id"]
    scene.require_at_rest()


def test_each_fault_of_each_step(new_scene):
    """Three installations, one for each step, go through all faults at the same time."""
    creating, shipping, invoicing = (new_scene(**TIMES).start() for _ in range(3))
    orders = {scene: pay_all(scene) for scene in (shipping, invoicing)}
    shipments = ship_all(invoicing, orders[invoicing])
    shipping.settle()
    invoicing.settle()
    for scene, call in ((creating, CREATE), (shipping, SHIP), (invoicing, INVOICE)):
        scene.magento.fault(*({**call, **fault, "count": 1} for fault in FAULTS))
    orders[creating] = pay_all(creating)
    ship_all(shipping, orders[shipping])
    invoice_all(invoicing, shipments)
    for scene, made in ((creating, (0, 0)), (shipping, (1, 0)), (invoicing, (1, 1))):
        scene.settle(120)
        require_each_once(scene, orders[scene], *made)
        assert [rule["hits"] for rule in scene.magento.faults()] == [1] * len(FAULTS)
        assert scene.value("SELECT count(*) FROM amsync.connector_log"
                           " WHERE status = 'retrying' AND entity <> 'service'"
                           " AND message NOT LIKE '%%Next try in%%'") == 0


def test_each_fault_of_a_create_whose_number_is_drawn(new_scene):
    """A number of the sequence does not tell Magento that it has the order already."""
    scene = new_scene(**TIMES).start()
    scene.amsync.command("prefs", "set", "numbering=sequence")
    scene.magento.fault(*({**CREATE, **fault, "count": 1} for fault in FAULTS))
    orders = pay_all(scene)
    scene.settle(120)
    require_each_once(scene, orders, 0, 0)
    assert [rule["hits"] for rule in scene.magento.faults()] == [1] * len(FAULTS)
    assert len({one["increment_id"] for one in scene.magento.orders()}) == len(orders)


def test_each_fault_of_the_smaller_calls(new_scene):
    """Comment, tracking number, hold and cancel: each is done, and done once."""
    scene = new_scene(**TIMES).start()
    erp = scene.acumatica
    count = len(FAULTS)
    orders = pay_all(scene, 4 * count)
    groups = [orders[i * count:(i + 1) * count] for i in range(4)]
    commented, tracked, held, canceled = groups
    shipments = ship_all(scene, tracked)
    scene.settle()
    for regex in ("/V1/orders/[0-9]+/comments$", "/V1/shipment/track$", "/V1/orders/[0-9]+/hold$",
                  "/V1/orders/[0-9]+/cancel$"):
        scene.magento.fault(*({"method": "POST", "regex": regex, **fault, "count": 1}
                              for fault in FAULTS[:15]))  # it has room for 64 rules
    for order in commented:
        with erp.transaction(order):
            order.ship_to["City"] = "Hoboken"
    for shipment in shipments:
        erp.correct_shipment(shipment)
        erp.confirm_shipment(shipment, ["1Z-NEW"])
    for order in held:
        erp.hold(order)
    for order in canceled:
        erp.cancel(order)
    scene.settle(120)
    for order in commented:
        comments = [one["comment"] for one in scene.shown(order)["status_histories"]
                    if "Hoboken" in (one["comment"] or "")]
        assert len(comments) == 1, scene.messages(order)
    for order in tracked:
        (shipment,) = scene.shown(order)["shipments"]
        assert sorted(one["track_number"][:2] for one in shipment["tracks"]) == ["1Z", "1Z"]
        assert "1Z-NEW" in [one["track_number"] for one in shipment["tracks"]]
    for order in held:
        assert scene.shown(order)["state"] == "holded", scene.messages(order)
        erp.release_from_hold(order)
    for order in canceled:
        assert scene.shown(order)["state"] == "canceled", scene.messages(order)
    scene.settle()
    assert {scene.shown(order)["state"] for order in held} == {"new"}
    assert {rule["hits"] for rule in scene.magento.faults()} == {1}
    assert len(scene.magento.orders()) == 4 * count
    scene.require_at_rest()


def test_reads_may_fail_too(new_scene):
    scene = new_scene(**TIMES).start()
    scene.magento.fault(*({"method": "GET", "probability": 0.2, "seed": seed, **fault}
                          for seed, fault in enumerate((
                              {"action": "drop"}, {"action": "truncate"},
                              {"action": "internal_error"}, {"action": "text_error"}))))
    orders = pay_all(scene, 25)
    shipments = ship_all(scene, orders)
    wait_until(lambda: all(rule["hits"] >= 1 for rule in scene.magento.faults()),
               lambda: f"each fault: {scene.magento.faults()}")
    scene.magento.heal()
    invoice_all(scene, shipments)
    scene.settle(120)
    require_each_once(scene, orders)


def test_retry_after_is_respected(new_scene):
    scene = new_scene(**TIMES).start()
    scene.magento.fault({**CREATE, "action": "too_many", "retry_after": 10, "count": 1})
    (order,) = pay_all(scene, 1)
    scene.wait_for_message(order, "could not be published yet")
    with scene.acumatica.transaction(order):
        order.ship_to["City"] = "Hoboken"
    scene.settle()
    first, second = (one["at"] for one in scene.magento.requests()["last"]
                     if one["method"] == "POST")
    assert second - first >= 10_000
    require_each_once(scene, [order], 0, 0)


def test_a_right_that_is_missing_stops_only_its_own_calls(new_scene):
    scene = new_scene(**TIMES).start()
    scene.magento.set(without=["Magento_Sales::ship"])
    orders = pay_all(scene, 4)
    ship_all(scene, orders)
    for order in orders:
        scene.wait_for_message(order, "Magento's integration lacks Magento_Sales::ship")
    assert 1 <= shipping_calls(scene) <= 8, scene.magento.requests()["counts"]
    attempts = "SELECT max(attempts) FROM amsync.document WHERE kind = 'shipment'"
    assert scene.value(attempts) == 0
    later = pay_all(scene, 1)
    wait_until(lambda: scene.is_shown(later[0]), lambda: scene.tail(5))
    state = scene.state(orders[0])
    assert state["state"] == "published"
    assert [one["state"] for one in state["shipments"]] == ["retrying"]
    assert "Magento_Sales::ship" in state["shipments"][0]["reason"]
    scene.magento.set(without=[])
    # A new start asks at once; a running service asks once a minute.
    scene.amsync.stop()
    scene.amsync.start()
    for order in orders:
        scene.amsync.command("sync", order.number)
    assert all(len(scene.shown(order)["shipments"]) == 1 for order in orders)


@pytest.mark.slow
def test_a_right_given_back_is_noticed(new_scene):
    scene = new_scene(**TIMES).start()
    scene.magento.set(without=["Magento_Sales::ship"])
    orders = pay_all(scene, 4)
    ship_all(scene, orders)
    for order in orders:
        scene.wait_for_message(order, "Magento's integration lacks Magento_Sales::ship")
    scene.magento.set(without=[])
    scene.settle(180)
    require_each_once(scene, orders, 1, 0)


def test_a_token_that_is_not_accepted_stops_everything_and_is_told(new_scene):
    scene = new_scene(**TIMES)
    scene.amsync.settings["AMSYNC_MAGENTO_TOKEN"] = "another"
    scene.start()
    orders = pay_all(scene, 3)
    wait_until(lambda: any("401" in line["message"] or "credentials" in line["message"]
                           for line in scene.amsync.process_log()),
               lambda: scene.amsync.process.describe())
    assert scene.amsync.probe("/readyz") == 200
    scene.amsync.stop()
    scene.amsync.settings["AMSYNC_MAGENTO_TOKEN"] = scene.magento.token
    scene.start()
    scene.settle()
    require_each_once(scene, orders, 0, 0)


def test_an_order_whose_looks_take_too_long_says_so_and_comes_back(new_scene):
    """Four hundred products are looked up in parts, and together that takes longer than a call may
    begin after its order was taken up. What was looked up is remembered, so the next try is quick."""
    scene = new_scene(**TIMES).start()
    scene.magento.set(delay_ms=800)
    order = scene.acumatica.create_order([(f"ITEM{i:03d}", 1, "1.00") for i in range(400)])
    scene.acumatica.pay(order)
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(5), deadline_s=60)
    scene.magento.set(delay_ms=0)
    scene.settle(60)
    assert any("too little time was left" in message for message in scene.messages(order))
    assert scene.state(order)["state"] == "published"
    assert len(scene.magento.orders()) == 1


def test_a_maintenance_burns_nobodys_attempts(new_scene):
    scene = new_scene(**TIMES).start()
    early = pay_all(scene, 3)
    scene.settle()
    scene.magento.set(maintenance=True)
    ship_all(scene, early)
    late = pay_all(scene, 30)
    wait_until(lambda: any(line["event"] == "magento.stopped"
                           for line in scene.amsync.process_log()), "the breaker")
    burnt = scene.value("SELECT sum(attempts) FROM amsync.document")
    asked = scene.magento.requests()["total"]
    time.sleep(7)
    assert scene.value("SELECT sum(attempts) FROM amsync.document") - burnt <= 8
    assert scene.magento.requests()["total"] - asked <= 8 + 2
    scene.magento.set(maintenance=False)
    scene.settle(60)
    assert scene.value("SELECT max(attempts) FROM amsync.document") == 0
    shown = scene.magento.orders()
    assert len({one["ext_order_id"] for one in shown}) == len(shown) == len(early) + len(late)
    assert all(len(scene.shown(order)["shipments"]) == 1 for order in early)
    scene.require_at_rest()


def test_magento_away_altogether(new_scene):
    """Nothing listens on its port for a while: what was accepted is kept and then published."""
    scene = new_scene(**TIMES)
    magento_url = scene.amsync.settings["AMSYNC_MAGENTO_URL"]
    scene.amsync.settings["AMSYNC_MAGENTO_URL"] = "http://127.0.0.1:9"
    scene.start()
    orders = pay_all(scene, 3)
    wait_until(lambda: any(line["event"] == "sync.store_unknown"
                           for line in scene.amsync.process_log()), "the trouble being told")
    assert scene.amsync.probe("/readyz") == 200
    wait_until(lambda: scene.state(orders[0])["next"].startswith("nothing goes to Magento"),
               "an order that says so")
    scene.amsync.stop()
    scene.amsync.settings["AMSYNC_MAGENTO_URL"] = magento_url
    scene.start()
    scene.settle()
    require_each_once(scene, orders, 0, 0)
