"""What was answered 202 is kept, and Magento gets everything once, whatever ends or hangs."""

import random

import pytest

from support.magento import CREATE
from support.waiting import wait_until

LINES = [("AALEGO500", "2", "50.00"), ("AACOMPUT01", "1", "27.50")]


def paid_orders(acumatica, count):
    """Created and paid in Acumatica, each with its notifications still in the outbox."""
    acumatica.deliver_at_once = False
    orders = [acumatica.create_order(LINES) for _ in range(count)]
    for order in orders:
        acumatica.pay(order)
    return orders


def assert_each_is_there_once(magento, orders):
    assert sorted(shown["increment_id"] for shown in magento.orders()) == sorted(
        f"ACU-SO-{order.number}" for order in orders)


def wait_until_in_magento(service, magento, orders):
    wait_until(lambda: len(magento.orders()) >= len(orders),
               lambda: f"{len(orders)} orders in Magento, there are {len(magento.orders())}",
               deadline_s=90, interval_s=0.1)
    for order in orders:
        service.wait_for_order(order.number, "published")
    assert_each_is_there_once(magento, orders)


def test_what_was_accepted_before_a_kill_is_published_after_it(service, acumatica, magento):
    magento.set(maintenance=True)
    orders = paid_orders(acumatica, 5)
    assert all(delivery.accepted for delivery in acumatica.deliver())
    service.kill()
    magento.set(maintenance=False)
    service.start()
    wait_until_in_magento(service, magento, orders)


def test_kills_in_a_burst_lose_nothing_and_double_nothing(service, acumatica, magento):
    draw = random.Random(20)
    magento.set(delay_ms=40)
    orders = paid_orders(acumatica, 40)
    notifications = list(acumatica.outbox)
    draw.shuffle(notifications)
    acumatica.dispatcher.pause_s = 0.3
    for start in range(0, len(notifications), 20):
        acumatica.dispatcher.send_all(notifications[start:start + 20], parallel=4)
        service.kill()
        service.start()
    assert not acumatica.dispatcher.failed
    wait_until_in_magento(service, magento, orders)


def test_a_create_whose_answer_was_lost_is_not_repeated_as_a_second_order(
        service, acumatica, magento):
    magento.fault({"method": "POST", "path": "/V1/orders", "action": "drop", "committed": True,
                   "count": 1})
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    assert_each_is_there_once(magento, [order])


def test_a_kill_while_magento_works_on_a_shipment_leaves_one_shipment(
        service, acumatica, magento):
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    magento.fault({"method": "POST", "path": "/V1/order/", "regex": "/ship", "action": "delay",
                   "delay_ms": 700, "count": 1, "committed": False})
    shipment = acumatica.create_shipment(order)
    acumatica.confirm_shipment(shipment, ["1Z1"])
    acumatica.deliver()
    wait_until(lambda: _faults_met(magento), "the shipment on its way to Magento")
    service.kill()
    service.start()
    service.wait_for_documents(order.number, shipments=1)
    assert len(magento.order()["shipments"]) == 1


def test_what_changed_while_a_create_went_unrecorded_is_told(service, acumatica, magento):
    """The create is done, but its answer and amsync are gone; then the order is edited. Magento holds
    what the first create said, and is told of the change."""
    magento.fault({**CREATE, "action": "drop", "committed": True,
                   "delay_ms": 1000, "count": 1})
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    wait_until(magento.orders, "the order in Magento")
    service.kill()
    with acumatica.transaction(order):
        order.ship_to = {**order.ship_to, "City": "Hoboken"}
    service.start()
    acumatica.deliver()
    wait_until(lambda: [step for step in magento.order()["steps"]
                        if step["what"] == "comment" and "Hoboken" in step["comment"]],
               lambda: f"a comment that names Hoboken: {magento.order()['steps']}")
    (comment,) = [step["comment"] for step in magento.order()["steps"] if step["what"] == "comment"]
    assert "billing address" not in comment
    assert magento.count("POST /V1/orders") == 2


def test_a_create_that_went_unrecorded_and_did_not_change_is_not_commented(
        service, acumatica, magento):
    magento.fault({**CREATE, "action": "drop", "committed": True,
                   "delay_ms": 1000, "count": 1})
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    wait_until(magento.orders, "the order in Magento")
    service.kill()
    service.start()
    service.wait_for_order(order.number, "published")
    assert [step["what"] for step in magento.order()["steps"]] == ["create"]
    assert magento.count("POST /V1/orders") == 2


@pytest.mark.parametrize("looks_first", [False, True])
def test_a_change_that_was_told_and_forgotten_is_taken_back(
        service, acumatica, magento, postgres, database, looks_first):
    """Magento has the order and a comment on a change; amsync knows of neither, as after a restore
    of a backup, and then the order is as it was created again. It is found by a create that Magento
    refuses or, where the numbering was ever set, before that."""
    if looks_first:
        service.command("prefs", "set", "increment_prefix=ACU")
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    with acumatica.transaction(order):
        created, order.ship_to = order.ship_to, {**order.ship_to, "City": "Hoboken"}
    acumatica.deliver()
    wait_until(lambda: comments_on(magento), "the change being told")
    service.wait_for_order(order.number, "published")
    service.stop()
    with postgres.connect(database) as connection:
        connection.execute("DELETE FROM amsync.sales_order")
    with acumatica.transaction(order):
        order.ship_to = created
    service.start()
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    assert len(magento.orders()) == 1
    assert [comment.partition(": ")[2] for comment in comments_on(magento)][1:] == [
        "what was changed is as it was created again"]


def comments_on(magento):
    """What was said of changes of the only order, the oldest first."""
    return [step["comment"] for step in magento.order()["steps"] if step["what"] == "comment"]


def test_an_edit_is_told_though_a_create_that_was_not_the_first_had_it(
        service, acumatica, magento, postgres, database):
    """Magento has the order as it was created; amsync has forgotten that, as after a restore of a
    backup, and creates it anew as it was edited since. What becomes of that is not known, and then the
    order is found: not as the last create would have made it."""
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    service.stop()
    with postgres.connect(database) as connection:
        connection.execute("DELETE FROM amsync.sales_order")
    with acumatica.transaction(order):
        order.ship_to = {**order.ship_to, "City": "Hoboken"}
    magento.fault({**CREATE, "action": "drop", "count": 1})
    service.start()
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    assert len(magento.orders()) == 1
    (comment,) = comments_on(magento)
    assert "Hoboken" in comment.rpartition(" -> ")[2]


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("killed", [True, False])
def test_a_change_that_was_perhaps_told_and_is_none_any_more(
        service, acumatica, magento, arrived, killed):
    """The answer to a comment is lost, or amsync with it; then the order is as Magento was told before.
    It is told so only if the comment is there."""
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    magento.fault({"method": "POST", "regex": "/comments$", "action": "drop", "committed": arrived,
                   "delay_ms": 1000 if killed else 0, "count": 1})
    with acumatica.transaction(order):
        before, order.ship_to = order.ship_to, {**order.ship_to, "City": "Hoboken"}
    acumatica.deliver()
    wait_until(lambda: _faults_met(magento), "the comment on its way")
    if arrived:
        wait_until(lambda: comments_on(magento), "the comment in Magento")
    if killed:
        service.kill()
    with acumatica.transaction(order):
        order.ship_to = before
    if killed:
        service.start()
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    told = [comment.partition(": ")[2] for comment in comments_on(magento)]
    assert len(told) == 2 * arrived, told
    assert not arrived or told[1].startswith("the order is now: ")
    assert not arrived or before["City"] in told[1].partition("shipping address")[2]


def test_a_hold_that_went_unrecorded_is_lifted_again(service, acumatica, magento):
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    magento.fault({"method": "POST", "regex": "/hold$", "action": "drop", "committed": True,
                   "delay_ms": 1000, "count": 1})
    acumatica.hold(order)
    acumatica.deliver()
    wait_until(lambda: magento.order()["state"] == "holded", "the hold in Magento")
    service.kill()
    acumatica.release_from_hold(order)
    service.start()
    acumatica.deliver()
    wait_until(lambda: magento.order()["state"] == "new", lambda: service.log_lines())


def test_a_person_who_holds_an_order_just_before_it_is_held_keeps_the_hold(
        service, acumatica, magento):
    """That the hold is to be ours is noted before it is set; what is found there is not ours."""
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    magento.by_hand(magento.order()["entity_id"], "hold")
    acumatica.hold(order)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    acumatica.release_from_hold(order)
    acumatica.deliver()
    service.wait_for_order(order.number, "published")
    assert magento.order()["state"] == "holded"


def test_an_order_canceled_while_its_create_went_unrecorded_is_canceled_in_magento(
        service, acumatica, magento):
    magento.fault({**CREATE, "action": "drop", "committed": True,
                   "delay_ms": 1000, "count": 1})
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    wait_until(magento.orders, "the order in Magento")
    service.kill()
    acumatica.cancel(order)
    service.start()
    acumatica.deliver()
    wait_until(lambda: magento.order()["state"] == "canceled", lambda: service.log_lines())
    service.wait_for_order(order.number, "published")


def test_an_order_canceled_while_its_create_is_still_on_its_way_is_canceled_in_magento(
        service, acumatica, magento):
    """The create takes effect after amsync has given up waiting and been told of the cancellation."""
    magento.fault({**CREATE, "action": "delay", "delay_ms": 2800,
                   "count": 1})
    service.stop()
    service.settings["AMSYNC_MAGENTO_TIMEOUT_MS"] = "500"
    service.settings["AMSYNC_MAGENTO_QUIET_MS"] = "4000"
    service.start()
    (order,) = paid_orders(acumatica, 1)
    acumatica.deliver()
    wait_until(lambda: _faults_met(magento), "the create on its way")
    acumatica.cancel(order)
    acumatica.deliver()
    service.wait_for_order(order.number, "skipped")
    wait_until(lambda: [one for one in magento.orders() if one["state"] == "canceled"],
               lambda: service.log_lines())


def _faults_met(magento):
    return any(rule["matched"] for rule in magento.faults())


def test_a_restart_of_postgresql_loses_nothing(service, acumatica, magento, postgres):
    orders = paid_orders(acumatica, 3)
    first, rest = acumatica.outbox[:1], acumatica.outbox[1:]
    assert acumatica.dispatcher.send(first[0]).accepted
    postgres.restart("immediate")
    wait_until(service.is_ready, "amsync being ready after PostgreSQL's restart")
    assert all(delivery.accepted for delivery in acumatica.dispatcher.send_all(rest))
    wait_until_in_magento(service, magento, orders)


def test_without_postgresql_nothing_is_accepted_and_acumatica_keeps_it(
        service, acumatica, magento, postgres):
    (order,) = paid_orders(acumatica, 1)
    postgres.stop("immediate")
    deliveries = acumatica.deliver()
    postgres.start()
    assert [set(delivery.answers) for delivery in deliveries] == [{503}, {503}]
    assert service.probe("/livez") == 200
    wait_until(service.is_ready, "amsync being ready after PostgreSQL came back")
    assert all(delivery.accepted for delivery in acumatica.dispatcher.send_failed_again())
    wait_until_in_magento(service, magento, [order])


def test_while_postgresql_hangs_nothing_is_accepted(service, acumatica, magento, postgres):
    (order,) = paid_orders(acumatica, 1)
    postgres.freeze()
    try:
        answer = acumatica.dispatcher.post(acumatica.outbox[0])
    finally:
        postgres.thaw()
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    wait_until(service.is_ready, "amsync being ready after PostgreSQL's thaw")
    assert all(delivery.accepted for delivery in acumatica.deliver())
    wait_until_in_magento(service, magento, [order])


def test_sigterm_ends_it_in_good_order_and_the_rest_is_done_later(service, acumatica, magento):
    magento.set(delay_ms=300)
    orders = paid_orders(acumatica, 12)
    assert all(delivery.accepted for delivery in acumatica.deliver(parallel=4))
    service.stop()
    assert service.probe("/livez") is None
    service.start()
    wait_until_in_magento(service, magento, orders)
    assert magento.count("POST /V1/orders") == len(orders)


def test_a_second_process_on_the_same_database_doubles_nothing(service, acumatica, magento):
    second = service.twin()
    second.start()
    try:
        orders = paid_orders(acumatica, 20)
        assert all(delivery.accepted for delivery in acumatica.deliver(parallel=4))
        wait_until_in_magento(service, magento, orders)
        assert magento.count("POST /V1/orders") == len(orders)
    finally:
        second.close()
