"""Each fault does what sim/faults.h says, and leaves the shop as it says."""

import http.client
import json
import pathlib
import socket
import threading
import time

import pytest

from magento_sim import TOKEN, MagentoSim

BASES = json.loads((pathlib.Path(__file__).parent / "exchanges/bases.json").read_text())
ORDER = BASES["full"]
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
DEADLINE_S = 20


@pytest.fixture(scope="module")
def running():
    with MagentoSim() as sim:
        yield sim


@pytest.fixture
def sim(running):
    running.reset()
    running.settings(bearer=True, without=[], maintenance=False, delay_ms=0, strict=False)
    return running


def create(sim, number="A-1"):
    entity = dict(ORDER["entity"], increment_id=number)
    return sim.call("POST", "/rest/default/V1/orders", {"entity": entity})


def poll(condition):
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(
    "action, exception",
    [
        ("drop", http.client.RemoteDisconnected),
        ("reset", ConnectionResetError),
        ("truncate", http.client.IncompleteRead),
    ],
)
def test_broken_connections(sim, action, exception, committed):
    sim.faults({"action": action, "committed": committed, "method": "POST"})
    with pytest.raises(exception):
        create(sim)
    assert len(sim.ledger()) == committed


def test_an_endless_body_never_ends(sim):
    sim.faults({"action": "endless", "committed": True})
    connection = sim.connect()
    connection.request("GET", "/rest/V1/directory/countries")
    answer = connection.getresponse()
    assert answer.status == 200
    assert len(answer.read(1 << 20)) == 1 << 20
    connection.close()
    sim.clear_faults()
    assert create(sim)[0] == 200


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(
    "action, status, content_type",
    [
        ("too_many", 429, "application/json"),
        ("internal_error", 500, "application/json"),
        ("text_error", 500, "text/plain"),
        ("bad_gateway", 502, "text/html"),
        ("maintenance", 503, "text/html"),
        ("unauthorized", 401, "application/json"),
        ("without_id", 200, "application/json"),
        ("redirect", 302, "text/html"),
    ],
)
def test_wrong_answers(sim, action, status, content_type, committed):
    sim.faults({"action": action, "committed": committed, "retry_after": 7})
    answered, headers, body = sim.request(
        "POST",
        "/rest/V1/orders",
        json.dumps(ORDER),
        HEADERS,
    )
    assert answered == status
    assert headers["Content-Type"].startswith(content_type)
    assert len(sim.ledger()) == committed
    if action == "too_many":
        assert headers["Retry-After"] == "7"
    if action == "redirect":
        assert headers["Location"] == sim.url + "/elsewhere/rest/V1/orders"
    if action == "unauthorized":
        assert json.loads(body)["parameters"] == {"resources": "Magento_Sales::create"}
    if action == "internal_error":
        assert "Report ID: webapi-" in json.loads(body)["message"]
    if action == "without_id":
        assert json.loads(body) == {}
    assert sim.requests()["last"][-1]["fault"] == action


def test_a_status_of_ones_own(sim):
    sim.faults({"action": "status", "status": 408, "message": "too slow"})
    assert create(sim) == (408, {"message": "too slow"})
    sim.clear_faults()
    sim.faults({"action": "status", "status": 200, "body": {"entity_id": 7}})
    assert create(sim) == (200, {"entity_id": 7})
    sim.clear_faults()
    sim.faults({"action": "status", "status": 403, "body": "<html>no</html>"})
    answered, headers, body = sim.request("POST", "/rest/V1/orders", json.dumps(ORDER), HEADERS)
    assert (answered, body) == (403, b"<html>no</html>")
    assert headers["Content-Type"].startswith("text/html")


def test_a_late_commit_happens_though_the_client_has_gone(sim):
    sim.faults({"action": "delay", "delay_ms": 300})
    connection = sim.connect(timeout=0.05)
    connection.request(
        "POST",
        "/rest/V1/orders",
        json.dumps(ORDER),
        HEADERS,
    )
    with pytest.raises(socket.timeout):
        connection.getresponse()
    connection.close()
    assert sim.ledger() == []
    assert poll(lambda: len(sim.ledger()) == 1)


def test_a_late_answer_commits_at_once(sim):
    sim.faults({"action": "delay", "delay_ms": 400, "committed": True})
    answers = []
    client = threading.Thread(target=lambda: answers.append(create(sim)))
    client.start()
    assert poll(lambda: len(sim.ledger()) == 1)
    client.join(DEADLINE_S)
    assert answers[0][0] == 200


def test_a_reused_connection_is_closed_without_an_answer(sim):
    sim.faults({"action": "drop", "reused": True})
    connection = sim.connect()
    connection.request("GET", "/rest/V1/directory/countries/US")
    assert connection.getresponse().read()
    connection.request("GET", "/rest/V1/directory/countries/US")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()


def test_which_calls_a_rule_meets(sim):
    sim.faults(
        {"action": "text_error", "method": "POST", "path": "/V1/orders", "nth": 2},
        {"action": "bad_gateway", "regex": "/order/[0-9]+/ship$", "count": 1},
    )
    assert create(sim, "A-1")[0] == 200
    assert sim.request("POST", "/rest/V1/orders", "{}")[0] == 500
    assert create(sim, "A-3")[0] == 200
    ship = "/rest/default/V1/order/1/ship"
    assert sim.request("POST", ship, "{}")[0] == 502
    assert sim.call("POST", ship, {}) == (200, "1")
    matched = [(rule["matched"], rule["hits"]) for rule in sim.control("GET", "faults")]
    assert matched == [(3, 1), (2, 1)]


def test_probability_draws_the_same_for_the_same_seed(sim):
    def draws():
        sim.clear_faults()
        sim.faults({"action": "bad_gateway", "probability": 0.3, "seed": 42})
        return [sim.request("GET", "/rest/V1/store/storeViews")[0] for _ in range(100)]

    first = draws()
    assert first == draws()
    assert 15 < first.count(502) < 45


@pytest.mark.parametrize(
    "rule", [{}, {"action": "nonsense"}, {"action": "drop", "nht": 2}, {"action": "status"},
             {"action": "drop", "regex": "("}]
)
def test_a_rule_that_means_nothing_is_refused(sim, rule):
    status, _, body = sim.request("POST", "/_sim/faults", json.dumps([{"action": "drop"}, rule]))
    assert status == 400 and json.loads(body)["message"]
    assert sim.control("GET", "faults") == []


def test_every_call_takes_the_delay_and_none_waits_for_another(sim):
    sim.settings(delay_ms=500)
    start = time.monotonic()
    connections = [sim.connect() for _ in range(200)]
    for connection in connections:
        connection.request("GET", "/rest/V1/directory/countries/US")
    for connection in connections:
        assert connection.getresponse().read()
        connection.close()
    took = time.monotonic() - start
    assert 0.5 <= took < DEADLINE_S


def test_many_connections_in_lock_step(sim):
    connections = [sim.connect() for _ in range(256)]
    for _ in range(3):
        for connection in connections:
            connection.request("GET", "/rest/V1/directory/countries/US")
        for connection in connections:
            assert connection.getresponse().read()
    for connection in connections:
        connection.close()


def test_it_stops_while_a_call_is_waiting():
    with MagentoSim("--delay-ms", "600000") as sim:
        connection = sim.connect()
        connection.request("GET", "/rest/V1/store/storeViews")
        assert sim.requests()["total"] == 0
        assert sim.stop() == 0
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            connection.getresponse()
        connection.close()
