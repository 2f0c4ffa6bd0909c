"""Where the stated bound lies: a Magento that still carries a call out after QUIET.

What README promises rests on AMSYNC_MAGENTO_QUIET_MS. These tests show what happens beyond it: orders
stay single, because Magento refuses the second of a number; a shipment may be there twice, and then
the order says so and waits for a person.
"""

import contextlib

import pytest

from support.magento import CREATE
from support.postgres import Cluster
from support.scene import Scene, add_mappings
from support.service import Amsync
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00")]
TIMES = {"AMSYNC_MAGENTO_TIMEOUT_MS": "500", "AMSYNC_MAGENTO_QUIET_MS": "1500"}
TOO_LATE_MS = 6000

pytestmark = pytest.mark.slow


@pytest.fixture
def scene(tmp_path):
    with contextlib.ExitStack() as closing:
        postgres = closing.enter_context(Cluster())
        template = postgres.create_database()
        amsync = Amsync({"AMSYNC_DATABASE_URL": postgres.uri(template)}, tmp_path / "template")
        amsync.command("migrate")
        add_mappings(amsync)
        yield closing.enter_context(Scene(postgres, template, tmp_path / "scene", **TIMES)).start()


def late(scene, regex):
    scene.magento.fault({"method": "POST", "regex": regex, "action": "delay",
                         "delay_ms": TOO_LATE_MS, "count": 1})


def test_a_create_beyond_quiet_makes_no_second_order(scene):
    late(scene, CREATE["regex"])
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.amsync.wait_for_order(order.number, "published")
    wait_until(lambda: scene.magento.count("POST /V1/orders") == 2, "the late create")
    assert len(scene.magento.orders()) == 1


def test_a_partial_shipment_beyond_quiet_is_there_twice_and_the_order_says_so(scene):
    """Two shipments with one marker: nothing can be undone, but it is not silent."""
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.amsync.wait_for_order(order.number, "published")
    late(scene, "/ship$")
    shipment = scene.acumatica.create_shipment(order, quantities={(order.number, 1): 1})
    scene.acumatica.confirm_shipment(shipment, ["1Z1"])
    scene.amsync.wait_for_documents(order.number, shipments=1)
    wait_until(lambda: len(scene.shown(order)["shipments"]) == 2, "the late shipment")
    rest = scene.acumatica.create_shipment(order, quantities={(order.number, 1): 2})
    scene.acumatica.confirm_shipment(rest, ["1Z2"])
    scene.settle()
    said = {one["number"]: one for one in scene.state(order)["shipments"]}
    assert said[rest.number]["state"] == "waiting", said
    assert "2" in said[rest.number]["reason"] and "1" in said[rest.number]["reason"]
    assert len(scene.shown(order)["shipments"]) == 2
