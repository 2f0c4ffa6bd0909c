"""Wherever amsync dies between accepting and recording, whatever it is about to do: after a restart
Magento holds one of everything, what was acknowledged is kept, and the log tells the truth.

These tests need a build with -Dfailure_points=true: include/base/failure_point.h.
"""

import collections
import dataclasses
import pathlib
import re
import signal

import pytest

from support.acumatica import Acumatica, D
from support.push import Destination, Dispatcher
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
TOTAL = "127.50"
# Long enough for a machine that does other things, too.
TIMES = {"AMSYNC_MAGENTO_TIMEOUT_MS": "1000", "AMSYNC_MAGENTO_QUIET_MS": "1000"}

HEADER = pathlib.Path(__file__).parents[2] / "include" / "base" / "failure_point.h"
POINTS = re.findall(r"^    POINT\((\w+)\)", HEADER.read_text("utf-8"), re.MULTILINE)
# Passed by whatever comes first, so nothing else may be on its way.
WITHOUT_SUBJECT = POINTS[:POINTS.index("CLAIM_AFTER_COMMIT")]


def is_of_a_write(point):
    return point.startswith("WRITE")


class Recorder(Dispatcher):
    """Remembers what was accepted."""

    def __init__(self, destination):
        super().__init__(destination, pause_s=0.0)
        self.accepted = []

    def send(self, notification):
        delivery = super().send(notification)
        if delivery.accepted:
            self.accepted.append(notification)
        return delivery


@dataclasses.dataclass
class Life:
    """An order that is brought to where the next notification asks for one action, or several.

    `made` is what Magento is to have been told in the end, each once.
    """

    name: str
    before: tuple
    trigger: str
    made: tuple
    action: str  # at which it dies
    state: str
    claims: int = 1  # in which of the claims after the trigger it is to die
    after: str = ""  # once all is well again
    order: object = None
    shipment: object = None
    invoice: object = None

    def do(self, step, scene, erp):
        getattr(self, step)(scene, erp)

    def passes(self, point):
        return not is_of_a_write(point) or self.name not in ("link", "hold, announced")

    def choice(self, point):
        """What makes a point strike in this life only."""
        if point in WITHOUT_SUBJECT:
            return ""
        if is_of_a_write(point):
            return f":{self.action}"
        return f"@{self.claims}:{self.order.number}"

    def create(self, _scene, erp):
        self.order = erp.create_order(LINES, paid=D(TOTAL))

    def create_unpaid(self, _scene, erp):
        self.order = erp.create_order(LINES)

    def pay(self, _scene, erp):
        erp.pay(self.order)

    def create_in_magento(self, scene, erp):
        """It came from the shop, and Acumatica knows its number there."""
        self.order = erp.create_order(LINES, magento_order_nbr="000000123")
        answer = scene.magento.rest("POST", "V1/orders", {"entity": {
            "increment_id": "000000123", "customer_email": "mary.major@example.com",
            "state": "new", "status": "pending", "store_id": 1, "order_currency_code": "USD",
            "base_currency_code": "EUR", "grand_total": float(TOTAL),
            "base_grand_total": float(TOTAL), "subtotal": float(TOTAL),
            "base_subtotal": float(TOTAL), "payment": {"method": "checkmo"},
            "items": [{"sku": sku, "name": sku, "qty_ordered": quantity, "price": float(price),
                       "base_price": float(price), "row_total": quantity * float(price),
                       "base_row_total": quantity * float(price)}
                      for sku, quantity, price in LINES]}})
        assert answer.status == 200, answer.text()

    def hold(self, _scene, erp):
        erp.hold(self.order)

    def release(self, _scene, erp):
        erp.release_from_hold(self.order)

    def cancel(self, _scene, erp):
        erp.cancel(self.order)

    def change(self, _scene, erp):
        erp.add_line(self.order, "AACOMPUT01", 1, "10.00")

    def prepare_shipment(self, _scene, erp):
        self.shipment = erp.create_shipment(self.order)

    def prepare_shipment_on_hold(self, _scene, erp):
        """The order stays on hold."""
        self.shipment = erp.create_shipment(self.order)
        with erp.transaction(self.order):
            self.order.status = "On Hold"

    def confirm(self, _scene, erp):
        erp.confirm_shipment(self.shipment, [f"1Z{self.shipment.number}-{self.name[:1]}"])

    def correct(self, _scene, erp):
        erp.correct_shipment(self.shipment)

    def confirm_again(self, _scene, erp):
        erp.confirm_shipment(self.shipment, ["1ZNEW"])

    def prepare_invoice(self, _scene, erp):
        self.invoice = erp.prepare_invoice(self.shipment)

    def release_invoice(self, _scene, erp):
        erp.release_invoice(self.invoice)

    def shown(self, scene):
        if self.name == "link":
            return scene.magento.order(increment_id="000000123")
        return scene.shown(self.order)


def lives():
    """One for each kind of action."""
    return [
        Life("create", ("create_unpaid",), "pay", ("create",), "create", "new"),
        Life("link", ("create_in_magento",), "pay", ("create",), "link", "new"),
        Life("hold", ("create",), "hold", ("create", "hold", "unhold"), "hold",
             "new", claims=2, after="release"),
        Life("hold, announced", ("create",), "hold", ("create", "hold", "unhold"), "hold", "new",
             after="release"),
        Life("unhold", ("create", "hold"), "release", ("create", "hold", "unhold"), "unhold",
             "new"),
        Life("cancel", ("create",), "cancel", ("create", "cancel"), "cancel", "canceled"),
        Life("comment", ("create",), "change", ("create", "comment"), "comment", "new"),
        Life("ship", ("create", "prepare_shipment"), "confirm", ("create", "ship"), "ship",
             "processing"),
        Life("track", ("create", "prepare_shipment", "confirm", "correct"), "confirm_again",
             ("create", "ship", "track"), "track", "processing"),
        Life("invoice", ("create", "prepare_shipment", "confirm", "prepare_invoice"),
             "release_invoice", ("create", "ship", "invoice"), "invoice", "complete"),
    ]


class Crashes:
    """A scene whose service dies at points that are chosen for each start."""

    def __init__(self, scene):
        self.scene = scene
        self.dispatcher = Recorder(Destination(scene.amsync.url, scene.amsync.secret))
        self.erp = Acumatica(dispatcher=self.dispatcher, deliver_at_once=True)

    def prepare(self, stories):
        """All steps before the triggers; each is seen by Magento before the next."""
        self.scene.start()
        for step in range(max(len(life.before) for life in stories)):
            for life in stories:
                if step < len(life.before):
                    life.do(life.before[step], self.scene, self.erp)
            self.scene.settle()
        self.scene.amsync.stop()

    def require_struck(self, point):
        """The service has died, just there, and has kept what it had acknowledged."""
        process = self.scene.amsync.process
        assert process.wait() == -signal.SIGKILL, process.describe()
        assert f'"failure_point","point":"{point}"' in process.stderr(), process.describe()
        self.require_kept()

    def require_kept(self):
        kept = {row for row in self.scene.rows("SELECT kind, notification_id FROM amsync.notification")}
        for notification in self.dispatcher.accepted:
            assert (notification.kind.removesuffix("s"), notification.id) in kept, notification

    def die(self, point, life):
        """Starts the service, which dies at that point in that life."""
        self.scene.amsync.settings["AMSYNC_FAILURE_POINT"] = point + life.choice(point)
        self.scene.amsync.start()
        del self.scene.amsync.settings["AMSYNC_FAILURE_POINT"]
        life.do(life.trigger, self.scene, self.erp)
        self.require_struck(point)

    def go_on(self, stories):
        """What shows later whether it was remembered rightly."""
        for life in stories:
            if life.after:
                life.do(life.after, self.scene, self.erp)
        self.scene.settle()

    def recover(self):
        self.scene.start()
        deliveries = self.dispatcher.send_failed_again()
        assert all(delivery.accepted for delivery in deliveries)
        self.scene.settle()


def require_done_once(scene, life):
    """In Magento, and in the log."""
    shown = life.shown(scene)
    messages = "\n".join(scene.messages(life.order))
    steps = [step["what"] for step in shown["steps"] if step["what"] != "update"]
    assert steps == list(life.made), (life.name, messages)
    assert shown["state"] == life.state, (life.name, messages)
    assert [len(shown["shipments"]), len(shown["invoices"])] == [
        life.made.count("ship"), life.made.count("invoice")], messages
    lines = scene.lines("--order", life.order.number)
    told = collections.Counter(line["action"] for line in lines if line["status"] == "published")
    for action in {*life.made, life.action}:
        assert told[action] <= max(1, life.made.count(action)), messages
    assert not [line for line in lines if line["status"] in ("failed", "retrying")], messages
    known = scene.state(life.order)
    for document in (known, *known["shipments"], *known["invoices"]):
        assert document["state"] == "published", (life.name, known)


@pytest.mark.parametrize("point", POINTS)
def test_after_a_crash_there_is_one_of_everything(new_scene, point):
    crashes = Crashes(new_scene(**TIMES))
    stories = [life for life in lives() if life.passes(point)]
    crashes.prepare(stories)
    for life in stories:
        crashes.die(point, life)
        if point in WITHOUT_SUBJECT:
            crashes.recover()
            crashes.scene.amsync.stop()
    crashes.recover()
    crashes.scene.require_at_rest()
    crashes.require_kept()
    crashes.go_on(stories)
    for life in stories:
        require_done_once(crashes.scene, life)


@pytest.mark.parametrize(("point", "action", "claims"), [
    ("WRITE_BEFORE_SENDING", "unhold", 1), ("WRITE_BEFORE_SENDING", "ship", 1),
    ("WRITE_BEFORE_SENDING", "hold", 1), ("WRITE_AFTER_ANSWER", "hold", 1),
    ("OUTCOME_AFTER_COMMIT", "", 1), ("OUTCOME_BEFORE_COMMIT", "", 2)])
def test_a_hold_lifted_for_a_shipment_is_set_again(new_scene, point, action, claims):
    """The order itself has not changed since it was held, so nothing else would ever look at it."""
    crashes = Crashes(new_scene(**TIMES))
    life = Life("ship on hold", ("create", "prepare_shipment", "hold"), "confirm",
                ("create", "hold", "unhold", "ship", "hold"), action, "holded", claims)
    crashes.prepare([life])
    crashes.die(point, life)
    crashes.recover()
    require_done_once(crashes.scene, life)


@pytest.mark.parametrize("point", ["CLAIM_AFTER_COMMIT", "WRITE_BEFORE_SENDING",
                                   "WRITE_AFTER_ANSWER", "OUTCOME_BEFORE_COMMIT"])
def test_what_a_frozen_process_wakes_up_with_is_out_of_date(new_scene, point):
    """Another process goes on with its order once the claim has run out, and once PostgreSQL has
    ended the transaction that the frozen one had open."""
    crashes = Crashes(new_scene(**TIMES))
    scene = crashes.scene
    life = next(life for life in lives() if life.name == "ship")
    crashes.prepare([life])
    second = scene.amsync.twin()
    scene.amsync.settings["AMSYNC_FAILURE_POINT"] = point + life.choice(point) + "!freeze"
    scene.amsync.start()
    life.do(life.trigger, scene, crashes.erp)
    frozen = scene.amsync.process
    wait_until(lambda: f'"point":"{point}"' in frozen.stderr(), frozen.describe)
    second.start()
    try:
        scene.settle()
        assert life.shown(scene)["state"] == "processing"
        frozen.send(signal.SIGCONT)
        wait_until(scene.amsync.is_ready, frozen.describe)
        scene.amsync.stop()  # it gives up what it had, in good order
    finally:
        frozen.send(signal.SIGCONT)
        second.close()
    require_done_once(scene, life)
    scene.require_at_rest()
