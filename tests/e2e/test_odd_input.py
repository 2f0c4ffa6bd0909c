"""Input that is large, odd or wrong: taken in, handled rightly or explained in the log."""

import datetime
import decimal
import itertools
import uuid

import pytest

from support.acumatica import ADDRESS, Acumatica, Customer, OrderLine
from support.push import Destination, Dispatcher, Notification, ticks

D = decimal.Decimal
LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
NUMBERS = itertools.count(200000, 1000)


@pytest.fixture
def erp(scene):
    dispatcher = Dispatcher(Destination(scene.amsync.url, scene.amsync.secret), timeout_s=30)
    return Acumatica(dispatcher=dispatcher, deliver_at_once=True, first_number=next(NUMBERS))


def paid_order(erp, lines=None, **fields):
    """It is paid in the same save, so that it is due for Magento at once."""
    lines = [line if isinstance(line, OrderLine) else OrderLine(line[0], D(line[1]), D(line[2]))
             for line in lines or LINES]
    total = sum((line.amount + line.tax for line in lines), fields.get("freight", D("0.00")))
    return erp.create_order(lines, paid=total - fields.get("discount", D(0)), **fields)


def notify(erp, kind, rows, query=None):
    """A notification of rows that no document of the simulated Acumatica has."""
    (delivery,) = erp.dispatcher.send_all([erp.notification_of_rows(kind, rows, query)])
    return delivery


def require_explained(scene, number, status, part):
    """It is not in Magento, and the log says why."""
    number = getattr(number, "number", number)
    scene.settle()
    assert scene.magento.orders(ext_order_id=f"MyStore/SO/{number}") == []
    texts = scene.messages(number, status)
    assert any(part in text for text in texts), scene.messages(number)


@pytest.fixture
def patient(new_scene):
    """A scene in which a sanitizer's slow program has the time for very large documents, too."""
    return new_scene(AMSYNC_MAGENTO_TIMEOUT_MS="30000", AMSYNC_MAGENTO_QUIET_MS="30000").start()


def test_an_order_of_5000_lines(patient):
    scene, erp = patient, patient.acumatica
    lines = [OrderLine(f"ITEM{i:05d}", D(1 + i % 3), D("1.01") + D(i) / 100, number=i)
             for i in range(1, 5001)]
    order = paid_order(erp, lines)
    scene.settle(300)
    shown = scene.shown(order)
    assert len(shown["items"]) == 5000
    assert D(str(shown["grand_total"])) == order.total
    assert sum(D(str(item["row_total"])) for item in shown["items"]) == order.total
    key = {"OrderType": "SO", "OrderNbr": order.number, "ShipmentNbr": "L5000", "Confirmed": True}
    notify(erp, "shipments", [{**key, "LineNbr": line.number, "OrderLineNbr": line.number,
                               "InventoryID": line.inventory_id, "ShippedQty": line.quantity}
                              for line in lines])
    scene.settle(300)
    (shipped,) = scene.shown(order)["shipments"]
    assert len(shipped["items"]) == 5000


def test_a_notification_of_50000_rows(patient):
    """A thousand shipments of fifty lines, for orders that nobody has told of."""
    scene, erp = patient, patient.acumatica
    rows = [{"OrderType": "SO", "OrderNbr": f"MASS{i // 50}", "LineNbr": i % 50 + 1,
             "ShipmentNbr": f"M{i // 50}", "Confirmed": True, "InventoryID": "AALEGO500",
             "ShippedQty": 1} for i in range(50_000)]
    assert notify(erp, "shipments", rows).answers == [202]
    scene.settle(300)
    require_explained(scene, "MASS999", "waiting", "no notification for its order MASS999")
    assert scene.value("SELECT count(*) FROM amsync.document WHERE number LIKE 'M%%'"
                       " AND state = 'waiting'") == 1000


def test_long_names_quotes_and_emoji(scene, erp):
    name = "Ünïcode \"quoted\" O'Neil \\ <b>&amp; 🙂 " + "x" * 300
    address = {**ADDRESS, "Name": name, "Attention": name, "AddressLine1": name, "City": name}
    line = OrderLine("AALEGO500", D(1), D("10.00"), description=name)
    order = paid_order(erp, [line], bill_to=address, ship_to=address,
                       customer=Customer(name=name), customer_order_nbr="'; DROP TABLE x; --",
                       external_reference=name)
    scene.settle()
    shown = scene.shown(order)
    # Magento's tables have no room for characters beyond the basic plane.
    assert shown["items"][0]["name"] == name.replace("🙂", "")[:255]
    assert shown["billing_address"]["street"][0].startswith("Ünïcode \"quoted\" O'Neil \\ <b>&amp; ")
    assert all(len(str(value)) <= 255 for value in shown["billing_address"].values())
    assert shown["payment"]["po_number"] == "'; DROP TABLE x; --"


def test_a_ship_via_that_would_break_a_command_line_is_quoted(scene, erp):
    order = paid_order(erp, ship_via="O'Neil; rm")
    require_explained(scene, order, "waiting", "has no shipping mapping")
    assert "amsync map shipping set 'O'\\''Neil; rm' METHOD" in scene.messages(order)[-1]


@pytest.mark.parametrize(("odd", "status", "part"), [
    ({"type": "NoSuchType"}, "skipped", "order type NoSuchType is not among"),
    ({"type": "CR"}, "skipped", "returns"),
    ({"status": "On Hold", "hold": True}, "waiting", "it is on hold"),
    ({"status": "Credit Hold"}, "waiting", "credit hold"),
    ({"status": "Pending Approval"}, "waiting", "approval"),
    ({"status": "Canceled", "cancelled": True}, "skipped", "it is canceled in Acumatica"),
    ({"extra": {"OrderTotal": "12x"}}, "failed", "OrderTotal: 12x is not a number"),
    ({"extra": {"OrderTotal": D("123456789012345678")}}, "failed", "OrderTotal"),
    ({"extra": {"OrderTotal": D("99999999999")}}, "waiting", "add up to"),
    ({"extra": {"Freight": [1, 2]}}, "failed", "Freight"),
    ({"extra": {"CurrencyRate": D("0.0000001"), "Currency": "USD"}}, "waiting", "currency rate"),
    ({"payment_method": None}, "waiting", "it has no payment method"),
    ({"payment_method": "BARTER"}, "waiting", "payment method BARTER has no payment mapping"),
    ({"discount": D("500.00")}, "waiting", "below zero"),
    ({"bill_to": {**ADDRESS, "Country": "Atlantis"}}, "waiting", "country"),
])
def test_an_order_that_magento_cannot_have_is_explained(scene, erp, odd, status, part):
    order = paid_order(erp, **odd)
    scene.settle()
    texts = scene.messages(order, status)
    assert any(part in text for text in texts), scene.messages(order)
    assert scene.magento.orders(increment_id=f"ACU-{order.type}-{order.number}") == []


@pytest.mark.parametrize(("line", "part"), [
    (OrderLine("AALEGO500", D("-3"), D("30.00")), "line 1 has a quantity of -3"),
    (OrderLine("AALEGO500", D(3), D("-30.00")), "line 1 has an amount of -90.00"),
    (OrderLine("", D(3), D("30.00")), "line 1 has no inventory ID"),
    (OrderLine("AALEGO500", D("0.12345"), D("30.00")), "4 decimals"),
    (OrderLine("AALEGO500", D(0), D("30.00")), "nothing is ordered"),
])
def test_a_line_that_magento_cannot_have_is_explained(scene, erp, line, part):
    order = erp.create_order([line], extra={"UnpaidBalance": D("0.00")})
    require_explained(scene, order, "waiting", part)


@pytest.mark.parametrize("amount", ["1000000000.123456", "999999999999", "-1e15"])
def test_an_amount_too_large_is_named(scene, erp, amount):
    line = OrderLine("AALEGO500", D(1), D("1.00"))
    order = erp.create_order([line], extra={
        "UnpaidBalance": D("0.00"), "OrderTotal": D(amount), "LineTotal": D(amount)})
    require_explained(scene, order, "failed", "OrderTotal")


def test_a_number_that_no_double_holds_is_refused_with_its_position(scene, erp):
    order = Acumatica().create_order(LINES)
    body = Notification("orders", "AMSync-Orders", "MyStore", str(uuid.uuid4()), 638780593453014191,
                        order.rows(), [], datetime.datetime.now()).body()
    spoilt = body.replace(b'"OrderTotal":127.50', b'"OrderTotal":1e400')
    assert spoilt != body

    class Spoilt(Notification):
        def body(self):
            return spoilt
    answer = erp.dispatcher.post(Spoilt("orders", "AMSync-Orders", "MyStore", "x", 1, [], [],
                                        datetime.datetime.now()))
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_number_too_small_for_a_double_does_no_harm(scene, erp):
    order = Acumatica(first_number=next(NUMBERS)).create_order(LINES)
    (row, *rest) = order.rows()
    now = datetime.datetime.now(datetime.timezone.utc)
    notification = Notification("orders", "AMSync-Orders", "MyStore", str(uuid.uuid4()), ticks(now),
                                [{**one, "UnpaidBalance": D("0.00")} for one in (row, *rest)], [],
                                now)
    body = notification.body().replace(b'"Freight":0.00', b'"Freight":1e-20000')
    assert body != notification.body()

    class Small(Notification):
        def body(self):
            return body
    delivery = erp.dispatcher.send(Small(**vars(notification)))
    if delivery.accepted:
        scene.settle()
        assert scene.shown(order)["grand_total"] == 127.5
    else:
        assert set(delivery.answers) == {400}


def test_prices_of_six_decimals_add_up_to_the_cent(scene, erp):
    lines = [OrderLine("AALEGO500", D(3), D("0.333333")), OrderLine("CONAIRT1", D(7), D("1.142857"))]
    order = paid_order(erp, lines)
    scene.settle()
    shown = scene.shown(order)
    assert order.total == D("9.00")
    assert D(str(shown["grand_total"])) == D("9.00")
    assert [D(str(item["row_total"])) for item in shown["items"]] == [D("1.00"), D("8.00")]
    assert [D(str(item["price"])) for item in shown["items"]] == [D("0.3333"), D("1.1429")]


def test_an_unknown_status_does_no_harm_and_is_shown(scene, erp):
    order = paid_order(erp, status="Bestätigt (intern)")
    scene.settle()
    assert scene.is_shown(order)
    shipment = erp.create_shipment(order, status="Eigenartig")
    scene.settle()
    assert any("it is not confirmed (status Eigenartig)" in text
               for text in scene.messages(order)), scene.messages(order)
    erp.confirm_shipment(shipment)
    scene.settle()
    assert len(scene.shown(order)["shipments"]) == 1


def test_a_shipment_in_another_unit_waits(scene, erp):
    order = paid_order(erp, [OrderLine("AALEGO500", D(12), D("1.00"), uom="EACH")])
    scene.settle()
    key = {"OrderType": "SO", "OrderNbr": order.number}
    notify(erp, "shipments", [{**key, "ShipmentNbr": f"U{order.number}", "LineNbr": 1,
                               "OrderLineNbr": 1, "InventoryID": "AALEGO500", "UOM": "BOX",
                               "ShippedQty": 1, "Status": "Confirmed", "Confirmed": True}])
    text = scene.wait_for_message(order, "was ordered as")
    assert "is 1 BOX here, but was ordered as 12 EACH" in text
    scene.settle()
    assert scene.shown(order)["shipments"] == []


@pytest.mark.parametrize("quantity", ["-1", "0.5", None])
def test_a_shipped_quantity_that_magento_cannot_have_waits(scene, erp, quantity):
    order = paid_order(erp, [OrderLine("AALEGO500", D(12), D("1.00"))])
    key = {"OrderType": "SO", "OrderNbr": order.number}
    notify(erp, "shipments", [{**key, "ShipmentNbr": f"Q{order.number}", "LineNbr": 1,
                               "OrderLineNbr": 1, "InventoryID": "AALEGO500", "Confirmed": True,
                               "ShippedQty": None if quantity is None else D(quantity)}])
    scene.wait_for_message(order, "quantity")
    scene.settle()
    assert scene.shown(order)["shipments"] == []


def test_rows_without_the_order_number_are_named(scene, erp):
    def lines_of(query):
        return [(line["status"], line["message"]) for line in scene.lines()
                if query in line["message"]]

    notify(erp, "shipments", [{"ShipmentNbr": "X1", "OrderType": "SO", "LineNbr": 1}],
           query="No-Order-Column")
    notify(erp, "shipments", [{"ShipmentNbr": "X1", "OrderType": "SO", "OrderNbr": "", "LineNbr": 1},
                              {"ShipmentNbr": "X2", "OrderType": "SO", "OrderNbr": None,
                               "LineNbr": 1}], query="Empty-Order-Column")
    scene.settle()
    (failed,) = lines_of("No-Order-Column")
    assert failed[0] == "failed" and "has no column OrderNbr" in failed[1]
    (skipped,) = lines_of("Empty-Order-Column")
    assert skipped[0] == "skipped" and "2 rows" in skipped[1]


def test_a_transfer_is_skipped_and_does_not_block_the_rest(scene, erp):
    order = paid_order(erp)
    scene.settle()
    key = {"OrderType": "SO", "OrderNbr": order.number, "InventoryID": "AALEGO500", "ShippedQty": 1,
           "LineNbr": 1, "OrderLineNbr": 1, "Confirmed": True}
    notify(erp, "shipments", [{**key, "ShipmentNbr": f"T{order.number}", "Type": "Transfer"},
                              {**key, "ShipmentNbr": f"S{order.number}", "Type": "Shipment"},
                              {**key, "ShipmentNbr": f"S{order.number}", "LineNbr": "two"}])
    scene.settle()
    (shipment,) = scene.shown(order)["shipments"]
    assert [item["qty"] for item in shipment["items"]] == [1]


def test_a_service_that_was_sent_all_that_is_still_healthy(scene):
    assert scene.amsync.probe("/readyz") == 200
    scene.require_at_rest()
    levels = {line["level"] for line in scene.amsync.process_log()}
    assert "error" not in levels, scene.amsync.process_log()
