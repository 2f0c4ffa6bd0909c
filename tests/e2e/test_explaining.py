"""amsync order for what never came: what arrived, what was refused, when nothing was accepted."""

import re
from decimal import Decimal

import pytest

from support.push import Destination, Dispatcher
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
TIME = r"[0-9]{2}:[0-9]{2} UTC"


@pytest.fixture
def one(new_scene):
    """A service to which orders SO005555 and on come."""
    scene = new_scene().start()
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.heartbeat WHERE beat_at IS NOT NULL"),
               "the first beat")
    return scene


def explain(scene, *arguments):
    return scene.amsync.command("order", *arguments, exit_code=1).stdout


def explained(scene, *arguments):
    return scene.amsync.command("order", "--json", *arguments, exit_code=1).json()


def refuse(scene, secret="wrong"):
    """Whatever is sent from now on is refused; the destination as it was."""
    right = scene.acumatica.dispatcher.destination
    scene.acumatica.dispatcher.destination = Destination(scene.amsync.url, secret)
    return right


def wait_for_count(scene, requests, status):
    def counted():
        return scene.value("SELECT coalesce(sum(requests), 0) FROM amsync.refusal_count"
                           " WHERE http_status = %s", (status,)) == requests
    wait_until(counted, lambda: f"{requests} counted; there are "
               f"{scene.rows('TABLE amsync.refusal_count')}")


def since_hours(scene, hours):
    """As if all that there is had happened so much earlier."""
    with scene.postgres.connect(scene.database) as connection:
        for table, columns in (("refusal_count", ("minute", "last_at")),
                               ("heartbeat", ("beat_at", "alive_at")),
                               ("connector_log", ("at",))):
            moved = ", ".join(f"{name} = {name} - interval '{hours} hours'" for name in columns)
            connection.execute(f"UPDATE amsync.{table} SET {moved}")


def test_refusals_since_the_last_order_are_counted_and_outlive_a_restart(one):
    first = one.acumatica.create_order(LINES)
    one.settle()
    right = refuse(one)
    lost = one.acumatica.create_order(LINES)
    wait_for_count(one, 5, 401)
    one.amsync.stop()
    one.amsync.start()
    one.acumatica.dispatcher.destination = Destination(one.amsync.url, "another")
    one.acumatica.dispatcher.send_failed_again()
    wait_for_count(one, 10, 401)
    text = explain(one, lost.number)
    assert re.fullmatch(
        f"No notification for {lost.number} has arrived\\.\n"
        rf"Last order notification: {TIME} \({first.number}\)\. Last shipment notification: none yet\. "
        "Last invoice notification: none yet\\.\n"
        f"Since the last order notification 10 refused with 401, last at {TIME}: the secret was wrong "
        "or missing, from 127.0.0.1\\.\n"
        r"Next: If that is Acumatica, give its destination \(SM302000\) the secret of "
        "AMSYNC_WEBHOOK_SECRET\\.\n"
        r"      Look at Process Push Notifications \(SM502000\): Acumatica keeps there for two days "
        "what it could not send, and Send All sends it again\\.\n"
        "      If it is not there, change something in Acumatica and save\\.\n", text), text
    report = explained(one, lost.number)
    assert report["reason"] == " ".join(report["lines"])
    assert report["next"] == " ".join(report["steps"])
    assert report["known"] is False and report["order_nbr"] == lost.number
    assert report["last_notifications"]["order"]["number"] == first.number
    assert report["last_notifications"]["shipment"] is None
    (count,) = report["refused"]["counts"]
    assert (count["http_status"], count["requests"]) == (401, 10)
    assert report["not_accepting"] == [] and report["notification"] is None

    # With the type it is an order's number.
    assert "shipment notification" not in explain(one, "SO", lost.number)
    one.acumatica.dispatcher.destination = right
    one.acumatica.dispatcher.send_failed_again()
    one.amsync.wait_for_order(lost.number, "skipped")
    # What is over is no cause to be mended.
    text = explain(one, "SO000001")
    assert re.search(rf"\({lost.number}\).*\nIn the last two days 10 refused with 401; orders have been "
                     r"accepted since\.\nNext: Look at Process Push Notifications", text), text


def test_each_refused_notification_counts_by_its_reason(one):
    erp = one.acumatica_of("SomebodyElse")
    order = erp.create_order(LINES)
    other = Dispatcher(Destination(one.amsync.url + "/elsewhere", one.amsync.secret))
    assert [other.post(notification).status for notification in erp.dispatcher.failed] == [404]
    wait_for_count(one, 5, 403)
    wait_for_count(one, 1, 404)
    text = explain(one, order.number)
    assert "In the last two days 5 refused with 403, last at" in text
    assert "In the last two days 1 refused with 404, last at" in text
    assert ('CompanyId "SomebodyElse" is not in AMSYNC_COMPANIES, where upper and lower case count.\n'
            in text)
    assert "Next: If that CompanyId is yours, add it to AMSYNC_COMPANIES and start amsync serve anew.\n" in text
    assert "give Acumatica's destination (SM302000) the address https://.../webhooks/acumatica" in text


def test_when_nothing_was_accepted_is_said_in_the_log_and_with_the_order(one):
    one.acumatica.create_order(LINES)
    one.settle()
    one.amsync.kill()
    since_hours(one, 3)
    down = explained(one, "SO000001")
    assert [gap["to"] for gap in down["not_accepting"]] == [None]
    assert "amsync has not been accepting since" in down["reason"]
    assert down["steps"][0] == "Start amsync serve."
    twin = one.amsync.twin()
    one.amsync.launch()
    twin.launch()
    try:
        wait_until(lambda: one.amsync.is_ready() and twin.is_ready(), "both being ready")
        wait_until(lambda: one.value("SELECT count(*) FROM amsync.heartbeat"
                                     " WHERE beat_at > now() - interval '1 minute'") == 2,
                   "both hearts beating")
    finally:
        twin.close()
    (line,) = one.lines("--entity", "service")
    assert re.fullmatch(r"Not accepting from (....-..-.. )?..:.. to ..:.. UTC; press Send All on "
                        r"Process Push Notifications \(SM502000\) before [A-Z][a-z]+day ..:.. UTC",
                        line["message"]), line
    assert line["status"] == "waiting"
    report = explained(one, "SO000001")
    (gap,) = report["not_accepting"]
    assert gap["to"] is not None
    assert re.search(r"amsync was not accepting from .* to ..:.. UTC\.", report["reason"])


def test_a_gap_that_is_over_and_short_is_not_told(one):
    for seconds, told in ((40, False), (180, True)):
        one.rows("INSERT INTO amsync.accepting_gap (began_at, ended_at) VALUES"
                 f" (now() - interval '{3600 + seconds} seconds', now() - interval '1 hour')"
                 " RETURNING 1")
        assert ("amsync was not accepting from" in explain(one, "SO000001")) is told
    assert len(explained(one, "SO000001")["not_accepting"]) == 2


def test_a_short_stop_is_no_gap(one):
    one.amsync.stop()
    one.amsync.start()
    wait_until(lambda: one.value("SELECT count(*) FROM amsync.heartbeat WHERE beat_at > started_at"
                                 " OR stopped_at IS NULL") >= 1, "a beat")
    assert one.lines("--entity", "service") == []


def test_a_service_that_does_not_accept_does_not_say_so(one, postgres):
    """The heart beats on, but not as one that accepts."""
    with postgres.connect(one.database) as connection:
        connection.execute("UPDATE amsync.schema_migration SET sha256 = repeat('0', 64)")
        wait_until(lambda: one.amsync.probe("/readyz") == 503, "not being ready", 60)
        before = one.value("SELECT max(beat_at) FROM amsync.heartbeat")
        alive = one.value("SELECT max(alive_at) FROM amsync.heartbeat")
        wait_until(lambda: one.value("SELECT max(alive_at) FROM amsync.heartbeat") > alive,
                   "the next beat")
        assert one.value("SELECT max(beat_at) FROM amsync.heartbeat") == before


def test_what_is_stored_and_not_taken_in_is_said(one):
    order = one.acumatica.create_order(LINES)
    one.amsync.wait_for_order(order.number, "skipped")
    one.amsync.stop()
    one.rows("DELETE FROM amsync.sales_order RETURNING id")
    one.amsync.command("replay", "--since", "1h")
    text = explain(one, order.number)
    assert re.match(rf"Notification [0-9]+ of {TIME} \(AMSync-Orders\) names {order.number} and is "
                    "stored, but not taken in yet.\nNext: Start amsync serve, which takes it in.\n",
                    text), text
    assert explained(one, order.number)["notification"]["taken_in"] is False


def test_what_intake_said_of_a_transfer_is_said_again(one):
    notification = one.acumatica.notification_of_rows("shipments", [
        {"ShipmentNbr": "000099", "Type": "Transfer", "Status": "Confirmed", "Confirmed": True,
         "OrderType": "", "OrderNbr": "", "LineNbr": 1, "OrderLineNbr": None,
         "InventoryID": "AALEGO500", "ShippedQty": 1}])
    assert one.acumatica.dispatcher.send(notification).accepted
    one.settle()
    text = explain(one, "000099")
    assert re.match(rf"Notification [0-9]+ of {TIME} \(AMSync-Shipments\) names 000099, but no order "
                    "came of it.\nAMSync-Shipments: 1 row skipped", text), text
    report = explained(one, "000099")
    assert report["notification"]["taken_in"] is True
    assert len(report["notification"]["remarks"]) == 1


def test_an_inquiry_without_the_order_number_is_said(one):
    notification = one.acumatica.notification_of_rows("orders", [
        {"OrderType": "SO", "Nbr": "SO007777", "Status": "Open"}])
    assert one.acumatica.dispatcher.send(notification).accepted
    one.settle()
    text = explain(one, "SO007777")
    assert "AMSync-Orders has no column OrderNbr: 1 row cannot be used" in text
    assert "save the document again in Acumatica" in text


# --- orders that have arrived

def test_a_number_is_found_in_lower_case_and_with_another_type_is_named(one):
    order = one.acumatica.create_order(LINES)
    one.settle()
    assert one.state(order)["known"] is True
    shown = one.amsync.command("order", "so", order.number.lower(), "--json").json()
    assert shown["order_nbr"] == order.number
    assert one.amsync.command("order", order.number.lower(), "--json").json() == shown
    assert explain(one, "rm", order.number.lower()) == (
        f"rm {order.number.lower()} is not known, but SO {order.number} is.\n"
        f"Next: amsync order SO {order.number}\n")


def test_what_is_only_observed_says_how_to_let_it_through(one):
    one.amsync.command("prefs", "set", "publishing=observe")
    order = one.acumatica.create_order(LINES, paid=Decimal("127.50"))
    one.wait_for_message(order, "publishing is set to observe")
    one.settle()
    shown = one.state(order)
    assert shown["reason"] == "amsync would publish it now, but publishing is set to observe"
    assert shown["next"] == "amsync prefs set publishing=on"


def test_an_order_that_magento_has_lost_says_what_to_do(one):
    order = one.acumatica.create_order(LINES, paid=Decimal("127.50"))
    one.amsync.wait_for_order(order.number, "published")
    one.magento.reset()
    one.acumatica.confirm_shipment(one.acumatica.create_shipment(order))
    one.wait_for_message(order, "Magento no longer has order")
    one.settle()
    assert one.state(order)["next"].startswith(
        f"find out who deleted it, then amsync resolve {order.number} --as done --note TEXT")


def test_a_shipment_that_came_before_its_order_says_what_to_do(one):
    one.acumatica.deliver_at_once = False
    order = one.acumatica.create_order(LINES)
    one.acumatica.outbox.clear()
    one.acumatica.confirm_shipment(one.acumatica.create_shipment(order))
    one.acumatica.outbox[:] = [sent for sent in one.acumatica.outbox if sent.kind == "shipments"]
    one.acumatica.deliver()
    one.wait_for_message(order, "no notification for its order")
    one.settle()
    assert one.state(order)["next"] == (
        f"save order {order.number} in Acumatica, or check the inquiry of its push notification")


def test_while_nothing_goes_to_magento_an_order_says_why(one):
    one.magento.set(maintenance=True)
    order = one.acumatica.create_order(LINES, paid=Decimal("127.50"))
    wait_until(lambda: one.lines("--entity", "service"), "a line about the service", 60)
    assert re.fullmatch("nothing goes to Magento at present: .*503.*; amsync check says what to do",
                        one.state(order)["next"])


def test_a_token_that_is_not_accepted_is_not_taken_for_a_missing_right(new_scene):
    scene = new_scene(AMSYNC_MAGENTO_TOKEN="no-such-token").start()
    order = scene.acumatica.create_order(LINES, paid=Decimal("127.50"))
    wait_until(lambda: scene.lines("--entity", "service"), "a line about the service", 60)
    (line,) = scene.lines("--entity", "service")
    assert line["message"] == (
        "Nothing goes to Magento for now: Magento does not accept amsync's credentials (401); amsync check "
        "says what to do. Orders wait and go on by themselves")
    wait_until(lambda: scene.amsync.order(order.number)["known"], "the order")
    assert scene.state(order)["next"] == (
        "nothing goes to Magento at present: Magento does not accept amsync's credentials (401); amsync "
        "check says what to do")


def test_a_shipment_that_lacks_a_right_says_where_to_look(one):
    one.magento.set(without=["Magento_Sales::ship"])
    order = one.acumatica.create_order(LINES, paid=Decimal("127.50"))
    one.acumatica.confirm_shipment(one.acumatica.create_shipment(order))
    one.wait_for_message(order, "Magento's integration lacks Magento_Sales::ship")
    assert one.state(order)["state"] == "published"
    assert re.fullmatch("it is looked at in [0-9]+ s; should it stay so, amsync check says what is wrong with "
                        "Magento", one.state(order)["next"])


def test_without_a_service_an_order_that_is_due_says_so(one):
    held = one.acumatica.create_order(LINES, status="On Hold", hold=True)
    paid = one.acumatica.create_order(LINES, paid=Decimal("127.50"))
    one.acumatica.pay(held)
    one.amsync.wait_for_order(held.number, "waiting")
    one.settle()
    one.amsync.stop()
    one.amsync.command("retry", held.number)
    one.amsync.command("sync", paid.number, "--no-wait")
    refused = one.amsync.command("sync", paid.number, exit_code=1)
    assert refused.stderr == "amsync sync: it is queued, but amsync serve is not running: start it\n"
    assert one.state(held)["next"] == (
        "amsync serve is not running: start it. Then: release it from hold in Acumatica")
    assert one.state(paid)["next"] == "amsync serve is not running: start it"


def test_a_return_will_not_be_synced_whatever_the_conditions(one):
    order = one.acumatica.create_order(LINES, type="RM")
    one.wait_for_message(order, f"{order.number} will not be synced: orders of type RM are returns")
    one.settle()
    text = one.amsync.command("order", order.number).stdout
    assert ": will not be synced: orders of type RM are returns" in text
    assert "Conditions" not in text
    shown = one.state(order)
    assert (shown["state"], shown["for_good"], shown["in_scope"]) == ("skipped", True, False)


def test_an_order_shows_its_status_in_acumatica_and_when_it_changed(one):
    order = one.acumatica.create_order(LINES, status="Open")
    one.settle()
    shown = one.state(order)
    assert (shown["acumatica_status"], shown["for_good"], shown["in_scope"]) == ("Open", False, True)
    text = one.amsync.command("order", order.number).stdout
    assert re.search(rf"\nIn Acumatica: Open\nLast updated: {TIME}\n", text), text
    before = shown["updated_at"]
    one.acumatica.hold(order)
    wait_until(lambda: one.state(order)["acumatica_status"] == "On Hold", "the new status")
    assert one.state(order)["updated_at"] > before
