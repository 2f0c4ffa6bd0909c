"""Notifications in every order and shape in which they arrive."""

import itertools
import random

import pytest

from support.acumatica import INQUIRIES, Acumatica, Inquiry
from support.push import Destination, Dispatcher, Notification
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
NUMBERS = itertools.count(100000, 1000)


def new_erp(scene):
    """Keeps what it tells until it is sent; its documents have numbers of their own."""
    dispatcher = Dispatcher(Destination(scene.amsync.url, scene.amsync.secret))
    return Acumatica(dispatcher=dispatcher, first_number=next(NUMBERS))


@pytest.fixture
def erp(scene):
    return new_erp(scene)


def told(erp):
    notifications, erp.outbox = erp.outbox, []
    return notifications


def send(erp, notifications):
    for delivery in erp.dispatcher.send_all(notifications):
        assert delivery.accepted, delivery.answers


def life_of(erp):
    """Everything that is told of an order from its first save to its completion."""
    order = erp.create_order(LINES)
    erp.pay(order)
    key = order.number
    first = erp.create_shipment(order, quantities={(key, 1): 2})
    erp.confirm_shipment(first, ["1Z1", "1Z2"])
    second = erp.create_shipment(order, quantities={(key, 1): 1, (key, 2): 1})
    erp.confirm_shipment(second, ["1Z3"])
    erp.release_invoice(erp.prepare_invoice(first, second))
    return order


def require_complete(scene, order):
    scene.settle()
    shown = scene.shown(order)
    assert shown["state"] == "complete", scene.messages(order)
    assert shown["grand_total"] == 127.5
    assert sorted(sum(item["qty"] for item in shipment["items"])
                  for shipment in shown["shipments"]) == [2, 2]
    assert sorted(track["track_number"] for shipment in shown["shipments"]
                  for track in shipment["tracks"]) == ["1Z1", "1Z2", "1Z3"]
    assert len(shown["invoices"]) == 1


@pytest.fixture(scope="module")
def with_deleted_halves(scene):
    """Orders for which a Deleted row came without its twin: amsync gives that some seconds, so
    they are all sent at the beginning."""
    apart, reversed_, shorter = new_erp(scene), new_erp(scene), new_erp(scene)
    orders = [life_of(apart), life_of(reversed_), shorter.create_order(LINES)]
    shorter.remove_line(orders[2], 2)
    shorter.pay(orders[2])
    for notification in told(apart):
        send(apart, [half for half in notification.halves() if half.deleted or half.inserted])
    for notification in told(reversed_):
        send(reversed_, [half for half in reversed(notification.halves())
                         if half.deleted or half.inserted])
    send(shorter, told(shorter))
    scene.settle()
    return orders


def test_the_halves_of_a_change_may_come_apart(scene, with_deleted_halves):
    require_complete(scene, with_deleted_halves[0])


def test_the_halves_of_a_change_may_come_in_the_other_order(scene, with_deleted_halves):
    require_complete(scene, with_deleted_halves[1])


def test_a_removed_line_is_not_sent(scene, with_deleted_halves):
    shown = scene.shown(with_deleted_halves[2])
    assert [item["sku"] for item in shown["items"]] == ["AALEGO500"]
    assert shown["grand_total"] == 90


def test_any_order_of_arrival_and_any_repetition_give_the_same(scene, erp):
    orders = []
    notifications = []
    for seed in range(6):
        orders.append(life_of(erp))
        mine = told(erp)
        mine += random.Random(seed).sample(mine, 4)
        random.Random(seed).shuffle(mine)
        notifications.append(mine)
    mixed = [notification for some in itertools.zip_longest(*notifications)
             for notification in some if notification is not None]
    assert all(delivery.accepted for delivery in erp.dispatcher.send_all(mixed, parallel=6))
    for order in orders:
        require_complete(scene, order)


def test_a_repeated_notification_is_answered_as_a_duplicate(scene, erp):
    erp.create_order(LINES)
    (notification,) = told(erp)
    assert [erp.dispatcher.post(notification).status for _ in range(3)] == [202, 200, 200]


def test_a_shipment_may_come_before_its_order(scene, erp):
    order = erp.create_order(LINES)
    saved = told(erp)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1Z1"])
    send(erp, [one for one in told(erp) if one.kind == "shipments"])
    scene.wait_for_message(order, "no notification for its order")
    assert not scene.is_shown(order)
    send(erp, saved)
    scene.settle()
    assert len(scene.shown(order)["shipments"]) == 1


def test_a_shipment_may_be_of_two_orders(scene, erp):
    orders = [erp.create_order(LINES), erp.create_order(LINES[1:])]
    shipment = erp.create_shipment(*orders)
    erp.confirm_shipment(shipment, ["1Z1"])
    send(erp, told(erp))
    scene.settle()
    quantities = [[item["qty"] for item in scene.shown(order)["shipments"][0]["items"]]
                  for order in orders]
    assert quantities == [[3, 1], [1]]


def test_several_orders_may_come_in_one_notification(scene, erp):
    orders = [erp.create_order(LINES) for _ in range(20)]
    for order in orders:
        order.paid = order.total
    rows = [row for order in orders for row in order.rows()]
    first = told(erp)[0]
    send(erp, [Notification("orders", first.query, first.company, first.id,
                            first.timestamp + 10_000, rows, [], first.started)])
    scene.settle()
    assert all(scene.shown(order)["grand_total"] == 127.5 for order in orders)


def test_two_inquiries_of_one_kind_bring_their_own_columns(scene, erp):
    balances = Inquiry("Balances", "orders", ("OrderType", "OrderNbr", "UnpaidBalance"),
                       {"UnpaidBalance": "SOOrder_unpaidBalance"})
    names = set(erp.create_order(LINES).rows()[0]) - {"UnpaidBalance"}
    told(erp)
    erp.inquiries = [Inquiry("AMSync-Orders", "orders", tuple(names)), balances, *INQUIRIES[1:]]
    order = erp.create_order(LINES)
    erp.pay(order)
    notifications = told(erp)
    assert [one.query for one in notifications] == ["AMSync-Orders", "Balances", "Balances"]
    send(erp, notifications[:2])
    scene.wait_for_message(order, "unpaid balance is 127.50 USD")
    send(erp, notifications[2:])
    scene.settle()
    assert scene.shown(order)["grand_total"] == 127.5


def test_the_queries_tell_the_kind_on_the_route_without_one(scene, erp):
    erp.dispatcher.destination = Destination(scene.amsync.url, scene.amsync.secret,
                                             kind_in_path=False)
    order = life_of(erp)
    send(erp, told(erp))
    require_complete(scene, order)


def test_five_attempts_outlast_a_restart(scene, erp):
    scene.amsync.stop()
    order = erp.create_order(LINES)
    erp.pay(order)
    assert not any(delivery.accepted for delivery in erp.deliver())
    assert len(erp.dispatcher.failed) == 2
    scene.amsync.start()
    assert all(delivery.accepted for delivery in erp.dispatcher.send_failed_again())
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail())
    scene.settle()


def test_a_save_that_its_shipment_has_overtaken_is_waited_for(scene, erp):
    order = erp.create_order(LINES)
    first = told(erp)
    with erp.transaction(order):
        order.lines[0].quantity = 5
    erp.confirm_shipment(erp.create_shipment(order), ["1Z1"])
    later = told(erp)
    send(erp, [*first, *(one for one in later if one.kind == "shipments")])
    scene.wait_for_message(order, "a newer save is waited for")
    send(erp, [one for one in later if one.kind == "orders"])
    scene.settle()
    assert [item["qty_ordered"] for item in scene.shown(order)["items"]] == [5, 1]
    assert scene.shown(order)["state"] == "processing", scene.messages(order)


def test_a_save_that_never_comes_is_not_waited_for_without_end(scene, erp):
    order = erp.create_order(LINES)
    first = told(erp)
    erp.confirm_shipment(erp.create_shipment(order), ["1Z1"])
    send(erp, [*first, *(one for one in told(erp) if one.kind == "shipments")])
    scene.wait_for_message(order, "a newer save is waited for")
    scene.settle()
    assert len(scene.shown(order)["shipments"]) == 1
