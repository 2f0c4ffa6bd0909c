"""The simulator answers as a recorded Magento 2.4.7-p3 did: same request, same status, same shape,
same message, same values where they mean something.

exchanges/NN-*.json are lists of steps, replayed in order:
  {"settings": ...}                      how the shop was set up from here on
  {"order": id, "items": ids, "body"}    an order that existed, made without an exchange of its own
  {"n", "name", "request", "body", "headers", "bearer", "oauth", "answer"}
A body is {"base", "set", "drop"} over bases.json, {"json"} or {"raw"}. Ids are those of the
recorded shop; they are mapped to the simulator's. A shape names keys and types: s(tring), n(umber),
b(oolean), 0 for null; #N stands in shapes.json. What is not replayed is in left-out.json.
"""

import base64
import copy
import hashlib
import hmac
import json
import pathlib
import re
import time
import urllib.parse
import uuid

import pytest

from magento_sim import CONSUMER_KEY, CONSUMER_SECRET, TOKEN, TOKEN_SECRET, MagentoSim

EXCHANGES = pathlib.Path(__file__).parent / "exchanges"
BASES = json.loads((EXCHANGES / "bases.json").read_text())
SHAPES = {text: name for name, text in json.loads((EXCHANGES / "shapes.json").read_text()).items()}
LEFT_OUT = json.loads((EXCHANGES / "left-out.json").read_text())["left_out"]
FILES = sorted(EXCHANGES.glob("[0-9]*.json"))
RECORDED = 347


class Ids:
    """The recorded shop's ids, by kind, and what they are here."""

    def __init__(self):
        self.known = {"order": {}, "item": {}, "document": {}}

    def learn(self, kind, recorded, ours):
        self.known[kind][recorded] = ours

    def of(self, kind, recorded):
        return self.known[kind].get(int(recorded), int(recorded))

    def in_target(self, target):
        target = re.sub(
            r"(/V1/orders?/)(\d+)", lambda m: m[1] + str(self.of("order", m[2])), target
        )
        target = re.sub(
            r"(/V1/shipment/)(\d+)", lambda m: m[1] + str(self.of("document", m[2])), target
        )
        if "field%5D=order_id" in target:
            target = re.sub(
                r"(value%5D=)(\d+)", lambda m: m[1] + str(self.of("order", m[2])), target
            )
        return target

    def in_body(self, value, key=None):
        if isinstance(value, dict):
            return {name: self.in_body(member, name) for name, member in value.items()}
        if isinstance(value, list):
            return [self.in_body(member, key) for member in value]
        if key == "order_item_id":
            ours = self.of("item", value)
            return str(ours) if isinstance(value, str) else ours
        if key in ("order_id", "entity_id"):
            return self.of("order", value)
        if key == "parent_id":
            return self.of("document", value)
        return value


def step_into(document, path):
    *parents, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    for part in parents:
        document = document[part]
    return document, last


def build_body(recipe, ids):
    if recipe is None:
        return None
    if "raw" in recipe:
        return recipe["raw"]
    if "json" in recipe:
        return json.dumps(ids.in_body(recipe["json"]))
    body = copy.deepcopy(BASES[recipe["base"]])
    for path in recipe.get("drop", []):
        parent, name = step_into(body, path)
        del parent[name]
    for path, value in recipe.get("set", {}).items():
        parent, name = step_into(body, path)
        parent[name] = value
    return json.dumps(body)


def encode(text):
    return urllib.parse.quote(text, safe="-._~")


def natural_key(pair):
    return [[(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", part)]
            for part in pair]


def oauth_header(method, url, options):
    """RFC 5849 as Magento 2.4.7 reads it, with what the exchange wants to be wrong."""
    parameters = {
        "oauth_consumer_key": options.get("consumer_key", CONSUMER_KEY),
        "oauth_nonce": options.get("nonce", uuid.uuid4().hex),
        "oauth_signature_method": options.get("signature_method", "HMAC-SHA256"),
        "oauth_timestamp": str(int(time.time()) + options.get("offset_s", 0)),
        "oauth_token": options.get("token", TOKEN),
        "oauth_version": "1.0",
    }
    parameters.pop(options.get("without"), None)
    parts = urllib.parse.urlsplit(url)
    pairs = [(encode(n), encode(v)) for n, v in parameters.items()]
    query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
    pairs += [(encode(n), encode(v)) for n, v in query]
    pairs.sort(key=None if options.get("sort") == "bytes" else natural_key)
    base = "&".join(
        [
            method,
            encode(f"{parts.scheme}://{parts.netloc}{parts.path}"),
            encode("&".join(f"{n}={v}" for n, v in pairs)),
        ]
    )
    key = f"{encode(CONSUMER_SECRET)}&{encode(TOKEN_SECRET)}"
    if options.get("spoil"):
        key += "x"
    digest = hashlib.sha1 if parameters["oauth_signature_method"] == "HMAC-SHA1" else hashlib.sha256
    signature = hmac.new(key.encode(), base.encode(), digest).digest()
    parameters["oauth_signature"] = base64.b64encode(signature).decode()
    return "OAuth " + ", ".join(f'{n}="{encode(v)}"' for n, v in sorted(parameters.items()))


def shape(value):
    if value is None:
        return "0"
    if isinstance(value, bool):
        return "b"
    if isinstance(value, (int, float)):
        return "n"
    if isinstance(value, str):
        return "s"
    if isinstance(value, list):
        return "[" + "|".join(sorted({shape(member) for member in value})) + "]"
    text = "{" + ",".join(f"{name}:{shape(value[name])}" for name in sorted(value)) + "}"
    if len(value) > 5:
        return SHAPES.get(text, text)
    return text


def expand(text):
    by_name = {name: shape_text for shape_text, name in SHAPES.items()}
    while "#" in text:
        text = re.sub(r"#\d+", lambda m: by_name[m[0]], text)
    return text


def difference(expected, actual):
    """The keys that two expanded shapes do not share, for a readable failure."""
    names = [set(re.findall(r"(\w+):", expand(text))) for text in (expected, actual)]
    if names[0] == names[1]:
        return f"recorded {expand(expected)}, got {expand(actual)}"
    return f"missing {sorted(names[0] - names[1])}, too many {sorted(names[1] - names[0])}"


def subset_problem(expected, actual, path=""):
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return f"{path}: {actual!r} is no object"
        for name, member in expected.items():
            if name not in actual:
                return f"{path}.{name} is missing"
            problem = subset_problem(member, actual[name], f"{path}.{name}")
            if problem:
                return problem
        return None
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return f"{path}: expected {len(expected)} elements, got {actual!r:.200}"
        for index, member in enumerate(expected):
            problem = subset_problem(member, actual[index], f"{path}[{index}]")
            if problem:
                return problem
        return None
    return None if expected == actual else f"{path}: expected {expected!r}, got {actual!r}"


def send(sim, step, ids):
    method, target = step["request"].split(" ", 1)
    target = ids.in_target(target)
    body = build_body(step.get("body"), ids)
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    headers.update(step.get("headers", {}))
    headers = {name: value for name, value in headers.items() if value is not None}
    if "oauth" in step:
        headers["Authorization"] = oauth_header(method, sim.url + target, step["oauth"])
    elif step.get("bearer", TOKEN) is not None:
        headers["Authorization"] = "Bearer " + step.get("bearer", TOKEN)
    if step.get("oauth", {}).get("twice"):
        sim.request(method, target, body, headers)
    return sim.request(method, target, body.encode() if body is not None else None, headers)


def mapped_has(has, ids):
    """Filters repeat an order's id as it was asked for."""
    text = json.dumps(has)
    return json.loads(
        re.sub(
            r'("field": "(?:order|parent)_id", "value": )"(\d+)"',
            lambda m: f'{m[1]}"{ids.of("order", m[2])}"',
            text,
        )
    )


def answer_begins(answer, text):
    return not text or answer["message"].startswith(text)


def problem_of(step, status, headers, body, ids):
    expected = step["answer"]
    if status != expected["status"]:
        return f"status {status}, recorded {expected['status']}: {body[:300]!r}"
    if "content_type" in expected:
        actual = headers["Content-Type"].split(";")[0]
        return None if actual == expected["content_type"] else f"content type {actual}"
    answer = json.loads(body)
    if "message" in expected:
        for name in ("message", "parameters"):
            if answer.get(name) != expected.get(name):
                return f"{name} {answer.get(name)!r}, recorded {expected.get(name)!r}"
    if not answer_begins(answer, expected.get("message_begins", "")):
        return f"message {answer['message']!r}"
    if "is" in expected and answer != expected["is"]:
        return f"answered {answer!r}, recorded {expected['is']!r}"
    if "id" in expected:
        if not isinstance(answer, str) or not answer.isdigit():
            return f"answered {answer!r}, recorded a number in a string"
        ids.learn("document", expected["id"], int(answer))
    if "order" in expected:
        ids.learn("order", expected["order"], answer["entity_id"])
        for recorded, item in zip(expected["items"], answer["items"]):
            ids.learn("item", recorded, item["item_id"])
    if "shape" in expected and shape(answer) != expected["shape"]:
        return "shape: " + difference(expected["shape"], shape(answer))
    if "has" in expected:
        return subset_problem(mapped_has(expected["has"], ids), answer)
    return None


@pytest.fixture(scope="module")
def replayed():
    """Replays everything once; the problem (or None) of each exchange by its number."""
    problems = {}
    ids = Ids()
    with MagentoSim("--products", str(EXCHANGES / "products.json")) as sim:
        for file in FILES:
            for step in json.loads(file.read_text()):
                if "settings" in step:
                    sim.settings(**step["settings"])
                elif "n" not in step:
                    body = json.loads(build_body(step["body"], ids))
                    status, answer = sim.call("POST", "/rest/V1/orders", body)
                    assert status == 200, answer
                    ids.learn("order", step["order"], answer["entity_id"])
                    for recorded, item in zip(step["items"], answer["items"]):
                        ids.learn("item", recorded, item["item_id"])
                else:
                    problems[step["n"]] = problem_of(step, *send(sim, step, ids), ids)
    return problems


def exchanges():
    return [step for file in FILES for step in json.loads(file.read_text()) if "n" in step]


@pytest.mark.parametrize("step", exchanges(), ids=lambda step: f"{step['n']}-{step['name']}")
def test_answers_as_recorded(replayed, step):
    assert replayed[step["n"]] is None


def test_every_recorded_exchange_is_replayed_or_left_out_with_a_reason():
    numbers = {step["n"] for step in exchanges()} | {int(n) for n in LEFT_OUT}
    assert numbers == set(range(1, RECORDED + 1))
