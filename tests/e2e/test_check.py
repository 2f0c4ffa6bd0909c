"""amsync check: each thing that is wrong is named, with what to do, and nothing is changed."""

import re

import pytest

from support.process import free_port
from support.waiting import wait_until

ACTIONS = "Sales > Operations > Orders > Actions > "
RIGHTS = {
    "Magento_Backend::store": "Stores > Settings > All Stores",
    "Magento_Sales::actions_view": ACTIONS + "View",
    "Magento_Sales::shipment": "Sales > Operations > Shipments",
    "Magento_Sales::sales_invoice": "Sales > Operations > Invoices",
    "Magento_Catalog::products": "Products > Inventory > Catalog",
    "Magento_Sales::create": ACTIONS + "Create",
    "Magento_Sales::ship": ACTIONS + "Ship",
    "Magento_Sales::invoice": ACTIONS + "Invoice",
    "Magento_Sales::comment": ACTIONS + "Comment",
    "Magento_Sales::hold": ACTIONS + "Hold",
    "Magento_Sales::unhold": ACTIONS + "Unhold",
    "Magento_Sales::cancel": ACTIONS + "Cancel",
}


@pytest.fixture(scope="module")
def checked(scene):
    """The running service, which has met its Magento, with limits as they should be."""
    scene.amsync.settings.update({"AMSYNC_MAGENTO_TIMEOUT_MS": "30000",
                                  "AMSYNC_MAGENTO_QUIET_MS": "120000"})
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.magento") == 1, "the shop's identity")
    return scene


def check(scene, exit_code=1, settings=None):
    return scene.amsync.command("check", "--json", exit_code=exit_code, settings=settings).json()


def wrong(report):
    return [finding for finding in report["checks"] if not finding["ok"]]


def only_wrong(report):
    found = wrong(report)
    assert len(found) == 1, found
    return found[0]


def test_all_that_amsync_needs_is_found_well_and_nothing_is_changed(checked):
    before = checked.magento.requests()["counts"]
    report = check(checked, 0)
    assert wrong(report) == []
    assert report["ok"] and report["next"] == "nothing, all is fine"
    assert sorted({finding["check"] for finding in report["checks"]}) == [
        "arrivals", "clock", "database", "durability", "limits", "login", "mappings", "numbers", "orders",
        "partitions", "publishing", "right", "schema", "secrets", "service", "shop", "store view"]
    assert sum(finding["check"] == "right" for finding in report["checks"]) == len(RIGHTS)
    assert checked.magento.orders() == []
    made = {name for name in checked.magento.requests()["counts"] if name not in before}
    assert not any(name.startswith("POST") and name.endswith(" 200") for name in made)


def test_what_is_not_durable(checked, postgres):
    with postgres.connect(checked.database) as connection:
        def is_set(value):
            return checked.value("SELECT current_setting('full_page_writes')") == value
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
        try:
            wait_until(lambda: is_set("off"), "full_page_writes being off")
            found = only_wrong(check(checked))
        finally:
            connection.execute("ALTER SYSTEM RESET full_page_writes")
            connection.execute("SELECT pg_reload_conf()")
        wait_until(lambda: is_set("on"), "full_page_writes being on")
    assert found["check"] == "durability"
    assert found["next"] == "set full_page_writes = on in postgresql.conf"


@pytest.mark.parametrize("resource", RIGHTS)
def test_a_missing_right_is_named_as_magentos_screen_calls_it(checked, resource):
    checked.magento.set(without=[resource])
    try:
        found = only_wrong(check(checked))
    finally:
        checked.magento.set(without=[])
    assert found["check"] == "right"
    assert found["message"].startswith(RIGHTS[resource] + " is missing")
    assert resource in found["message"]
    assert found["next"] == ("in Magento, System > Extensions > Integrations > Edit > API, tick "
                             f"{RIGHTS[resource]} and save")


@pytest.mark.parametrize("fault, message, to_do", [
    ({"action": "maintenance"}, "Magento answered 503 (maintenance)",
     "amsync check again in a while"),
    ({"action": "redirect", "location": "https://www.shop.example/rest/default/V1/orders"},
     "Magento answered 302 and names https://www.shop.example/",
     "set AMSYNC_MAGENTO_URL to that URL, without what begins with /rest"),
])
def test_a_magento_that_answers_nothing_is_one_line(checked, fault, message, to_do):
    checked.magento.fault(fault)
    try:
        report = check(checked)
    finally:
        checked.magento.heal()
    found = only_wrong(report)
    assert found["check"] == "Magento" and found["message"].startswith(message)
    assert found["next"] == to_do
    assert not any(finding["check"] in ("login", "right") for finding in report["checks"])


def test_a_refused_login_is_one_line(checked):
    found = only_wrong(check(checked, settings={"AMSYNC_MAGENTO_TOKEN": "another"}))
    assert found["check"] == "login"
    assert "AMSYNC_MAGENTO_TOKEN" in found["next"] and "standalone Bearer tokens" in found["next"]
    checked.magento.set(bearer=False)
    try:
        assert only_wrong(check(checked))["check"] == "login"
    finally:
        checked.magento.set(bearer=True)


def test_what_cannot_be_reached(checked):
    url = f"http://127.0.0.1:{free_port()}"
    found = wrong(check(checked, 3, {"AMSYNC_MAGENTO_URL": url}))
    assert [finding["check"] for finding in found] == ["shop", "Magento"]
    found = wrong(check(checked, 3, {
        "AMSYNC_DATABASE_URL": f"host=127.0.0.1 port={free_port()} dbname=amsync"}))
    assert [finding["check"] for finding in found] == ["database"]


def test_another_store_view(checked):
    found = wrong(check(checked, settings={"AMSYNC_MAGENTO_STORE": "gone"}))
    assert found[0]["check"] == "shop" and "AMSYNC_MAGENTO_STORE" in found[0]["next"]


def test_limits_that_are_too_short(checked):
    found = only_wrong(check(checked, settings={"AMSYNC_MAGENTO_QUIET_MS": "31000"}))
    assert found["check"] == "limits" and "max_execution_time" in found["next"]
    checked.magento.set(delay_ms=700)
    try:
        found = only_wrong(check(checked, settings={"AMSYNC_MAGENTO_TIMEOUT_MS": "1200"}))
    finally:
        checked.magento.set(delay_ms=0)
    assert found["next"] == "raise AMSYNC_MAGENTO_TIMEOUT_MS"


def test_a_paused_service(checked):
    checked.amsync.command("prefs", "set", "publishing=paused")
    try:
        found = only_wrong(check(checked))
    finally:
        checked.amsync.command("prefs", "set", "--yes", "publishing=on")
    assert found["next"] == "amsync prefs set publishing=on"


def test_tenants_with_the_same_prefix(checked):
    both = {"AMSYNC_COMPANIES": "MyStore,Other"}
    found = only_wrong(check(checked, settings=both))
    assert found["next"] == "amsync prefs set --company Other increment_prefix=PREFIX"
    checked.amsync.command("prefs", "set", "--company", "Other", "increment_prefix=OTH")
    assert wrong(check(checked, 0, both)) == []


def test_values_without_a_mapping(checked):
    order = checked.acumatica.create_order([("AALEGO500", 1, "10.00")], ship_via="PIGEON POST", paid=10)
    left_out = checked.acumatica.create_order([("AALEGO500", 1, "10.00")], ship_via="PIGEON POST")
    settled = checked.acumatica.create_order([("AALEGO500", 1, "10.00")], ship_via="PIGEON POST", paid=10)
    for one in (order, settled):
        checked.amsync.wait_for_order(one.number, "waiting")
    checked.amsync.wait_for_order(left_out.number, "skipped")
    checked.amsync.command("resolve", settled.number, "--as", "ignored", "--note", "test")
    checked.amsync.wait_for_order(settled.number, "skipped")
    checked.settle()
    found = only_wrong(check(checked))
    assert found["message"] == ("ship via PIGEON POST has no shipping mapping, and 1 order that is new or waits "
                                "has it")
    assert found["next"] == "amsync map shipping set 'PIGEON POST' METHOD"
    checked.amsync.command("map", "shipping", "set", order.ship_via, "flatrate_flatrate")
    assert wrong(check(checked, 0)) == []


def test_people_read_a_line_each_and_what_to_do_first(checked):
    checked.magento.set(without=["Magento_Sales::ship"])
    try:
        lines = checked.amsync.command("check", exit_code=1).stdout.splitlines()
    finally:
        checked.magento.set(without=[])
    assert any(line.startswith("ok     schema") for line in lines)
    assert any(line.startswith(f"WRONG  right       {ACTIONS}Ship is missing") for line in lines)
    assert any(re.search("amsync serve is (running|starting): 0.1.0 on", line) for line in lines)
    assert lines[-1].startswith("Next: ")


@pytest.mark.parametrize("settings, part", [
    ({"AMSYNC_WEBHOOK_SECRET": "short"}, "fewer than 16 characters"),
    ({"AMSYNC_WEBHOOK_SECRET_PREVIOUS": "a-secret-of-the-tests"}, "is the same as the one in force"),
])
def test_secrets_that_are_none(checked, settings, part):
    found = only_wrong(check(checked, settings=settings))
    assert found["check"] == "secrets" and part in found["message"]


def test_what_was_refused(checked):
    checked.acumatica.create_order([("AALEGO500", 1, "10.00")])
    checked.settle()
    erp = checked.acumatica_of("SomebodyElse")
    erp.create_order([("AALEGO500", 1, "10.00")])
    wait_until(lambda: checked.value("SELECT coalesce(sum(requests), 0) FROM amsync.refusal_count") == 5,
               "five refusals being counted")
    found = only_wrong(check(checked))
    assert found["check"] == "refused" and 'CompanyId "SomebodyElse"' in found["message"]
    assert found["message"].startswith("5 refused with 403 in the last two days")
    assert found["message"].endswith("where upper and lower case count")
    assert found["next"] == ("add the CompanyId to AMSYNC_COMPANIES, if it is yours, and restart amsync serve, "
                             "then press Send All on Process Push Notifications (SM502000)")
    # Later something came, and it is a while ago.
    checked.rows("UPDATE amsync.refusal_count SET last_at = last_at - interval '1 hour',"
                 " minute = minute - interval '1 hour' RETURNING minute")
    checked.rows("UPDATE amsync.connector_log SET at = clock_timestamp() WHERE action = 'receive'"
                 " RETURNING id")
    assert any(finding["check"] == "refused" for finding in check(checked, None)["checks"])
    assert [finding for finding in wrong(check(checked, None)) if finding["check"] == "refused"] == []
    checked.rows("DELETE FROM amsync.refusal_count RETURNING minute")


def test_when_nothing_was_accepted_and_what_waits_too_long(checked):
    with checked.postgres.connect(checked.database) as connection:
        connection.execute("INSERT INTO amsync.accepting_gap VALUES"
                           " (now() - interval '3 hours', now() - interval '2 hours')")
        connection.execute(
            "INSERT INTO amsync.heartbeat (instance, host, program, started_at, beat_at) VALUES"
            " (gen_random_uuid(), 'other', '0.1.0', now() - interval '1 hour', NULL)")
        found = wrong(check(checked))
        assert [finding["check"] for finding in found] == ["service"]
        assert "0.1.0 on other is running, but does not accept" in found[0]["message"]
        (gap,) = [finding for finding in check(checked)["checks"] if finding["check"] == "accepting"]
        assert "press Send All on Process Push Notifications (SM502000) before" in gap["message"]
        connection.execute("DELETE FROM amsync.heartbeat WHERE host = 'other'")
        connection.execute("DELETE FROM amsync.accepting_gap")


def test_notifications_that_are_not_taken_in(new_scene):
    scene = new_scene().start()
    scene.acumatica.create_order([("AALEGO500", 1, "10.00")])
    scene.settle()
    scene.amsync.stop()
    scene.amsync.command("replay", "--since", "1h")
    scene.rows("UPDATE amsync.intake_queue SET queued_at = queued_at - interval '5 minutes'"
               " RETURNING id")
    report = check(scene)
    found = {finding["check"]: finding for finding in wrong(report)}
    assert list(found) == ["service", "arrivals", "limits"]
    assert found["service"]["message"] == "amsync serve is not running"
    assert found["arrivals"]["message"] == "1 notification is stored and not taken in, the oldest for 5 min"
    assert found["service"]["next"] == found["arrivals"]["next"] == report["next"] == "start amsync serve"


def test_notifications_that_cannot_be_taken_in(new_scene):
    scene = new_scene().start()
    scene.acumatica.create_order([("AALEGO500", 1, "10.00")])
    scene.settle()
    scene.amsync.stop()
    ((suspect,),) = scene.rows(
        "INSERT INTO amsync.intake_queue (id, received_on, dedup, attempts, due_at)"
        " SELECT id, received_on, dedup, 3, now() + interval '5 min' FROM amsync.notification"
        " LIMIT 1 RETURNING id")
    scene.rows("INSERT INTO amsync.connector_log (entity, action, status, message) VALUES"
               " ('notification', 'receive', 'failed', 'notification 77 cannot be taken in: no'),"
               " ('notification', 'receive', 'failed', 'AMSync-Orders has no column OrderNbr')"
               " RETURNING id")
    report = check(scene)
    found = [finding for finding in wrong(report) if finding["check"] == "arrivals"]
    assert len(found) == 2
    assert found[1]["message"] == "AMSync-Orders has no column OrderNbr"
    assert re.fullmatch(rf"notification {suspect} could not be taken in, 2 times alone; it is tried "
                        r"again at (....-..-.. )?..:.. UTC", found[0]["message"]), found
    assert "amsync log --entity notification" in found[0]["next"]
    failed = [finding["message"] for finding in report["checks"]
              if finding["message"].startswith("failed in the last two days: ")]
    assert failed == [
        "failed in the last two days: notification 77 cannot be taken in: no; once that is mended, "
        "unless it was done: amsync replay --notification 77"]


def test_an_answer_that_takes_too_long_keeps_nothing_else_from_being_looked_at(new_scene):
    """It is not called unreachable: 3 would send people to look for a database that is there."""
    scene = new_scene().start()
    scene.amsync.command("prefs", "set", "publishing=observe")
    with scene.postgres.connect(scene.database) as connection:
        connection.execute(
            "CREATE FUNCTION amsync.time_out() RETURNS text LANGUAGE plpgsql AS"
            " $$BEGIN RAISE 'too long' USING ERRCODE = '57014'; END$$")
        connection.execute("ALTER TABLE amsync.customer RENAME TO customer_behind")
        connection.execute("CREATE VIEW amsync.customer AS SELECT 'default' AS shop,"
                           " amsync.time_out() AS company, customer_id, enabled, changed_at"
                           " FROM (VALUES ('C1', true, now())) AS c (customer_id, enabled, changed_at)")
    report = check(scene, settings={"AMSYNC_MAGENTO_TIMEOUT_MS": "30000",
                                    "AMSYNC_MAGENTO_QUIET_MS": "120000"})
    found = wrong(report)
    assert {finding["check"] for finding in found} == {"tenants"}, found
    assert all("took longer than its time-out" in finding["message"]
               and "pg_stat_activity" in finding["next"] for finding in found)
    checks = {finding["check"]: finding["message"] for finding in report["checks"]}
    assert checks["publishing"].startswith("orders of MyStore are decided and logged only")
    assert {"numbers", "mappings", "arrivals", "orders"} <= set(checks)
    with scene.postgres.connect(scene.database) as connection:
        connection.execute("DROP VIEW amsync.customer")
        connection.execute("ALTER TABLE amsync.customer_behind RENAME TO customer")


def test_orders_that_failed_or_wait_are_counted_by_reason(checked):
    checked.magento.fault({"method": "POST", "path": "/V1/orders", "action": "status",
                           "status": 400, "message": "Not today."})
    failed = checked.acumatica.create_order([("AALEGO500", 1, "10.00")], paid=10)
    checked.amsync.wait_for_order(failed.number, "failed")
    checked.magento.heal()
    held = checked.acumatica.create_order([("AALEGO500", 1, "10.00")], paid=10, hold=True,
                                          status="On Hold")
    checked.amsync.wait_for_order(held.number, "waiting")
    report = check(checked)
    assert only_wrong(report)["next"] == (
        "do what amsync log --status failed says, then amsync retry --failed")
    texts = [finding["message"] for finding in report["checks"] if finding["check"] == "orders"]
    assert any(f"such as {failed.number}: " in text and "Not today." in text for text in texts), texts
    assert any(f"1 waits, such as {held.number}: " in text for text in texts), texts
    checked.amsync.command("retry", "--failed")
    checked.amsync.wait_for_order(failed.number, "published")
    report = check(checked, 0)
    assert wrong(report) == []
    assert report["next"] == "amsync log --status waiting says what they wait for"
    checked.amsync.command("prefs", "set", "publishing=observe")
    report = check(checked, 0)
    checked.amsync.command("prefs", "set", "publishing=on")
    assert wrong(report) == []
    assert report["next"] == "once amsync log reads as you expect, amsync prefs set publishing=on"


def test_before_the_schema_is_made(amsync):
    report = amsync.command("check", "--json", exit_code=1).json()
    assert report["next"] == "amsync migrate"
    report = amsync.command("check", "--json", exit_code=1, settings={"AMSYNC_WEBHOOK_SECRET": "short"}).json()
    assert wrong(report)[0]["check"] == "secrets" and report["next"] == "amsync migrate"


def test_before_the_first_start_and_after_it(new_scene):
    scene = new_scene()
    settings = {"AMSYNC_MAGENTO_TIMEOUT_MS": "30000", "AMSYNC_MAGENTO_QUIET_MS": "120000"}
    scene.amsync.command("migrate")
    report = check(scene, None, settings)
    assert [finding for finding in wrong(report) if finding["check"] == "service"] == []
    scene.start()
    scene.acumatica.create_order([("AALEGO500", 1, "10.00")], paid=10)
    scene.settle()
    assert wrong(check(scene, 0, settings)) == []
    scene.amsync.stop()
    scene.rows("UPDATE amsync.heartbeat SET beat_at = now() - interval '1 hour' RETURNING host")
    report = check(scene, 1, settings)
    assert [finding["check"] for finding in wrong(report)] == ["service", "accepting"]
    assert {finding["next"] for finding in wrong(report)} == {"start amsync serve"}
    assert report["next"] == "start amsync serve"
    # It would not start.
    report = check(scene, 1, {**settings, "AMSYNC_MAGENTO_STORE": "gone"})
    assert [finding["check"] for finding in wrong(report)] == ["service", "shop", "accepting", "store view"]
    assert wrong(report)[-1]["message"] == "Magento has no store view gone (AMSYNC_MAGENTO_STORE)"
    assert report["next"].startswith("correct AMSYNC_MAGENTO_URL and AMSYNC_MAGENTO_STORE")


def test_the_most_important_is_said_last(checked):
    order = checked.acumatica.create_order([("AALEGO500", 1, "10.00")], payment_method="SHELLS", paid=10)
    checked.amsync.wait_for_order(order.number, "waiting")
    url = f"http://127.0.0.1:{free_port()}"
    report = check(checked, 3, {"AMSYNC_MAGENTO_URL": url})
    assert [finding["check"] for finding in wrong(report)] == ["shop", "mappings", "Magento"]
    assert "AMSYNC_MAGENTO_URL" in report["next"]
    checked.magento.fault({"action": "maintenance"})
    try:
        report = check(checked)
    finally:
        checked.magento.heal()
    assert [finding["check"] for finding in wrong(report)] == ["mappings", "Magento"]
    assert report["next"] == "amsync check again in a while"
    checked.amsync.command("resolve", order.number, "--as", "ignored", "--note", "test")
    checked.amsync.wait_for_order(order.number, "skipped")


def test_a_refusal_is_over_once_what_it_names_is_accepted(new_scene):
    scene = new_scene().start()
    lines = [("AALEGO500", 1, "10.00")]

    def refused():
        return {finding["message"][:18]: finding["ok"] for finding in check(scene)["checks"]
                if finding["check"] == "refused"}
    scene.acumatica_of("SecondStore").create_order(lines)
    wait_until(lambda: scene.value("SELECT coalesce(sum(requests), 0) FROM amsync.refusal_count") == 5,
               "five refusals being counted")
    log = scene.amsync.command("log", "--status", "refused").stdout
    assert "Next: add the CompanyId to AMSYNC_COMPANIES, if it is yours, and restart amsync serve" in log
    scene.acumatica.create_order(lines)
    scene.settle()
    assert refused() == {"5 refused with 403": False}
    scene.rows("INSERT INTO amsync.refusal_count VALUES (date_trunc('minute', now()), 'notification', 400,"
               " 1, clock_timestamp(), 'Query \"Mine\" is in none of AMSYNC_QUERY_ORDERS and so on')"
               " RETURNING minute")
    assert refused() == {"5 refused with 403": False, "1 refused with 400": False}
    scene.amsync.stop()
    scene.amsync.settings["AMSYNC_COMPANIES"] += ",SecondStore"
    scene.amsync.start()
    scene.acumatica_of("SecondStore").create_order(lines)
    scene.settle()
    assert refused() == {"5 refused with 403": True, "1 refused with 400": False}
    scene.rows("UPDATE amsync.notification SET query = 'Mine' RETURNING id")
    assert refused() == {"5 refused with 403": True, "1 refused with 400": True}


def test_rows_that_cannot_be_used_are_wrong_until_the_inquiry_is_mended(new_scene):
    scene = new_scene().start()

    def found():
        return [(finding["ok"], finding["message"]) for finding in check(scene, None)["checks"]
                if "has no column OrderType" in finding["message"]]
    scene.acumatica.dispatcher.send(
        scene.acumatica.notification_of_rows("orders", [{"OrderNbr": "SO1", "LineNbr": 1}]))
    text = "AMSync-Orders has no column OrderType: 1 row cannot be used. Add the column to the inquiry"
    wait_until(lambda: found() == [(False, text)], found)
    scene.amsync.command("replay", "--since", "1h")
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.connector_log"
                                   " WHERE message LIKE '%%has no column%%'") == 2, "the replay")
    assert found() == [(False, text)]
    scene.acumatica.create_order([("AALEGO500", 1, "10.00")])
    scene.settle()
    assert found() == [(True, "failed in the last two days: " + text)]
