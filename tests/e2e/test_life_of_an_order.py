"""The whole job: what is done in Acumatica appears in Magento, and the log says so."""

import pytest

from support.waiting import wait_until

LINES = [("AALEGO500", "2", "50.00"), ("AACOMPUT01", "1", "27.50")]


def messages(service, *arguments):
    return [line["message"] for line in service.log_lines(*arguments)]


def test_an_unpaid_order_is_not_synced_and_the_log_says_why(service, acumatica, magento):
    order = acumatica.create_order(LINES)
    known = service.wait_for_order(order.number, "skipped")
    assert magento.orders() == []
    assert {condition["name"]: condition["holds"] for condition in known["conditions"]} == {
        "customer_enabled": False, "shipment_confirmed": False, "unpaid_balance_zero": False}
    assert messages(service, "--order", order.number, "--status", "skipped") == [
        "SO005555 not synced yet: none of the 3 conditions holds: customer C000000003 is not "
        "enabled; no shipment is confirmed; unpaid balance is 127.50 USD. Next: create a payment, "
        "or amsync customer enable C000000003"]


def test_a_payment_publishes_the_order(service, acumatica, magento):
    order = acumatica.create_order(LINES)
    service.wait_for_order(order.number, "skipped")
    acumatica.pay(order)
    known = service.wait_for_order(order.number, "published")
    shown = magento.order()
    assert known["magento"] == {"entity_id": shown["entity_id"],
                                "increment_id": "ACU-SO-SO005555"}
    assert shown["increment_id"] == "ACU-SO-SO005555"
    assert shown["ext_order_id"] == "MyStore/SO/SO005555"
    assert (shown["grand_total"], shown["subtotal"], shown["order_currency_code"]) == (
        127.5, 127.5, "USD")
    assert [(item["sku"], item["qty_ordered"], item["price"]) for item in shown["items"]] == [
        ("AALEGO500", 2, 50), ("AACOMPUT01", 1, 27.5)]
    assert messages(service, "--status", "published") == [
        f"SO005555 published as Magento order ACU-SO-SO005555 (id {shown['entity_id']})"]


def test_an_enabled_customer_brings_the_order_over(service, acumatica, magento):
    order = acumatica.create_order(LINES)
    service.wait_for_order(order.number, "skipped")
    service.command("customer", "enable", order.customer.id, "--yes")
    service.wait_for_order(order.number, "published")
    assert len(magento.orders()) == 1


def test_two_shipments_and_the_invoice_complete_the_order(service, acumatica, magento):
    order = acumatica.create_order(LINES)
    acumatica.pay(order)
    service.wait_for_order(order.number, "published")
    first = acumatica.create_shipment(order, quantities={(order.number, 1): 1})
    acumatica.confirm_shipment(first, ["1Z999AA10123456784"])
    service.wait_for_documents(order.number, shipments=1)
    second = acumatica.create_shipment(
        order, quantities={(order.number, 1): 1, (order.number, 2): 1})
    acumatica.confirm_shipment(second, ["1Z999AA10123456785", "1Z999AA10123456786"])
    service.wait_for_documents(order.number, shipments=2)
    acumatica.release_invoice(acumatica.prepare_invoice(first, second))
    known = service.wait_for_documents(order.number, shipments=2, invoices=1)

    shown = magento.order()
    assert shown["state"] == "complete"
    assert [sorted(track["track_number"] for track in shipment["tracks"])
            for shipment in shown["shipments"]] == [
        ["1Z999AA10123456784"], ["1Z999AA10123456785", "1Z999AA10123456786"]]
    assert [sum(item["qty"] for item in shipment["items"])
            for shipment in shown["shipments"]] == [1, 2]
    assert [[comment["comment"] for comment in shipment["comments"]]
            for shipment in shown["shipments"]] == [
        ["Acumatica shipment 000068"], ["Acumatica shipment 000069"]]
    (invoice,) = shown["invoices"]
    assert invoice["grand_total"] == 127.5
    assert [comment["comment"] for comment in invoice["comments"]] == [
        "Acumatica Invoice INV000046"]
    assert [shipment["number"] for shipment in known["shipments"]] == ["000068", "000069"]
    assert [shipment["magento"]["entity_id"] for shipment in known["shipments"]] == [
        shipment["entity_id"] for shipment in shown["shipments"]]
    assert known["invoices"][0]["magento"]["entity_id"] == invoice["entity_id"]


def test_a_shipment_that_comes_before_its_order_waits_for_it(service, acumatica, magento):
    acumatica.deliver_at_once = False
    order = acumatica.create_order(LINES)
    shipment = acumatica.create_shipment(order)
    acumatica.confirm_shipment(shipment, ["1Z1"])
    acumatica.outbox.reverse()
    assert all(delivery.accepted for delivery in acumatica.deliver())
    service.wait_for_documents(order.number, shipments=1)
    assert len(magento.order()["shipments"]) == 1


def test_hold_release_and_cancel_follow(service, acumatica, magento):
    order = acumatica.create_order(LINES)
    acumatica.pay(order)
    service.wait_for_order(order.number, "published")
    for change, state in ((acumatica.hold, "holded"), (acumatica.release_from_hold, "new"),
                          (acumatica.cancel, "canceled")):
        change(order)
        wait_until(lambda wanted=state: magento.order()["state"] == wanted,
                   f"the order being {state} in Magento")


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_a_wrong_secret_is_refused_and_acumatica_keeps_the_notification(
        service, acumatica, magento, secret):
    right = acumatica.dispatcher.destination
    acumatica.dispatcher.destination = type(right)(right.url, secret)
    order = acumatica.create_order(LINES)
    assert len(acumatica.dispatcher.failed) == 1
    assert service.order(order.number)["known"] is False
    acumatica.dispatcher.destination = right
    assert [delivery.answers for delivery in acumatica.dispatcher.send_failed_again()] == [[202]]
    service.wait_for_order(order.number, "skipped")


def test_what_arrives_again_is_a_duplicate(service, acumatica, magento):
    acumatica.deliver_at_once = False
    order = acumatica.create_order(LINES)
    acumatica.pay(order)
    notifications = list(acumatica.outbox)
    assert [delivery.answers for delivery in acumatica.deliver()] == [[202], [202]]
    service.wait_for_order(order.number, "published")
    again = acumatica.dispatcher.send_all(notifications)
    assert [delivery.answers for delivery in again] == [[200], [200]]
    assert magento.count("POST /V1/orders") == 1


def test_the_deleted_and_the_inserted_half_may_come_apart(service, acumatica, magento):
    acumatica.deliver_at_once = False
    order = acumatica.create_order(LINES)
    acumatica.deliver()
    service.wait_for_order(order.number, "skipped")
    acumatica.pay(order)
    (update,) = acumatica.outbox
    for half in update.halves():
        assert acumatica.dispatcher.send(half).accepted
    service.wait_for_order(order.number, "published")
    assert len(magento.order()["items"]) == 2


def test_no_call_is_made_that_nothing_depends_on(service, acumatica, magento):
    """An order is only looked at before something is done to it, and its shipments and invoices only
    where it can have some, or where Magento's total of a new invoice is to be compared."""
    def asked():
        return {name.rpartition(" ")[0]: count
                for name, count in magento.requests()["counts"].items()}

    def asked_since(before):
        return {name: count - before.get(name, 0) for name, count in asked().items()
                if count > before.get(name, 0)}

    first = acumatica.create_order(LINES)
    acumatica.pay(first)
    service.wait_for_order(first.number, "published")
    before = asked()
    order = acumatica.create_order(LINES)
    acumatica.pay(order)
    service.wait_for_order(order.number, "published")
    assert asked_since(before) == {"POST /V1/orders": 1}  # store, regions and products are known

    before = asked()
    shipment = acumatica.create_shipment(order)
    acumatica.confirm_shipment(shipment, ["1Z1"])
    service.wait_for_documents(order.number, shipments=1)
    # The answer to the ship call has no number.
    assert asked_since(before) == {"GET /V1/orders": 1, "POST /V1/order/:id/ship": 1,
                                   "GET /V1/shipments": 1}
    (known,) = service.order(order.number)["shipments"]
    (shown,) = magento.order(increment_id=f"ACU-SO-{order.number}")["shipments"]
    assert known["magento"] == {"entity_id": shown["entity_id"], "increment_id": shown["increment_id"]}

    before = asked()
    acumatica.release_invoice(acumatica.prepare_invoice(shipment))
    service.wait_for_documents(order.number, shipments=1, invoices=1)
    asked_for_it = asked_since(before)
    assert asked_for_it["POST /V1/order/:id/invoice"] == asked_for_it["GET /V1/invoices"] == 1
    # Acumatica saves the shipment, too (it is invoiced now), so that it is compared once more: in one
    # look with the invoice, which is repeated after it since nothing seen before counts then, or also in
    # one of its own.
    assert set(asked_for_it) <= {"GET /V1/orders", "GET /V1/shipments", "GET /V1/invoices",
                                 "POST /V1/order/:id/invoice"}
    assert asked_for_it["GET /V1/orders"] <= 3 and asked_for_it["GET /V1/shipments"] <= 3
