"""The simulated Acumatica: what it tells, and how often it tells it."""

import datetime
import decimal
import http.server
import json
import threading

import pytest

from support.acumatica import INQUIRIES, Acumatica, Inquiry
from support.push import Destination, Dispatcher, ticks, wire_json

D = decimal.Decimal
LINES = [("AALEGO500", "2", "50.00"), ("AACOMPUT01", "1", "27.50")]


@pytest.fixture
def erp():
    return Acumatica(start=datetime.datetime(2025, 3, 20, 9, 22, 25, 300_000,
                                             tzinfo=datetime.timezone.utc))


def told(erp):
    notifications, erp.outbox = erp.outbox, []
    return notifications


def test_ticks_are_those_of_the_documentation():
    moment = datetime.datetime(2024, 3, 20, 9, 22, 25, 301_419, tzinfo=datetime.timezone.utc)
    assert ticks(moment) == 638465233453014190


def test_a_new_order_has_one_inserted_row_a_line(erp):
    erp.create_order(LINES)
    (notification,) = told(erp)
    envelope = json.loads(notification.body())
    assert list(envelope) == ["Inserted", "Deleted", "Query", "CompanyId", "Id", "TimeStamp",
                              "AdditionalInfo"]
    assert envelope["Query"] == "AMSync-Orders"
    assert envelope["CompanyId"] == "MyStore"
    assert envelope["TimeStamp"] > 2 ** 53
    assert envelope["Deleted"] == []
    assert envelope["AdditionalInfo"] == {"PXPerformanceInfoStartTime": "03/20/2025 09:22:25"}
    first, second = envelope["Inserted"]
    assert (first["OrderNbr"], first["Status"], first["OrderDate"]) == (
        "SO005555", "Open", "2025-03-20T00:00:00")
    assert (first["InventoryID"], second["InventoryID"]) == ("AALEGO500 ", "AACOMPUT01")
    assert (first["OrderTotal"], second["OrderTotal"]) == (127.5, 127.5)
    assert (first["LineNbr"], second["LineNbr"]) == (1, 2)


def test_amounts_keep_their_digits_and_dates_lose_their_zeros():
    value = {"a": D("127.50"), "b": D("1E+3"), "c": [None, True, "ä\""],
             "d": datetime.datetime(2025, 3, 20, 9, 24, 1, 117_000)}
    assert wire_json(value) == (
        '{"a":127.50,"b":1000,"c":[null,true,"ä\\""],"d":"2025-03-20T09:24:01.117"}')


def test_a_payment_replaces_each_row(erp):
    order = erp.create_order(LINES)
    told(erp)
    erp.pay(order)
    (notification,) = told(erp)
    assert [row["UnpaidBalance"] for row in notification.deleted] == [D("127.50"), D("127.50")]
    assert [row["UnpaidBalance"] for row in notification.inserted] == [D("0.00"), D("0.00")]
    old, new = notification.halves()
    assert (old.inserted, new.deleted) == ([], [])
    assert (old.id, old.timestamp) == (new.id, new.timestamp)


def test_timestamps_rise_with_each_transaction(erp):
    order = erp.create_order(LINES)
    erp.hold(order)
    erp.release_from_hold(order)
    stamps = [notification.timestamp for notification in told(erp)]
    assert stamps == sorted(set(stamps))


def test_a_removed_line_and_a_deleted_order_are_told_by_deleted_rows(erp):
    order = erp.create_order(LINES)
    erp.remove_line(order, 2)
    told(erp)
    erp.delete_order(order)
    (notification,) = told(erp)
    assert notification.inserted == []
    assert [row["LineNbr"] for row in notification.deleted] == [1]


def test_an_order_without_lines_is_one_row_with_an_empty_line(erp):
    erp.create_order([])
    (notification,) = told(erp)
    (row,) = notification.inserted
    assert row["LineNbr"] is None and row["InventoryID"] is None
    assert row["OrderTotal"] == 0


def test_two_shipments_and_an_invoice_complete_the_order(erp):
    order = erp.create_order(LINES)
    key = order.number
    first = erp.create_shipment(order, quantities={(key, 1): 1})
    erp.confirm_shipment(first, ["1Z1", "1Z2"])
    second = erp.create_shipment(order, quantities={(key, 1): 1, (key, 2): 1})
    erp.confirm_shipment(second)
    told(erp)
    part = erp.prepare_invoice(first)
    erp.release_invoice(part)
    assert (part.status, part.amount, first.status, order.status) == (
        "Open", D("50.00"), "Completed", "Shipping")
    told(erp)
    rest = erp.prepare_invoice(second)
    assert {notification.query for notification in told(erp)} == {"AMSync-Shipments",
                                                                  "AMSync-Invoices"}
    erp.release_invoice(rest, paid=True)
    assert (rest.status, rest.balance, order.status) == ("Closed", 0, "Completed")
    released = told(erp)
    assert [notification.kind for notification in released] == ["orders", "shipments", "invoices"]
    assert len({notification.id for notification in released}) == 1
    assert {row["Released"] for row in released[2].inserted} == {True}


def test_a_shipment_has_a_row_for_each_line_and_tracking_number(erp):
    order = erp.create_order(LINES)
    shipment = erp.create_shipment(order)
    told(erp)
    erp.confirm_shipment(shipment, ["1Z1", "1Z2"])
    notification = told(erp)[-1]
    assert notification.query == "AMSync-Shipments"
    assert [(row["LineNbr"], row["TrackingNbr"]) for row in notification.inserted] == [
        (1, "1Z1"), (1, "1Z2"), (2, "1Z1"), (2, "1Z2")]
    assert [(row["LineNbr"], row["TrackingNbr"]) for row in notification.deleted] == [
        (1, None), (2, None)]


def test_a_shipment_of_two_orders_names_both(erp):
    orders = [erp.create_order(LINES[:1]), erp.create_order(LINES[1:])]
    shipment = erp.create_shipment(*orders)
    assert [row["OrderNbr"] for row in shipment.rows()] == ["SO005555", "SO005556"]


def test_two_inquiries_of_one_kind_bring_their_own_columns():
    erp = Acumatica(inquiries=[
        *INQUIRIES,
        Inquiry("Balances", "orders", ("OrderType", "OrderNbr", "UnpaidBalance"),
                {"UnpaidBalance": "SOOrder_unpaidBalance"})])
    erp.create_order(LINES[:1])
    full, balances = told(erp)
    assert full.id == balances.id
    assert balances.inserted == [
        {"OrderType": "SO", "OrderNbr": "SO005555", "SOOrder_unpaidBalance": D("100.00")}]


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers with the statuses in `answers`, one after the other, and keeps what came."""

    answers = []
    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, self.headers["X-Amsync-Secret"], body))
        self.send_response(self.answers.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    class Own(Receiver):
        answers, received = [], []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        Own.url = f"http://127.0.0.1:{server.server_port}"
        yield Own
        server.shutdown()
        thread.join()


def test_a_refused_notification_is_sent_again_until_it_is_accepted(receiver):
    receiver.answers += [503, 401, 202]
    erp = Acumatica(dispatcher=Dispatcher(Destination(receiver.url, "secret"), pause_s=0))
    erp.create_order(LINES)
    (delivery,) = erp.deliver()
    assert delivery.accepted and delivery.answers == [503, 401, 202]
    assert receiver.received == [
        ("/webhooks/acumatica/orders", "secret", delivery.notification.body())] * 3
    assert erp.dispatcher.failed == []


def test_after_five_attempts_a_notification_waits_until_somebody_sends_it(receiver):
    receiver.answers += [500] * 5
    dispatcher = Dispatcher(Destination(receiver.url, "secret", kind_in_path=False), pause_s=0)
    erp = Acumatica(dispatcher=dispatcher, deliver_at_once=True)
    erp.create_order(LINES)
    assert len(receiver.received) == 5
    assert len(dispatcher.failed) == 1
    receiver.answers += [200]
    (delivery,) = dispatcher.send_failed_again()
    assert delivery.accepted and dispatcher.failed == []
    assert receiver.received[-1][0] == "/webhooks/acumatica"


def test_no_answer_counts_as_an_attempt(receiver):
    receiver.answers += [202]
    erp = Acumatica(dispatcher=Dispatcher(Destination("http://127.0.0.1:1", "s"), pause_s=0))
    erp.create_order(LINES)
    (delivery,) = erp.deliver()
    assert not delivery.accepted
    assert delivery.answers == ["ConnectionRefusedError"] * 5
