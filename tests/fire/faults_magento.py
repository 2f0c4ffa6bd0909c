"""What Magento does: late, silent, wrong, overloaded, closed, and deaf to its token."""

from fire.faults import Deck

magento = Deck("Magento")

WRITES = {"method": "POST", "regex": "/V1/(orders|order/|shipment)"}
CALLS = {"regex": "/V1/(orders|order/|shipment|invoices|products)"}

# Each is less late than QUIET of the installation (world.py), more than its time-out.
LATE_MS = 1500
WEATHER = {
    "late": {
        "late, done before": {**WRITES, "action": "delay", "delay_ms": LATE_MS, "committed": True},
        "late, done after the client has gone": {**WRITES, "action": "delay", "delay_ms": LATE_MS},
        "dropped late and done": {**WRITES, "action": "drop", "committed": True,
                                  "delay_ms": LATE_MS},
    },
    "connections cut": {
        "dropped before": {**CALLS, "action": "drop"},
        "dropped after": {**WRITES, "action": "drop", "committed": True},
        "reset after": {**WRITES, "action": "reset", "committed": True},
        "half an answer": {**CALLS, "action": "truncate", "committed": True},
    },
    "reused connections closed": {
        "reused connection closed before": {**CALLS, "action": "drop", "reused": True},
        "reused connection closed after": {**WRITES, "action": "drop", "reused": True,
                                           "committed": True},
    },
    "errors": {
        "500 JSON": {**CALLS, "action": "internal_error"},
        "500 text": {**CALLS, "action": "text_error"},
        "502": {**CALLS, "action": "bad_gateway"},
        "503": {**CALLS, "action": "maintenance"},
        "429": {**CALLS, "action": "too_many", "retry_after": 2},
    },
    "errors, but done": {
        "500 JSON, done": {**WRITES, "action": "internal_error", "committed": True},
        "500 text, done": {**WRITES, "action": "text_error", "committed": True},
        "502, done": {**WRITES, "action": "bad_gateway", "committed": True},
        "200 without an id": {**WRITES, "action": "without_id", "committed": True},
        "endless answer": {**CALLS, "action": "endless", "committed": True},
    },
}


def _play(rules):
    def play(world, draw, long):
        world.magento.fault(*({**rule, "probability": draw.uniform(0.1, 0.3),
                               "seed": draw.randrange(1, 1 << 30)} for rule in rules.values()))
        yield draw.uniform(3.0, 10.0) if long else draw.uniform(1.5, 3.0)
        for name, rule in zip(rules, world.magento.faults()):
            world.count_aside(f"calls met: {name}", rule["hits"])
        world.magento.heal()
    return play


for _name, _rules in WEATHER.items():
    magento(_name)(_play(_rules))


@magento("maintenance")
def maintain(world, draw, long):
    world.magento.set(maintenance=True)
    yield draw.uniform(2.0, 20.0 if long else 4.0)
    world.magento.set(maintenance=False)


@magento("token revoked and given back")
def revoke(world, draw, long):
    world.magento.set(integrations=[{"token": "revoked"}])
    yield draw.uniform(2.0, 10.0 if long else 3.0)
    world.magento.set(integrations=[{"token": world.magento.token}])
