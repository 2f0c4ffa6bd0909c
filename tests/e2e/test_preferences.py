"""Preferences, mappings and customers: what a change of them does to orders."""

import itertools
import os
import pty
import subprocess

import pytest

from support.acumatica import ADDRESS, Customer
from support.service import environment
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
CUSTOMERS = itertools.count(1)
NOWHERE = {**ADDRESS, "Email": None}


@pytest.fixture
def customer():
    """One of the test's own, so that enabling it concerns no other test's orders."""
    return Customer(id=f"C9{next(CUSTOMERS):06d}")


@pytest.fixture
def prefs(scene):
    """Sets preferences for the length of a test."""
    before = scene.amsync.command("prefs", "get", "--json").json()

    def set_(*assignments):
        scene.amsync.command("prefs", "set", "--yes", *assignments)
        wait_until(lambda: scene.value("SELECT count(*) FROM amsync.rules_change") == 0,
                   "the affected orders being due")
    yield set_
    after = scene.amsync.command("prefs", "get", "--json").json()
    changed = [f"{key}={before[key]}" for key in before if before[key] != after[key]]
    if changed:
        set_(*changed)


def conditions(scene, order):
    return {one["name"]: (one["enabled"], one["holds"]) for one in scene.state(order)["conditions"]}


def test_all_conditions_must_hold_where_the_preference_says_so(scene, prefs, customer):
    erp = scene.acumatica
    prefs("condition.match=all")
    order = erp.create_order(LINES, customer=customer)
    scene.wait_for_message(order, "none of the 3 conditions holds")
    erp.pay(order)
    scene.wait_for_message(order, "only 1 of the 3 conditions holds, and all must")
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1Z1"])
    scene.wait_for_message(order, "only 2 of the 3 conditions hold, and all must")
    assert not scene.is_shown(order)
    done = scene.amsync.command("customer", "enable", customer.id)
    assert "brings over 1 order" in done.stdout
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(5))
    scene.settle()
    assert len(scene.shown(order)["shipments"]) == 1
    assert all(holds for _, holds in conditions(scene, order).values())


def test_without_conditions_every_order_in_scope_is_shown(scene, prefs, customer):
    order = scene.acumatica.create_order(LINES, customer=customer)
    scene.wait_for_message(order, "none of the 3 conditions holds")
    prefs("condition.customer_enabled=off", "condition.shipment_confirmed=off",
          "condition.unpaid_balance_zero=off")
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(5))
    scene.settle()


def test_one_condition_alone(scene, prefs, customer):
    prefs("condition.customer_enabled=off", "condition.unpaid_balance_zero=off")
    order = scene.acumatica.create_order(LINES, customer=customer)
    scene.acumatica.pay(order)
    scene.wait_for_message(order, "the condition does not hold: no shipment is confirmed. "
                           "Next: confirm a shipment")
    shipment = scene.acumatica.create_shipment(order)
    scene.acumatica.confirm_shipment(shipment)
    scene.settle()
    assert len(scene.shown(order)["shipments"]) == 1


def test_a_customer_disabled_again_keeps_what_is_shown(scene, customer):
    erp = scene.acumatica
    first = erp.create_order(LINES, customer=customer)
    scene.amsync.command("customer", "enable", customer.id)
    wait_until(lambda: scene.is_shown(first), lambda: scene.tail(5))
    scene.amsync.command("customer", "disable", customer.id)
    second = erp.create_order(LINES, customer=customer)
    scene.wait_for_message(second, "not enabled")
    shipment = erp.create_shipment(first)
    erp.confirm_shipment(shipment)
    scene.settle()
    assert len(scene.shown(first)["shipments"]) == 1
    assert not scene.is_shown(second)
    listed = scene.amsync.command("customer", "list", "--json").json()
    assert [one["enabled"] for one in listed if one["customer_id"] == customer.id] == [False]


def test_customers_may_be_enabled_from_a_list_or_by_a_notification(scene, customer):
    erp = scene.acumatica
    others = [Customer(id=f"{customer.id}-{i}") for i in range(3)]
    orders = [erp.create_order(LINES, customer=one) for one in others]
    told = erp.create_order(LINES, customer=customer, extra={"CustomerEnabled": True})
    scene.amsync.command("customer", "enable", "-",
                         input_text="".join(f"{one.id}\n" for one in others))
    wait_until(lambda: all(scene.is_shown(order) for order in [*orders, told]),
               lambda: scene.tail(8))
    scene.settle()


def test_scope_by_date_type_and_class(scene, prefs, customer):
    erp = scene.acumatica
    old_customer = Customer(id=customer.id, customer_class="INTERNAL")
    by_class = erp.create_order(LINES, customer=old_customer)
    by_type = erp.create_order(LINES, customer=customer, type="IN")
    by_date = erp.create_order(LINES, customer=customer)
    with erp.transaction(by_date):
        by_date.date = by_date.date.replace(year=2020)
    prefs("excluded_customer_classes=INTERNAL,STAFF")
    for order in (by_class, by_type, by_date):
        erp.pay(order)
    scene.wait_for_message(by_class, "customer class INTERNAL is excluded")
    scene.wait_for_message(by_type, "order type IN is not among the order types to sync")
    text = scene.wait_for_message(by_date, "it is dated 2020-")
    assert "amsync prefs set orders_from=2020-" in text
    scene.settle()
    assert not any(map(scene.is_shown, (by_class, by_type, by_date)))
    prefs("excluded_customer_classes=", "order_types=SO,IN", "orders_from=2020-01-01")
    wait_until(lambda: all(map(scene.is_shown, (by_class, by_type, by_date))),
               lambda: scene.tail(8))
    scene.settle()


def test_paused_accepts_and_keeps(scene, prefs, customer):
    erp = scene.acumatica
    prefs("publishing=paused")
    order = erp.create_order(LINES, customer=customer)
    erp.pay(order)
    scene.wait_for_message(order, "publishing is paused")
    scene.settle()
    assert not scene.is_shown(order)
    prefs("publishing=on")
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(5))
    scene.settle()


def test_observe_says_what_would_be_published(scene, prefs, customer):
    erp = scene.acumatica
    prefs("publishing=observe")
    before = scene.magento.requests()["counts"]
    order = erp.create_order(LINES, customer=customer)
    erp.pay(order)
    unpaid = erp.create_order(LINES, customer=customer)
    scene.wait_for_message(order, "amsync would publish it now, but publishing is set to observe")
    scene.wait_for_message(unpaid, "none of the 3 conditions holds")
    scene.settle()
    after = scene.magento.requests()["counts"]
    assert ({name: count for name, count in after.items() if name.startswith("POST")}
            == {name: count for name, count in before.items() if name.startswith("POST")})
    done = scene.amsync.command("prefs", "set", "publishing=on")
    assert "brings over 1 order." in done.stdout
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(5))
    scene.settle()
    assert not scene.is_shown(unpaid)


def test_a_shipment_may_wait_for_its_invoice(scene, prefs, customer):
    erp = scene.acumatica
    prefs("shipment_trigger=invoice_release")
    order = erp.create_order(LINES, customer=customer)
    erp.pay(order)
    shipment = erp.create_shipment(order)
    erp.confirm_shipment(shipment, ["1Z1"])
    scene.wait_for_message(order, "no released invoice names it")
    assert scene.shown(order)["shipments"] == []
    erp.release_invoice(erp.prepare_invoice(shipment))
    scene.settle()
    shown = scene.shown(order)
    assert shown["state"] == "complete"
    assert [track["track_number"] for track in shown["shipments"][0]["tracks"]] == ["1Z1"]


def test_setting_the_shipment_trigger_back_frees_the_shipments(scene, prefs, customer):
    erp = scene.acumatica
    prefs("shipment_trigger=invoice_release")
    order = erp.create_order(LINES, customer=customer)
    erp.pay(order)
    erp.confirm_shipment(erp.create_shipment(order))
    scene.wait_for_message(order, "no released invoice names it")
    prefs("shipment_trigger=confirmation")
    wait_until(lambda: scene.shown(order)["shipments"], lambda: scene.tail(5))
    scene.settle()


def test_numbers_of_an_own_sequence(scene, prefs, customer):
    erp = scene.acumatica
    prefs("numbering=sequence", "increment_prefix=SEQ")
    orders = [erp.create_order(LINES, customer=customer) for _ in range(3)]
    for order in orders:
        erp.pay(order)
    scene.settle()
    numbers = [scene.shown(order)["increment_id"] for order in orders]
    assert len(set(numbers)) == 3
    assert not any(number.startswith("ACU-") for number in numbers)
    assert [scene.amsync.order(number)["order_nbr"] for number in numbers] == [
        order.number for order in orders]
    scene.amsync.command("sync", orders[0].number)
    assert len(scene.magento.orders(increment_id=numbers[0])) == 1


def test_a_mapping_frees_exactly_the_orders_that_wait_for_it(scene, customer):
    erp = scene.acumatica
    orders = {via: [erp.create_order(LINES, customer=customer, ship_via=via) for _ in range(3)]
              for via in ("FREED", "STUCK")}
    for order in itertools.chain(*orders.values()):
        erp.pay(order)
    for order in itertools.chain(*orders.values()):
        text = scene.wait_for_message(order, "has no shipping mapping")
        assert text == (
            f"{order.number} waits for you: ship via {order.ship_via} has no shipping mapping. "
            f"Add: amsync map shipping set {order.ship_via} METHOD")
    scene.settle()
    listed = {one["from"]: one for one in
              scene.amsync.command("map", "shipping", "list", "--json").json()}
    assert (listed["FREED"]["to"], listed["FREED"]["orders"]) == (None, 3)
    assert "(no mapping)" in scene.amsync.command("map", "shipping", "list").stdout
    looked_at = scene.value("SELECT max(id) FROM amsync.connector_log")
    scene.amsync.command("map", "shipping", "set", "freed", "flatrate_flatrate",
                         "--title", "Freed & fast", "--carrier", "ups")
    wait_until(lambda: all(map(scene.is_shown, orders["FREED"])), lambda: scene.tail(8), 10)
    scene.settle()
    shown = scene.shown(orders["FREED"][0])
    assert shown["shipping_description"] == "Freed & fast"
    assert not any(map(scene.is_shown, orders["STUCK"]))
    touched = scene.rows("SELECT DISTINCT order_nbr FROM amsync.connector_log WHERE id > %s",
                         [looked_at])
    assert {number for number, in touched} == {order.number for order in orders["FREED"]}


def test_the_default_mapping_holds_for_all_without_one(scene, customer):
    erp = scene.acumatica
    order = erp.create_order(LINES, customer=customer, payment_method="WIRE")
    erp.pay(order)
    scene.wait_for_message(order, "payment method WIRE has no payment mapping")
    scene.amsync.command("map", "payment", "set", "*", "purchaseorder")
    wait_until(lambda: scene.is_shown(order), lambda: scene.tail(5), 10)
    scene.settle()
    assert scene.shown(order)["payment"]["method"] == "purchaseorder"
    scene.amsync.command("map", "payment", "unset", "*")
    assert scene.amsync.command("map", "payment", "unset", "*", exit_code=1).stderr


def test_a_warehouse_mapping_names_the_source(scene, customer):
    erp = scene.acumatica
    scene.magento.set(sources=["default", "east"])
    scene.amsync.command("map", "warehouse", "set", "MAIN", "east")
    order = erp.create_order(LINES, customer=customer)
    erp.pay(order)
    erp.confirm_shipment(erp.create_shipment(order))
    scene.settle()
    (ship,) = [one for one in scene.magento.requests()["last"] if one["target"].endswith(
        f"/order/{scene.shown(order)['entity_id']}/ship")]
    scene.amsync.command("map", "warehouse", "unset", "MAIN")
    assert '"source_code":"east"' in ship["body"].replace(" ", "")
    listed = scene.amsync.command("map", "warehouse", "list", "--json").json()
    assert [one["from"] for one in listed if one["to"] is None] == ["MAIN"]


def test_above_twenty_orders_a_change_asks(scene, customer):
    erp = scene.acumatica
    orders = [erp.create_order(LINES, customer=customer) for _ in range(21)]
    scene.settle()
    asked = scene.amsync.command("customer", "enable", customer.id, exit_code=1)
    assert "21 orders" in asked.stderr and "--yes" in asked.stderr
    asked = scene.amsync.command("prefs", "set", "condition.unpaid_balance_zero=off",
                                 "condition.shipment_confirmed=off",
                                 "condition.customer_enabled=off", exit_code=1)
    assert "nothing changed" in asked.stderr
    assert scene.amsync.command("prefs", "get", "--json").json()[
        "condition.customer_enabled"] == "on"
    listed = scene.amsync.command("customer", "list", "--json").json()
    assert customer.id not in [one["customer_id"] for one in listed]
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.rules_change") == 0,
               "no change being left, as there would be had one been made")
    assert not any(map(scene.is_shown, orders))
    done = scene.amsync.command("customer", "enable", "--yes", customer.id)
    assert "brings over 21 orders" in done.stdout
    wait_until(lambda: all(map(scene.is_shown, orders)), lambda: scene.tail(5))
    scene.settle()


@pytest.mark.parametrize("order, change, message", [
    ({"bill_to": NOWHERE, "ship_to": NOWHERE}, ["prefs", "set", "fallback_email=shop@example.com"], "e-mail address"),
    ({"ship_via": "LATE"}, ["map", "shipping", "set", "LATE", "flatrate_flatrate"],
     "ship via LATE has no shipping mapping"),
    ({"payment_method": "LATER"}, ["map", "payment", "set", "LATER", "checkmo"],
     "payment method LATER has no payment mapping"),
])
def test_what_orders_wait_for_brings_them_over_too(scene, customer, order, change, message):
    erp = scene.acumatica
    if "bill_to" in order:
        customer = Customer(id=customer.id, email=None)
    orders = [erp.create_order(LINES, customer=customer, **order) for _ in range(21)]
    other = "payment_method" if "ship_via" in order else "ship_via"
    both = erp.create_order(LINES, customer=customer, **{other: "NEVER"}, **order)
    unpaid = erp.create_order(LINES, customer=customer, **order)
    for one in [*orders, both]:
        erp.pay(one)
    scene.wait_for_message(orders[-1], message)
    scene.wait_for_message(both, "NEVER has no")
    scene.settle()
    version = scene.value("SELECT version FROM amsync.rules_version")
    asked = scene.amsync.command(*change, exit_code=1)
    assert "nothing changed: it would bring over 21 orders; confirm with --yes" in asked.stderr
    assert scene.value("SELECT version FROM amsync.rules_version") == version
    assert "It brings over 21 orders." in scene.amsync.command(*change, "--yes").stdout
    wait_until(lambda: all(map(scene.is_shown, orders)), lambda: scene.tail(5))
    scene.settle()
    assert not scene.is_shown(both) and not scene.is_shown(unpaid)
    if change[0] == "map":
        scene.amsync.command("map", change[1], "unset", change[3])
    else:
        scene.amsync.command("prefs", "set", "fallback_email=")


@pytest.mark.parametrize("publishing", ["observe", "paused"])
def test_a_change_brings_over_nothing_while_nothing_is_published(scene, prefs, publishing):
    prefs(f"publishing={publishing}")
    done = scene.amsync.command("prefs", "set", "order_types=SO")
    assert done.stdout == f"Set. It brings over nothing while publishing is {publishing}.\n"
    done = scene.amsync.command("map", "shipping", "set", "UPSGROUND", "flatrate_flatrate")
    assert done.stdout == f"Done. It brings over nothing while publishing is {publishing}.\n"


def test_nothing_is_locked_while_a_person_is_asked(scene, customer):
    """Who takes long to answer holds up nobody, and is not cut off."""
    orders = [scene.acumatica.create_order(LINES, customer=customer) for _ in range(21)]
    scene.settle()
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [scene.amsync.program, "customer", "enable", customer.id], stdin=theirs,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(scene.amsync.settings))
    try:
        question = b""
        while not question.endswith(b"[y/N] "):
            more = os.read(asked.stderr.fileno(), 1)
            assert more, question
            question += more
        assert b"brings over 21 orders" in question
        assert scene.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'amsync cli' AND state <> 'idle'") == 0
        os.write(ours, b"y\n")
        out, _ = asked.communicate(timeout=60)
    finally:
        asked.kill()
        asked.wait()
        os.close(ours)
        os.close(theirs)
    assert b"1 customer enabled. That brings over 21 orders." in out
    wait_until(lambda: all(map(scene.is_shown, orders)), lambda: scene.tail(5))
    scene.settle()


def test_of_very_many_orders_the_newest_are_looked_at(amsync, postgres, database):
    amsync.command("migrate")
    amsync.command("map", "payment", "set", "*", "checkmo")
    with postgres.connect(database) as connection:
        connection.execute("INSERT INTO amsync.sales_order (company, order_type, order_nbr, state,"
                           " customer_id) SELECT 'MyStore', 'SO', n::text, 'skipped', 'C1'"
                           " FROM generate_series(1, 21500) AS n")
    asked = amsync.command("prefs", "set", "order_types=SO,IN", exit_code=1)
    assert ("nothing changed: it would bring over at least 0 orders, and there are more than can be "
            "looked at; confirm with --yes") in asked.stderr
    done = amsync.command("customer", "enable", "--json", "--yes", "C1").json()
    assert done == {"customers": 1, "orders": 0, "at_least": True}
    # Of one who has no orders all are known.
    done = amsync.command("customer", "enable", "--json", "C2", "C3").json()
    assert done == {"customers": 2, "orders": 0, "at_least": False}


@pytest.mark.parametrize("assignment", [
    "no_such_key=1", "condition.match=some", "publishing", "orders_from=2025-02-30",
    "increment_prefix=a b", "condition.customer_enabled=yes", "fallback_email=nobody"])
def test_a_preference_that_means_nothing_is_refused(scene, assignment):
    before = scene.amsync.command("prefs", "get").stdout
    refused = scene.amsync.command("prefs", "set", "order_types=XX", assignment, exit_code=2)
    assert len(refused.stderr.strip().splitlines()) == 1
    assert scene.amsync.command("prefs", "get").stdout == before


def test_two_tenants_with_prefixes_of_their_own(new_scene):
    scene = new_scene(AMSYNC_COMPANIES="MyStore,Second").start()
    second = scene.acumatica_of("Second")
    scene.amsync.command("prefs", "set", "--company", "Second", "increment_prefix=TWO")
    orders = [erp.create_order(LINES) for erp in (scene.acumatica, second)]
    assert orders[0].number == orders[1].number
    for erp, order in zip((scene.acumatica, second), orders):
        erp.pay(order)
    scene.settle()
    assert sorted(one["increment_id"] for one in scene.magento.orders()) == [
        "ACU-SO-SO005555", "TWO-SO-SO005555"]
    assert scene.amsync.command("order", "SO005555", exit_code=None).exit_code in (1, 2)
    one = scene.amsync.order("SO005555", "--company", "Second")
    assert one["magento"]["increment_id"] == "TWO-SO-SO005555"
