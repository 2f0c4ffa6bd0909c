"""What a person does about orders that fail or wait: resolve and retry."""

import pytest

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]


@pytest.fixture
def published(scene):
    """An order that Magento has."""
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.amsync.wait_for_order(order.number, "published")
    return order


def refuse_number(scene, order):
    """Another order of the shop has the number that this one would get."""
    answer = scene.magento.rest("POST", "V1/orders", {"entity": {
        "increment_id": f"ACU-{order.type}-{order.number}", "store_id": 1,
        "customer_email": "ada@example.com", "grand_total": 1, "base_grand_total": 1,
        "items": [{"sku": "AALEGO500", "name": "Lego", "qty_ordered": 1, "price": 1}],
        "payment": {"method": "checkmo"}}})
    assert answer.status == 200, answer.text()


def settled_lines(scene, order):
    return [text for text in scene.messages(order) if "by a person" in text]


def test_a_taken_number_is_computed_anew_with_another_prefix(scene):
    order = scene.acumatica.create_order(LINES)
    scene.settle()
    refuse_number(scene, order)
    scene.acumatica.pay(order)
    scene.wait_for_message(order, f"Magento already has ACU-SO-{order.number} and it is not this "
                           "order; set another increment_prefix, then amsync retry")
    assert scene.state(order)["state"] == "failed"
    scene.amsync.command("prefs", "set", "increment_prefix=NEW")
    try:
        done = scene.amsync.command("retry", "--failed")
        assert "1 order is tried again" in done.stdout
        shown = scene.amsync.wait_for_order(order.number, "published")
    finally:
        scene.amsync.command("prefs", "set", "increment_prefix=ACU")
    assert shown["magento"]["increment_id"] == f"NEW-SO-{order.number}"
    assert scene.shown(order)["increment_id"] == f"NEW-SO-{order.number}"
    assert scene.amsync.command("retry", "--failed", "--json").json() == {"orders": 0}


def test_one_refused_order_is_tried_again_by_its_number(scene):
    scene.magento.fault({"method": "POST", "path": "/V1/orders", "action": "status",
                         "status": 400, "message": "Not today."})
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.amsync.wait_for_order(order.number, "failed")
    scene.magento.heal()
    assert scene.state(order)["next"] == (
        f"once that is mended, amsync retry {order.number}; or leave it out: amsync resolve "
        f"{order.number} --as ignored --note TEXT")
    assert "1 order is tried again" in scene.amsync.command("retry", order.number).stdout
    scene.amsync.wait_for_order(order.number, "published")
    scene.amsync.command("retry", "SO999999", exit_code=1)


def test_a_refused_shipment_says_with_its_order_what_to_do(scene, published):
    scene.magento.fault({"method": "POST", "path": f"/V1/order/{scene.shown(published)['entity_id']}/ship",
                         "action": "status", "status": 400, "message": "Not today."})
    shipment = scene.acumatica.create_shipment(published)
    scene.acumatica.confirm_shipment(shipment)
    scene.amsync.wait_for_documents(published.number, "failed", shipments=1)
    scene.magento.heal()
    assert scene.state(published)["next"] == (
        f"once that is mended, amsync retry {published.number}; or leave it out: amsync resolve "
        f"{published.number} --shipment {shipment.number} --as ignored --note TEXT")
    scene.amsync.command("retry", published.number)
    scene.amsync.wait_for_documents(published.number, shipments=1)


def test_what_waits_is_looked_at_again(scene, published):
    order_id = scene.shown(published)["entity_id"]
    scene.magento.by_hand(order_id, "hold")
    shipment = scene.acumatica.create_shipment(published)
    scene.acumatica.confirm_shipment(shipment)
    scene.amsync.wait_for_documents(published.number, "waiting", shipments=1)
    scene.magento.by_hand(order_id, "unhold")
    none = scene.amsync.command("retry", "--waiting", "--company", "Other", "--json")
    assert none.json() == {"orders": 0}
    scene.amsync.command("retry", "--waiting", "--company", "MyStore")
    scene.amsync.wait_for_documents(published.number, "published", shipments=1)


def test_a_shipment_made_by_hand_is_settled(scene, published):
    scene.magento.by_hand(scene.shown(published)["entity_id"], "ship")
    shipment = scene.acumatica.create_shipment(published)
    scene.acumatica.confirm_shipment(shipment)
    scene.amsync.wait_for_documents(published.number, "waiting", shipments=1)
    done = scene.amsync.command("resolve", published.number, "--shipment", shipment.number,
                                "--as", "done", "--note", "shipped by hand on Monday")
    assert "Done." in done.stdout
    scene.amsync.wait_for_documents(published.number, "published", shipments=1)
    (shown,) = scene.state(published)["shipments"]
    assert shown["settled"] == {"as": "done", "note": "shipped by hand on Monday"}
    assert scene.state(published)["settled"] is None
    assert settled_lines(scene, published) == [
        f"shipment {shipment.number} of {published.number} settled by a person as done: "
        "shipped by hand on Monday"]
    assert len(scene.shown(published)["shipments"]) == 1
    again = scene.amsync.command("resolve", published.number, "--shipment", "999999", "--as", "done",
                                 "--note", "none", exit_code=1)
    assert "no notification of shipment 999999 has arrived" in again.stderr


def test_an_order_left_out_stays_out_until_it_is_opened_again(scene):
    order = scene.acumatica.create_order(LINES, ship_via="PIGEON")
    scene.acumatica.pay(order)
    scene.amsync.wait_for_order(order.number, "waiting")
    scene.amsync.command("resolve", order.type, order.number, "--as", "ignored",
                         "--note", "a test order")
    left_out = scene.amsync.wait_for_order(order.number, "skipped")
    assert left_out["reason"] == "a person chose to leave it out"
    assert left_out["settled"] == {"as": "ignored", "note": "a test order"}
    assert "(settled as ignored: a test order)" in scene.amsync.command("order",
                                                                        order.number).stdout
    scene.acumatica.add_line(order, "AACOMPUT01", 1, "5.00")
    scene.acumatica.pay(order)
    scene.settle()
    assert scene.state(order)["state"] == "skipped"
    scene.amsync.command("resolve", order.number, "--as", "open", "--note", "a real one after all")
    scene.amsync.wait_for_order(order.number, "waiting")
    assert len(settled_lines(scene, order)) == 2


def test_what_does_not_wait_is_not_settled(scene, published):
    refused = scene.amsync.command("resolve", published.number, "--as", "done", "--note", "done",
                                   exit_code=1)
    assert f"order {published.number} is published: there is nothing to settle" in refused.stderr
    scene.amsync.command("resolve", "SO999999", "--as", "done", "--note", "x", exit_code=1)
    by_magento = scene.amsync.command("resolve", f"ACU-SO-{published.number}", "--as", "done",
                                      "--note", "x", exit_code=2)
    assert "name the order by its own number" in by_magento.stderr


@pytest.mark.parametrize("arguments", [
    ["retry"],
    ["retry", "--failed", "--waiting"],
    ["retry", "--failed", "SO1"],
    ["resolve", "SO1", "--note", "x"],
    ["resolve", "SO1", "--as", "gone", "--note", "x"],
    ["resolve", "SO1", "--as", "done"],
    ["resolve", "SO1", "--as", "done", "--note", " "],
    ["resolve", "SO1", "--as", "done", "--note", "x" * 1001],
    ["resolve", "--as", "done", "--note", "x"],
    ["resolve", "SO1", "--as", "done", "--note", "x", "--shipment", "1", "--invoice", "2"],
])
def test_commands_that_are_not_complete_are_refused(scene, arguments):
    assert "--help shows how" in scene.amsync.command(*arguments, exit_code=2).stderr


def test_an_invoice_of_an_order_that_was_settled_is_settled(scene):
    """Both were made by hand in Magento: the invoice does not stay open for good."""
    order = scene.acumatica.create_order(LINES, ship_via="PIGEON")
    scene.acumatica.pay(order)
    scene.amsync.wait_for_order(order.number, "waiting")
    scene.amsync.command("resolve", order.number, "--as", "done", "--note", "made by hand")
    shipment = scene.acumatica.create_shipment(order)
    scene.acumatica.confirm_shipment(shipment)
    invoice = scene.acumatica.prepare_invoice(shipment)
    scene.acumatica.release_invoice(invoice)
    scene.amsync.wait_for_documents(order.number, "skipped", shipments=1, invoices=1)
    for option, number in (("--shipment", shipment.number), ("--invoice", invoice.number)):
        scene.amsync.command("resolve", order.number.lower(), option, number, "--as", "done",
                             "--note", "made by hand")
    settled = scene.amsync.wait_for_documents(order.number, "published", shipments=1, invoices=1)
    assert settled["invoices"][0]["settled"] == {"as": "done", "note": "made by hand"}
