"""Of an order that was finished long ago only its numbers are kept, and those keep it from happening again."""

import pytest

from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]

EVERYTHING = """
    SELECT o::text FROM amsync.sales_order AS o UNION ALL
    SELECT d::text FROM amsync.document AS d UNION ALL
    SELECT b::text FROM amsync.document_body AS b
"""


def age(scene):
    """As if everything that is at rest had been so for 100 days."""
    scene.settle()
    scene.amsync.stop()
    scene.rows("UPDATE amsync.sales_order SET updated_at = updated_at - interval '100 days'"
               " RETURNING id")
    scene.amsync.start()
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.document_body") == 0,
               "the order being reduced")


@pytest.fixture
def aged(new_scene):
    """A scene with an order that was completed, and unchanged since, 100 days ago."""
    scene = new_scene().start()
    erp = scene.acumatica
    order = erp.create_order(LINES)
    erp.pay(order)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1ZSECRET"])
    invoice = erp.prepare_invoice(shipment)
    erp.release_invoice(invoice)
    erp.complete(order)
    scene.amsync.wait_for_documents(order.number, shipments=1, invoices=1)
    scene.settle()
    before = scene.amsync.order(order.number)
    age(scene)
    return scene, order, shipment, invoice, before


def steps(scene, order):
    shown = scene.shown(order)
    return [step["what"] for step in shown["steps"]], shown["state"]


def test_nothing_personal_is_left_and_the_numbers_still_answer(aged):
    scene, order, shipment, invoice, before = aged
    personal = [order.customer.id, order.customer.name, order.customer.email, "1ZSECRET"]
    rest = "\n".join(text for text, in scene.rows(EVERYTHING))
    assert [one for one in personal if one in rest] == []
    after = scene.amsync.order(order.number)
    for member in ("known", "state", "magento", "shipments", "invoices"):
        assert after[member] == before[member]
    for number in (shipment.number, invoice.number, before["magento"]["increment_id"]):
        assert scene.amsync.order(number)["order_nbr"] == order.number
    scene.amsync.command("sync", order.number)
    scene.amsync.command("sync", order.number, "--force")
    scene.settle()
    assert steps(scene, order) == (["create", "ship", "invoice"], "complete")
    assert scene.amsync.order(order.number)["state"] == "published"


def test_what_comes_later_is_no_change_and_nothing_is_made_twice(aged):
    scene, order, shipment, invoice, _ = aged
    erp = scene.acumatica
    with erp.transaction(order):  # tells of this line alone
        order.lines[1].description = "Toaster, red"
    scene.settle()
    with erp.transaction(order):
        order.ship_to["City"] = "Elsewhere"
    with erp.transaction(shipment):
        shipment.status = "Completed"
    with erp.transaction(invoice):
        invoice.status = "Closed"
    erp.release_invoice(erp.create_invoice(order, type="Credit Memo"))
    scene.settle()
    assert steps(scene, order) == (["create", "ship", "invoice"], "complete")
    assert scene.rows("SELECT kind, number, state, reason FROM amsync.document"
                      " WHERE state NOT IN ('published', 'skipped')") == []
    assert not [text for text in scene.messages(order) if "Changed in Acumatica" in text]


def test_a_late_shipment_is_made_from_its_own_notification(new_scene):
    """Acumatica completed the order without a shipment, and ships it all the same."""
    scene = new_scene().start()
    erp = scene.acumatica
    order = erp.create_order(LINES)
    erp.pay(order)
    scene.amsync.wait_for_order(order.number, "published")
    erp.complete(order)
    age(scene)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1ZLATE"])
    erp.release_invoice(erp.prepare_invoice(shipment))
    scene.amsync.wait_for_documents(order.number, shipments=1, invoices=1)
    scene.settle()
    assert steps(scene, order) == (["create", "ship", "invoice"], "complete")


def test_an_order_that_was_left_out_is_not_created_later(new_scene):
    scene = new_scene().start()
    erp = scene.acumatica
    order = erp.create_order(LINES)
    erp.cancel(order)
    age(scene)
    scene.amsync.command("customer", "enable", order.customer.id)
    with erp.transaction(order):
        order.cancelled, order.status = False, "Open"
        order.paid = order.total
    message = scene.wait_for_message(order, "finished long ago")
    assert "create it by hand in Magento" in message
    scene.settle()
    assert not scene.is_shown(order)
