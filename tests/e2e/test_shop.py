"""What the shop shows of orders, shipments and invoices, and what waits for a person."""

import decimal
import itertools

import pytest

from support.acumatica import ADDRESS, Acumatica, Customer, OrderLine
from support.push import Destination, Dispatcher
from support.scene import Scene
from support.waiting import wait_until

D = decimal.Decimal
LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
NUMBERS = itertools.count(300000, 100)
AMOUNTS = ("row_total", "tax_amount", "discount_amount")


@pytest.fixture
def erp(scene):
    dispatcher = Dispatcher(Destination(scene.amsync.url, scene.amsync.secret), timeout_s=30)
    return Acumatica(dispatcher=dispatcher, deliver_at_once=True, first_number=next(NUMBERS))


@pytest.fixture(scope="module", autouse=True)
def patient(postgres, template, tmp_path_factory):
    """A scene with what amsync waits for some time to see the end of; it goes on while the other
    tests run, and the last ones look at it."""
    with Scene(postgres, template, tmp_path_factory.mktemp("patient")) as scene:
        scene.start()
        erp = scene.acumatica
        gone = published(scene, erp)
        shipment = erp.create_shipment(gone)
        erp.confirm_shipment(shipment)
        scene.settle()
        erp.correct_shipment(shipment)
        with erp.transaction(shipment):
            shipment.lines.clear()
        short = erp.create_order(LINES)
        erp.pay(short)
        shipment = erp.create_shipment(short, quantities={(short.number, 1): 2,
                                                          (short.number, 2): 1})
        erp.confirm_shipment(shipment)
        erp.release_invoice(erp.prepare_invoice(shipment))
        erp.complete(short)
        yield scene, gone, short


def published(scene, erp, lines=None, **fields):
    order = erp.create_order(lines or LINES, **fields)
    erp.pay(order)
    wait_until(lambda: scene.is_shown(order), lambda: f"{scene.messages(order)}")
    scene.settle()
    return order


def require_waiting(scene, order, kind, part):
    """The order's only document of that kind waits, with that in its reason."""
    (document,) = scene.state(order)[kind]
    assert document["state"] == "waiting" and part in document["reason"], document
    assert any(part in text for text in scene.messages(order, "waiting"))


# --- orders that came from Magento

def order_in_magento(scene, number, total="127.50", currency="USD"):
    answer = scene.magento.rest("POST", "V1/orders", {"entity": {
        "increment_id": number, "customer_email": "mary.major@example.com",
        "state": "new", "status": "pending", "store_id": 1,
        "order_currency_code": currency, "base_currency_code": "EUR",
        "grand_total": float(total), "base_grand_total": float(total),
        "subtotal": 127.5, "base_subtotal": 127.5,
        "items": [{"sku": sku, "name": sku, "qty_ordered": quantity, "price": float(price),
                   "base_price": float(price), "row_total": quantity * float(price),
                   "base_row_total": quantity * float(price)} for sku, quantity, price in LINES],
        "payment": {"method": "checkmo"}}})
    assert answer.status == 200, answer.text()
    return answer.json()["entity_id"]


def test_an_order_that_came_from_magento_is_linked(scene, erp):
    magento_id = order_in_magento(scene, "000000123")
    order = erp.create_order(LINES, magento_order_nbr="000000123")
    erp.pay(order)
    text = scene.wait_for_message(order, "linked to Magento order")
    assert text == f"{order.number} linked to Magento order 000000123 (id {magento_id})"
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1Z1"])
    erp.release_invoice(erp.prepare_invoice(shipment))
    scene.settle()
    assert not scene.is_shown(order)  # nothing was created
    shown = scene.magento.order(increment_id="000000123")
    assert shown["state"] == "complete"
    assert [len(shown["shipments"]), len(shown["invoices"])] == [1, 1]
    assert scene.amsync.order("000000123")["order_nbr"] == order.number


def test_a_copy_of_a_linked_order_does_not_touch_the_customers_order(scene, erp):
    order_in_magento(scene, "WEB-124")
    order = erp.create_order(LINES, magento_order_nbr="WEB-124")
    erp.pay(order)
    scene.wait_for_message(order, "linked to Magento order WEB-124")
    scene.settle()
    copies = [erp.create_order(LINES, magento_order_nbr=number) for number in ("WEB-124", "web-124")]
    for copy in copies:
        erp.pay(copy)
    for copy in copies:
        text = scene.wait_for_message(copy, "it names Magento order")
        assert text == (f"{copy.number} waits for you: it names Magento order "
                        f"{copy.magento_order_nbr}, which is that of SO {order.number}. "
                        "Next: correct the Magento order number in Acumatica")
        erp.cancel(copy)
    scene.settle()
    assert scene.magento.order(increment_id="WEB-124")["state"] == "new"
    # One that named the wrong order leaves it to the right one.
    order_in_magento(scene, "WEB-125", total="1.00")
    wrong = erp.create_order(LINES, magento_order_nbr="WEB-125")
    erp.pay(wrong)
    scene.wait_for_message(wrong, "which is over 1.00 USD")
    scene.settle()
    right = erp.create_order([("AALEGO500", 1, "1.00")], magento_order_nbr="WEB-125")
    erp.pay(right)
    scene.wait_for_message(right, "linked to Magento order WEB-125")


@pytest.mark.parametrize(("number", "there", "part"), [
    ("000000201", {"total": "127.51"}, "which is over 127.51 USD, but it is over 127.50 USD"),
    ("000000202", {"currency": "CAD"}, "which is over 127.50 CAD, but it is over 127.50 USD"),
    ("000000203", None, "which Magento does not have"),
])
def test_an_order_that_names_a_wrong_magento_order_is_never_created(scene, erp, number, there,
                                                                    part):
    if there is not None:
        order_in_magento(scene, number, **there)
    before = len(scene.magento.orders())
    order = erp.create_order(LINES, magento_order_nbr=number)
    erp.pay(order)
    text = scene.wait_for_message(order, f"it names Magento order {number}")
    assert part in text
    scene.amsync.command("sync", "--force", order.number, exit_code=1)
    assert len(scene.magento.orders()) == before


def test_a_number_that_another_order_has_is_not_taken_over(scene, erp):
    order = erp.create_order(LINES)
    order_in_magento(scene, f"ACU-SO-{order.number}")
    erp.pay(order)
    scene.wait_for_message(order, "it is not this order; set another increment_prefix")
    scene.settle()
    assert scene.state(order)["state"] == "failed"
    assert not scene.is_shown(order)
    scene.amsync.command("prefs", "set", "increment_prefix=NEW")
    scene.amsync.command("retry", "--failed")
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(4))
    scene.settle()
    assert scene.shown(order)["increment_id"] == f"NEW-SO-{order.number}"
    scene.amsync.command("prefs", "set", "increment_prefix=ACU")


# --- hold, cancel, complete, changes

def state(scene, order):
    return scene.shown(order)["state"]


def test_hold_and_release(scene, erp):
    order = published(scene, erp)
    erp.hold(order)
    wait_until(lambda: state(scene, order) == "holded", lambda: scene.tail(4))
    scene.settle()
    erp.release_from_hold(order)
    wait_until(lambda: state(scene, order) == "new", lambda: scene.tail(4))
    scene.settle()
    assert [step["what"] for step in scene.shown(order)["steps"]] == ["create", "hold", "unhold"]


def test_a_shipment_of_a_held_order_lifts_the_hold_for_a_moment(scene, erp):
    order = published(scene, erp)
    erp.hold(order)
    scene.settle()
    erp.confirm_shipment(erp.create_shipment(order))
    with erp.transaction(order):
        order.hold, order.status = True, "On Hold"
    scene.settle()
    shown = scene.shown(order)
    assert len(shown["shipments"]) == 1
    assert shown["state"] == "holded"


def test_a_hold_of_a_person_is_theirs(scene, erp):
    order = published(scene, erp)
    magento_id = scene.shown(order)["entity_id"]
    scene.magento.by_hand(magento_id, "hold")
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment)
    scene.wait_for_message(order, "a person has put the order on hold in Magento")
    erp.hold(order)
    scene.settle()
    erp.release_from_hold(order)
    scene.settle()
    assert state(scene, order) == "holded"
    require_waiting(scene, order, "shipments", "a person has put the order on hold")
    scene.magento.by_hand(magento_id, "unhold")
    scene.amsync.command("sync", order.number)
    assert len(scene.shown(order)["shipments"]) == 1


def test_cancel(scene, erp):
    order = published(scene, erp)
    erp.cancel(order)
    wait_until(lambda: state(scene, order) == "canceled", lambda: scene.tail(4))
    scene.settle()
    assert scene.state(order)["state"] == "published"


def test_cancel_waits_for_the_invoice_of_what_was_shipped(scene, erp):
    order = published(scene, erp)
    shipment = erp.create_shipment(order, quantities={(order.number, 1): 2})
    erp.confirm_shipment(shipment)
    scene.settle()
    erp.cancel(order)
    text = scene.wait_for_message(order, "it is canceled in Acumatica, but Magento has shipped")
    assert "shipped 2 of AALEGO500 and invoiced 0" in text
    scene.settle()
    erp.release_invoice(erp.prepare_invoice(shipment))
    scene.settle()
    items = {item["sku"]: item for item in scene.shown(order)["items"]}
    assert items["AALEGO500"]["qty_canceled"] == 1
    assert items["CONAIRT1"]["qty_canceled"] == 1


def test_a_change_becomes_one_comment(scene, erp):
    order = published(scene, erp)
    with erp.transaction(order):
        order.line(1).quantity = D(4)
        order.ship_to["City"] = "Hoboken"
        order.paid = order.total
    erp.add_line(order, "AACOMPUT01", 1, "10.00")
    scene.settle()
    with erp.transaction(order):
        order.extra["Description"] = "of no importance to the shop"
    scene.settle()
    comments = [one["comment"] for one in scene.shown(order)["status_histories"]
                if (one["comment"] or "").startswith("Changed in Acumatica: ")]
    text = " ".join(comments)
    assert 1 <= len(comments) <= 2, comments
    assert "line 1 (AALEGO500): quantity 3 -> 4" in text
    assert "Hoboken" in text
    assert "line 3 (AACOMPUT01) added: quantity 1" in text
    assert text.count("quantity 3 -> 4") == 1
    assert "of no importance" not in text


# --- shipments

def test_a_correction_with_the_same_lines_adds_the_tracking_number(scene, erp):
    order = published(scene, erp)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1Z1"])
    scene.settle()
    erp.correct_shipment(shipment)
    require_waiting_soon(scene, order, "it is being corrected in Acumatica")
    erp.confirm_shipment(shipment, ["1Z2"])
    scene.settle()
    (shown,) = scene.shown(order)["shipments"]
    assert sorted(track["track_number"] for track in shown["tracks"]) == ["1Z1", "1Z2"]
    assert scene.state(order)["shipments"][0]["state"] == "published"


def require_waiting_soon(scene, order, part):
    scene.wait_for_message(order, part)
    scene.settle()
    require_waiting(scene, order, "shipments", part)


def test_a_correction_with_other_lines_waits(scene, erp):
    order = published(scene, erp)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment)
    scene.settle()
    erp.correct_shipment(shipment)
    with erp.transaction(shipment):
        shipment.lines[0].quantity = D(2)
    erp.confirm_shipment(shipment)
    require_waiting_soon(scene, order, "it was confirmed again with 2 of AALEGO500, but Magento's")
    assert len(scene.shown(order)["shipments"]) == 1


def test_shipping_more_than_is_left_waits_with_both_figures(scene, erp):
    order = published(scene, erp)
    erp.confirm_shipment(erp.create_shipment(order, quantities={(order.number, 1): 5}))
    require_waiting_soon(scene, order,
                         "it ships 5 of AALEGO500, but Magento has only 3 left to ship")
    assert scene.shown(order)["shipments"] == []


def test_what_a_person_has_shipped_is_not_shipped_again(scene, erp):
    order = published(scene, erp)
    scene.magento.by_hand(scene.shown(order)["entity_id"], "ship")
    erp.confirm_shipment(erp.create_shipment(order))
    require_waiting_soon(scene, order, "but Magento has only 0 left to ship")
    assert len(scene.shown(order)["shipments"]) == 1


def test_a_line_that_magento_does_not_have_waits(scene, erp):
    order = published(scene, erp)
    line = erp.add_line(order, "AACOMPUT01", 1, "10.00")
    scene.settle()
    erp.confirm_shipment(erp.create_shipment(order, quantities={(order.number, line.number): 1}))
    require_waiting_soon(scene, order, "is of a line that Magento's order does not have")


# --- invoices

def test_partial_invoices(scene, erp):
    order = published(scene, erp)
    first = erp.create_shipment(order, quantities={(order.number, 1): 2})
    erp.confirm_shipment(first)
    erp.release_invoice(erp.prepare_invoice(first))
    scene.settle()
    assert state(scene, order) == "processing"
    rest = erp.create_shipment(order, quantities={(order.number, 1): 1, (order.number, 2): 1})
    erp.confirm_shipment(rest)
    erp.release_invoice(erp.prepare_invoice(rest), paid=True)
    scene.settle()
    shown = scene.shown(order)
    assert shown["state"] == "complete"
    assert [invoice["grand_total"] for invoice in shown["invoices"]] == [60, 67.5]


def test_an_invoice_waits_for_its_own_shipment_only(scene, erp):
    order = published(scene, erp)
    shipment = erp.create_shipment(order)
    scene.settle()
    erp.deliver_at_once = False
    invoice = erp.prepare_invoice(shipment)
    shipment.status = "Open"
    erp.outbox.clear()
    erp.deliver_at_once = True
    with erp.transaction(invoice):
        invoice.released, invoice.status = True, "Open"
    scene.wait_for_message(order, f"its shipment {shipment.number} is not in Magento yet")
    erp.confirm_shipment(shipment)
    scene.settle()
    assert state(scene, order) == "complete"


def test_totals_that_differ_are_both_told(scene, erp):
    order = published(scene, erp)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment)
    erp.release_invoice(erp.prepare_invoice(shipment, extra_amount="12.34"))
    scene.settle()
    (invoice,) = scene.state(order)["invoices"]
    assert invoice["state"] == "published"
    assert "is over 127.50 USD, Acumatica's over 139.84 USD" in invoice["reason"]
    assert any("is over 127.50 USD, Acumatica's over 139.84 USD" in text
               for text in scene.messages(order))


def test_an_invoice_without_a_shipment(scene, erp):
    order = published(scene, erp)
    erp.release_invoice(erp.create_invoice(order))
    scene.settle()
    assert len(scene.shown(order)["invoices"]) == 1


def test_a_credit_memo_is_left_to_magento(scene, erp):
    order = published(scene, erp)
    erp.release_invoice(erp.create_invoice(order, type="Credit Memo"))
    scene.wait_for_message(order, "returns take place in Magento")
    scene.settle()
    assert scene.shown(order)["invoices"] == []
    assert scene.state(order)["invoices"][0]["state"] == "skipped"


# --- what orders need

def test_an_unknown_sku_waits_and_is_freed(scene, erp):
    sku = f"NEW{next(NUMBERS)}"
    scene.magento.set(unknown_products=[sku])
    order = erp.create_order([(sku, 1, "10.00")])
    erp.pay(order)
    text = scene.wait_for_message(order, "is not a product in Magento")
    assert f"item {sku} (line 1)" in text
    scene.settle()
    # It is looked for again within the hour, and whenever somebody asks.
    assert scene.value("SELECT count(*) FROM amsync.work") >= 1
    scene.magento.set(unknown_products=[])
    wait_until(lambda: scene.amsync.command("sync", order.number, exit_code=None).exit_code == 0,
               lambda: scene.tail(4), 15, 1)
    assert scene.is_shown(order)


def test_an_order_without_an_address_for_mail(scene, erp):
    address = {**ADDRESS, "Email": None}
    order = erp.create_order(LINES, customer=Customer(email=None), bill_to=address,
                             ship_to=address)
    erp.pay(order)
    scene.wait_for_message(order, "it has no e-mail address")
    scene.settle()
    scene.amsync.command("prefs", "set", "fallback_email=shop@example.com")
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(4), 10)
    scene.settle()
    assert scene.shown(order)["customer_email"] == "shop@example.com"
    scene.amsync.command("prefs", "set", "fallback_email=")


def test_a_foreign_currency_is_converted_with_the_orders_rate(scene, erp):
    order = published(scene, erp, currency="CAD", currency_rate=D("1.250000"))
    shown = scene.shown(order)
    assert (shown["grand_total"], shown["base_grand_total"]) == (127.5, 102)
    assert (shown["order_currency_code"], shown["base_currency_code"]) == ("CAD", "EUR")
    assert shown["base_to_order_rate"] == 1.25


def test_a_foreign_currency_without_a_rate_waits(scene, erp):
    order = erp.create_order(LINES, currency="CAD", extra={"CurrencyRate": None})
    erp.pay(order)
    text = scene.wait_for_message(order, "its currency rate is not known")
    assert "its currency CAD is not the shop's, EUR" in text
    assert not scene.is_shown(order)


def cents(value):
    return D(str(value)).quantize(D("0.01"))


@pytest.mark.parametrize("rate", ["1", "1.372113"])
def test_amounts_are_exact_to_the_cent_over_1000_lines(scene, erp, rate):
    lines = [OrderLine(f"ITEM{number:04d}", D(1 + number % 7), D("0.07") + D(number) / 1000,
                       number=number, tax_rate=D("8.25"),
                       discount=D("0.03") if number % 3 == 0 else D("0.00"))
             for number in range(1, 1001)]
    order = erp.create_order(lines, freight=D("19.99"), discount=D("33.33"), currency="CAD",
                             currency_rate=D(rate))
    erp.pay(order)
    scene.settle()
    shown = scene.shown(order)
    assert len(shown["items"]) == 1000
    assert cents(shown["grand_total"]) == order.total
    for prefix in ("", "base_"):
        sums = {name: sum(cents(item[prefix + name]) for item in shown["items"])
                for name in AMOUNTS}
        subtotal, tax, discount, freight, total = (
            cents(shown[prefix + name]) for name in ("subtotal", "tax_amount", "discount_amount",
                                                     "shipping_amount", "grand_total"))
        # Magento shows a row total less its discount.
        assert sums == {"row_total": subtotal + discount, "tax_amount": tax,
                        "discount_amount": -discount}
        assert subtotal + discount + tax + freight == total
    assert abs(cents(shown["base_grand_total"]) * D(rate) - order.total) < D("0.05")
    by_number = {item["ext_order_item_id"]: item for item in shown["items"]}
    for line in lines:
        shown_line = by_number[str(line.number)]
        assert (cents(shown_line["row_total"]) + cents(shown_line["discount_amount"])
                == line.extended_price)
        assert cents(shown_line["tax_amount"]) == line.tax


def test_an_order_deleted_in_magento_is_not_created_again(scene, erp):
    order = published(scene, erp)
    scene.magento.by_hand(scene.shown(order)["entity_id"], "delete")
    erp.confirm_shipment(erp.create_shipment(order))
    scene.wait_for_message(order, "Magento no longer has order")
    scene.settle()
    assert not scene.is_shown(order)
    scene.amsync.command("sync", "--force", order.number, exit_code=1)
    assert not scene.is_shown(order)


def test_oauth_with_bearer_switched_off(new_scene):
    scene = new_scene(["--no-bearer"], AMSYNC_MAGENTO_AUTH="oauth1",
                      AMSYNC_MAGENTO_CONSUMER_KEY="sim-consumer-key-ccccccccccccccc",
                      AMSYNC_MAGENTO_CONSUMER_SECRET="sim-consumer-secret-dddddddddddd",
                      AMSYNC_MAGENTO_TOKEN_SECRET="sim-token-secret-bbbbbbbbbbbbbbb").start()
    erp = scene.acumatica
    orders = [erp.create_order([("A B/C & (é) \"x\"", 1, "10.00"), *LINES]) for _ in range(5)]
    for order in orders:
        erp.pay(order)
        shipment = erp.create_shipment(order)
        erp.confirm_shipment(shipment, ["1Z 1+2"])
        erp.release_invoice(erp.prepare_invoice(shipment))
    scene.settle()
    assert scene.magento.rest("GET", "V1/store/storeViews").status == 401
    for order in orders:
        assert scene.shown(order)["state"] == "complete", scene.messages(order)
    assert not any(name.endswith(" 401") and "rest" not in name
                   for name in scene.magento.requests()["counts"] if "storeViews" not in name)


# --- what takes its time

def test_a_shipment_that_is_gone_waits(patient):
    scene, order, _ = patient
    require_waiting_soon(scene, order, "it has no lines of this order any more")
    assert len(scene.shown(order)["shipments"]) == 1


def test_the_rest_of_a_completed_order_is_canceled(patient):
    scene, _, order = patient
    scene.settle()
    assert "in an hour unless another shipment arrives" in scene.state(order)["reason"]
    assert state(scene, order) == "processing"
    scene.let_an_hour_pass()
    assert state(scene, order) == "complete", scene.messages(order)
    items = {item["sku"]: item for item in scene.shown(order)["items"]}
    assert items["AALEGO500"]["qty_canceled"] == 1
    assert items["CONAIRT1"]["qty_canceled"] == 0


def test_the_rest_is_canceled_though_the_invoice_came_after_the_completion(new_scene):
    scene = new_scene().start()
    erp = scene.acumatica
    order = published(scene, erp)
    shipment = erp.create_shipment(order, quantities={(order.number, 1): 2, (order.number, 2): 1})
    erp.confirm_shipment(shipment)
    invoice = erp.prepare_invoice(shipment)
    erp.complete(order)
    scene.settle()
    erp.release_invoice(invoice)
    scene.settle()
    assert "in an hour unless another shipment arrives" in scene.state(order)["reason"]
    scene.let_an_hour_pass()
    assert state(scene, order) == "complete", scene.messages(order)
