"""The control API: ledger, settings, a person's doings, rights, the schema."""

import json
import pathlib
import subprocess

import pytest

from magento_sim import TOKEN, MagentoSim, build_dir

BASES = json.loads((pathlib.Path(__file__).parent / "exchanges/bases.json").read_text())


@pytest.fixture(scope="module")
def running():
    with MagentoSim() as sim:
        yield sim


@pytest.fixture
def sim(running):
    running.reset()
    running.settings(
        bearer=True, without=[], maintenance=False, strict=False, unknown_products=[], stock={}
    )
    return running


def create(sim, **columns):
    body = {"entity": dict(BASES["full"]["entity"], **columns)}
    status, answer = sim.call("POST", "/rest/default/V1/orders", body)
    assert status == 200, answer
    return answer


def order(sim, order_id):
    return sim.call("GET", f"/rest/default/V1/orders/{order_id}")[1]


def test_the_ledger_tells_what_was_done_in_order(sim):
    made = create(sim, increment_id="ACU-1")
    number = made["entity_id"]
    item = made["items"][0]["item_id"]
    ship = {
        "items": [{"order_item_id": item, "qty": 1}],
        "comment": {"comment": "Shipment 000068", "is_visible_on_front": 0},
        "tracks": [{"track_number": "1Z", "title": "UPS", "carrier_code": "ups"}],
    }
    sim.call("POST", f"/rest/V1/order/{number}/ship", ship)
    sim.call("POST", f"/rest/V1/order/{number}/invoice", {})
    [entry] = sim.ledger(increment_id="ACU-1")
    assert [step["what"] for step in entry["steps"]] == ["create", "ship", "invoice"]
    assert entry["shipments"][0]["comments"][0]["comment"] == "Shipment 000068"
    assert entry["shipments"][0]["tracks"][0]["track_number"] == "1Z"
    assert entry["items"][0]["qty_shipped"] == 1
    assert entry["invoices"][0]["grand_total"] == 45
    assert sim.ledger(increment_id="acu-1") == []


def test_the_ledger_file_holds_every_step(tmp_path):
    path = tmp_path / "ledger"
    with MagentoSim("--ledger", str(path)) as sim:
        create(sim)
        sim.call("POST", "/rest/V1/orders/1/hold")
    steps = [json.loads(line) for line in path.read_text().splitlines()]
    assert [step["what"] for step in steps] == ["create", "hold"]


def test_partial_invoices_add_up_to_the_cent(sim):
    item = {"sku": "A", "name": "A", "qty_ordered": 3}
    amounts = {"price": 33.33, "row_total": 100, "tax_amount": 19, "discount_amount": 10}
    item.update(amounts, **{"base_" + name: value for name, value in amounts.items()})
    totals = {"subtotal": 100, "tax_amount": 19, "shipping_amount": 5, "grand_total": 114}
    totals.update({"base_" + name: value for name, value in totals.items()})
    made = create(sim, items=[item], **totals)
    line = {"order_item_id": made["items"][0]["item_id"], "qty": 1}
    for _ in range(3):
        sim.call("POST", f"/rest/V1/order/{made['entity_id']}/invoice", {"items": [line]})
    [entry] = sim.ledger()
    assert [i["subtotal"] for i in entry["invoices"]] == [33.33, 33.34, 33.33]
    assert [i["shipping_amount"] for i in entry["invoices"]] == [5, 0, 0]
    assert entry["total_paid"] == 114 and entry["total_due"] == 0


def test_a_cancelled_rest_completes_what_was_shipped_and_invoiced(sim):
    made = create(sim)
    number, item = made["entity_id"], made["items"][0]["item_id"]
    lines = {"items": [{"order_item_id": item, "qty": 2}]}
    sim.call("POST", f"/rest/V1/order/{number}/ship", lines)
    sim.call("POST", f"/rest/V1/order/{number}/invoice", lines)
    assert order(sim, number)["state"] == "processing"
    assert sim.call("POST", f"/rest/V1/orders/{number}/cancel") == (200, True)
    after = order(sim, number)
    assert after["state"] == "complete"
    assert [i["qty_canceled"] for i in after["items"]] == [0, 1]


def test_what_a_person_does(sim):
    number = create(sim)["entity_id"]
    sim.by_hand(number, "hold")
    assert order(sim, number)["state"] == "holded"
    refused = sim.request(
        "POST", f"/_sim/orders/{number}/by-hand", json.dumps({"action": "hold"})
    )
    assert refused[0] == 409
    sim.by_hand(number, "unhold")
    sim.by_hand(number, "comment", text="called the customer")
    sim.by_hand(number, "edit", columns={"ext_order_id": "else", "customer_firstname": None})
    sim.by_hand(number, "ship", body={})
    after = order(sim, number)
    assert after["ext_order_id"] == "else" and "customer_firstname" not in after
    assert after["status_histories"][0]["comment"] == "called the customer"
    assert [i["qty_shipped"] for i in after["items"]] == [2, 1]
    assert [step["what"] for step in sim.ledger()[0]["steps"]] == ["create"] + ["by-hand"] * 5
    sim.by_hand(number, "delete")
    assert sim.call("GET", f"/rest/V1/orders/{number}")[0] == 404
    assert sim.ledger() == []


def test_the_same_number_is_refused_in_the_same_store_only(sim):
    create(sim, increment_id="SAME", store_id=1)
    entity = dict(BASES["full"]["entity"], increment_id="same")
    status, answer = sim.call("POST", "/rest/V1/orders", {"entity": entity})
    assert (status, answer["message"]) == (400, "Unique constraint violation found")
    create(sim, increment_id="SAME", store_id=2)


def test_a_shipment_that_is_short_of_one_item_takes_nothing(sim):
    sim.settings(stock={"WIDGET-1": 2, "WIDGET-2": 0})
    made = create(sim)
    ship = f"/rest/V1/order/{made['entity_id']}/ship"
    status, answer = sim.call("POST", ship, {})
    assert (status, answer["message"]) == (
        400,
        "Could not save a shipment, see error log for details",
    )
    first = {"order_item_id": made["items"][0]["item_id"], "qty": 2}
    assert sim.call("POST", ship, {"items": [first]})[0] == 200
    assert [step["what"] for step in sim.ledger()[0]["steps"]] == ["create", "ship"]


def test_columns_hold_less_than_the_answer_echoes(sim):
    made = create(sim, increment_id="N" * 60, ext_order_id="E" * 40, customer_note="\U0001f600")
    assert (made["increment_id"], made["ext_order_id"]) == ("N" * 60, "E" * 40)
    stored = order(sim, made["entity_id"])
    assert (stored["increment_id"], stored["ext_order_id"]) == ("N" * 50, "E" * 32)
    assert stored["customer_note"] == "????"
    entity = dict(BASES["full"]["entity"], increment_id="n" * 55)
    assert sim.call("POST", "/rest/V1/orders", {"entity": entity})[0] == 400


def test_a_create_answers_only_the_fields_that_it_is_asked_for(sim):
    body = {"entity": dict(BASES["full"]["entity"], increment_id="ACU-1")}
    status, made = sim.call("POST", "/rest/V1/orders?fields=entity_id,items[item_id]", body)
    assert status == 200 and set(made) == {"entity_id", "items"}
    assert all(set(item) == {"item_id"} for item in made["items"])
    assert order(sim, made["entity_id"])["increment_id"] == "ACU-1"


def test_names_in_camel_case_are_understood(sim):
    body = {"entity": dict(BASES["full"]["entity"])}
    body["entity"]["customerNote"] = body["entity"].pop("customer_lastname")
    made = sim.call("POST", "/rest/V1/orders", body)[1]
    assert made["customer_note"] == "Lovelace" and "customerNote" not in made


def test_an_order_without_a_store_may_have_the_number_of_another(sim):
    body = {"entity": dict(BASES["full"]["entity"], increment_id="TWICE")}
    del body["entity"]["store_id"]
    assert [sim.call("POST", "/rest/V1/orders", body)[0] for _ in range(2)] == [200, 200]


def test_an_update_finds_the_order_under_its_new_number(sim):
    number = create(sim, increment_id="OLD")["entity_id"]
    update = {"entity": {"entity_id": number, "increment_id": "NEW"}}
    assert sim.call("POST", "/rest/V1/orders", update)[0] == 200
    search = (
        "/rest/V1/orders?searchCriteria[filter_groups][0][filters][0][field]=increment_id"
        "&searchCriteria[filter_groups][0][filters][0][value]={}&fields=total_count"
    )
    counts = [sim.call("GET", search.format(n))[1]["total_count"] for n in ("OLD", "new")]
    assert counts == [0, 1]


def test_bearer_switched_off_from_the_start():
    with MagentoSim("--no-bearer") as other:
        assert other.call("GET", "/rest/V1/store/storeViews")[0] == 401


def test_a_token_of_ones_own():
    with MagentoSim("--token", "mine") as other:
        assert other.call("GET", "/rest/V1/store/storeViews", token="mine")[0] == 200
        assert other.call("GET", "/rest/V1/store/storeViews")[0] == 401


@pytest.mark.parametrize(
    "arguments, status",
    [(["--port", "x"], 2), (["--nonsense"], 2), (["more"], 2), (["--products", "/nonexistent"], 1)],
)
def test_a_wrong_command_line(arguments, status):
    ended = subprocess.run(
        [build_dir() / "tests/sim/magento-sim", *arguments], capture_output=True, timeout=20
    )
    assert ended.returncode == status and ended.stderr


def test_its_usage():
    ended = subprocess.run(
        [build_dir() / "tests/sim/magento-sim", "--help"], capture_output=True, timeout=20
    )
    assert ended.returncode == 0 and not ended.stderr
    assert ended.stdout.startswith(b"usage: magento-sim ")


def test_a_right_taken_away(sim):
    number = create(sim)["entity_id"]
    sim.settings(without=["Magento_Sales::ship"])
    status, answer = sim.call("POST", f"/rest/V1/order/{number}/ship", {})
    assert (status, answer["parameters"]) == (401, {"resources": "Magento_Sales::ship"})
    assert sim.call("GET", f"/rest/V1/orders/{number}")[0] == 200


def test_products_known_and_not(sim):
    sim.settings(unknown_products=["GONE"])
    search = (
        "/rest/V1/products?searchCriteria[filter_groups][0][filters][0][field]=sku"
        "&searchCriteria[filter_groups][0][filters][0][value]=A,GONE,UNKNOWN-1"
        "&searchCriteria[filter_groups][0][filters][0][condition_type]=in"
        "&fields=items[id,sku,type_id]"
    )
    [product] = sim.call("GET", search)[1]["items"]
    assert product["sku"] == "A" and product["type_id"] == "simple" and product["id"] > 0
    assert sim.call("GET", "/rest/V1/products/GONE")[0] == 404
    assert sim.call("GET", "/rest/V1/products/A%2FB%20C?fields=sku")[1] == {"sku": "A/B C"}


def test_countries_have_their_regions(sim):
    country = sim.call("GET", "/rest/V1/directory/countries/US")[1]
    assert {"id": "57", "code": "TX", "name": "Texas"} in country["available_regions"]
    assert sim.call("GET", "/rest/V1/directory/countries/XX")[0] == 404


@pytest.mark.parametrize(
    "path, value",
    [
        ("entity.no_such", 1),
        ("entity.grand_total", "45"),
        ("entity.store_id", 1.5),
        ("entity.items", {"sku": "A"}),
        ("entity.payment.cc_last4", 4242),
        ("no_such", 1),
    ],
)
def test_strict_refuses_what_the_schema_does_not_know(sim, path, value):
    sim.settings(strict=True)
    body = json.loads(json.dumps(BASES["full"]))
    parent = body
    *parents, last = path.split(".")
    for name in parents:
        parent = parent[name]
    parent[last] = value
    status, answer = sim.call("POST", "/rest/V1/orders", body)
    assert status == 400 and path in answer["parameters"][0]
    assert sim.requests()["schema_violations"] == 1
    assert sim.ledger() == []


def test_strict_lets_good_bodies_pass(sim):
    sim.settings(strict=True)
    number = create(sim)["entity_id"]
    assert sim.call("POST", f"/rest/V1/order/{number}/ship", {"notify": False})[0] == 200
    assert sim.requests()["schema_violations"] == 0


def test_requests_are_counted_by_route_and_status(sim):
    create(sim)
    sim.call("GET", "/rest/V1/orders/1")
    sim.call("GET", "/rest/V1/orders/2")
    requests = sim.requests(last=2)
    assert requests["counts"] == {
        "POST /V1/orders 200": 1,
        "GET /V1/orders/:id 200": 1,
        "GET /V1/orders/:id 404": 1,
    }
    assert [r["target"] for r in requests["last"]] == ["/rest/V1/orders/1", "/rest/V1/orders/2"]


def test_a_body_that_is_no_text_is_noted_all_the_same(sim):
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + TOKEN}
    status, _, answer = sim.request("POST", "/rest/V1/orders", b'{"entity": "\xff"}', headers)
    assert (status, json.loads(answer)["message"]) == (400, "Decoding error.")
    [noted] = sim.requests()["last"]
    assert noted["status"] == 400 and "body" not in noted
