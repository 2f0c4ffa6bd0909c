"""The main job: what a merchant does in Acumatica, and what is then in Magento."""

import pathlib
from decimal import Decimal

import pytest

from support import web
from support.waiting import wait_until


@pytest.fixture
def service(amsync):
    """Migrated, with what the orders of these tests need mapped, and running."""
    amsync.command("migrate")
    amsync.command("map", "shipping", "set", "UPSGROUND", "flatrate_flatrate",
                   "--title", "UPS Ground", "--carrier", "ups")
    amsync.command("map", "payment", "set", "CHECK", "checkmo")
    amsync.start()
    return amsync


def messages(amsync, order, status):
    return [line["message"] for line in amsync.log_lines("--order", order.number)
            if line["status"] == status]


def wait_for_message(amsync, order, status, count=1):
    wait_until(lambda: len(messages(amsync, order, status)) >= count,
               lambda: f"{count} lines {status}; the log: "
               f"{[line['message'] for line in amsync.log_lines('--order', order.number)]}")
    return messages(amsync, order, status)[-1]


def test_the_example_order_of_the_readme(service, magento):
    example = pathlib.Path(__file__).parents[2] / "docs" / "example-order.json"
    answer = web.request("POST", f"{service.url}/webhooks/acumatica", body=example.read_bytes(), headers={
        "Content-Type": "application/json", "X-Amsync-Secret": service.secret})
    assert answer.status == 202, answer.text()
    service.wait_for_order("EXAMPLE1", "published")
    assert magento.order(increment_id="ACU-SO-EXAMPLE1")["grand_total"] == 137.5


def test_an_order_from_unpaid_to_complete(service, acumatica, magento):
    order = acumatica.create_order([("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")])
    assert order.number == "SO005555"
    assert wait_for_message(service, order, "skipped") == (
        "SO005555 not synced yet: none of the 3 conditions holds: customer C000000003 is not "
        "enabled; no shipment is confirmed; unpaid balance is 127.50 USD. Next: create a payment, "
        "or amsync customer enable C000000003")
    assert magento.orders() == []

    acumatica.pay(order)
    published = wait_for_message(service, order, "published")
    shown = magento.order()
    assert published == (
        f"SO005555 published as Magento order ACU-SO-SO005555 (id {shown['entity_id']})")
    assert shown["grand_total"] == 127.5

    first = acumatica.create_shipment(order, quantities={("SO005555", 1): 2})
    acumatica.confirm_shipment(first, ["1Z999AA10123456784", "1Z999AA10123456785"])
    wait_for_message(service, order, "published", 2)
    second = acumatica.create_shipment(
        order, quantities={("SO005555", 1): 1, ("SO005555", 2): 1})
    acumatica.confirm_shipment(second, ["1Z999AA10123456786"])
    wait_for_message(service, order, "published", 3)
    assert len(magento.order()["shipments"]) == 2

    invoice = acumatica.prepare_invoice(first, second)
    acumatica.release_invoice(invoice)
    wait_for_message(service, order, "published", 4)
    shown = magento.order()
    assert len(shown["invoices"]) == 1
    assert shown["state"] == "complete"

    told = service.command("order", order.number).stdout
    assert f"Magento order ACU-SO-SO005555 (id {shown['entity_id']})" in told
    for document in (first, second, invoice):
        assert f"{document.number} (" in told


def test_a_mapping_holds_for_the_next_order(service, acumatica):
    """The running service must not judge by what was set before."""
    first = acumatica.create_order([("AALEGO500", 1, "10.00")])
    wait_for_message(service, first, "skipped")
    for number in range(5):
        ship_via = f"VIA{number}"
        service.command("map", "shipping", "set", ship_via, "flatrate_flatrate")
        order = acumatica.create_order([("AALEGO500", 1, "10.00")], ship_via=ship_via,
                                       paid=Decimal("10.00"))
        wait_for_message(service, order, "published")
        assert messages(service, order, "waiting") == []


def test_the_log_says_when_nothing_goes_to_magento(amsync, acumatica, magento):
    def told():
        return [(line["status"], line["message"]) for line in amsync.log_lines()
                if line["entity"] == "service"]

    magento.set(maintenance=True)
    amsync.command("migrate")
    amsync.command("map", "shipping", "set", "*", "flatrate_flatrate")
    amsync.command("map", "payment", "set", "*", "checkmo")
    amsync.start()
    order = acumatica.create_order([("AALEGO500", 1, "10.00")], paid=Decimal("10.00"))
    wait_until(told, "a line about the service")
    [(status, message)] = told()
    assert status == "retrying"
    assert message.startswith("Nothing goes to Magento for now: ")
    assert "503" in message

    magento.set(maintenance=False)
    wait_for_message(amsync, order, "published")
    assert [status for status, _ in told()] == ["retrying", "pending"]
