"""What is answered 202 is kept, and nothing happens twice, whatever ends or goes away."""

import concurrent.futures
import contextlib
import http.client
import itertools
import os
import random
import signal
import threading
import time

import pytest

from support.acumatica import Acumatica
from support.magento import CREATE
from support.push import Destination, Dispatcher
from support.service import Amsync
from support.waiting import wait_until

LINES = [("AALEGO500", 3, "30.00"), ("CONAIRT1", 1, "37.50")]
TIMES = {"AMSYNC_MAGENTO_TIMEOUT_MS": "1000", "AMSYNC_MAGENTO_QUIET_MS": "1000"}


def told_lives(count):
    """What Acumatica tells of so many orders that are paid, shipped twice and invoiced: a list of
    (order, its notifications)."""
    erp = Acumatica()
    lives = []
    for _ in range(count):
        order = erp.create_order(LINES)
        erp.pay(order)
        key = order.number
        first = erp.create_shipment(order, quantities={(key, 1): 2})
        erp.confirm_shipment(first, [f"1Z{first.number}"])
        second = erp.create_shipment(order, quantities={(key, 1): 1, (key, 2): 1})
        erp.confirm_shipment(second, [f"1Z{second.number}"])
        erp.release_invoice(erp.prepare_invoice(first, second))
        lives.append((order, erp.outbox))
        erp.outbox = []
    return lives


class Sender:
    """Sends lives from several threads, each notification until it is accepted; `urls` are those of
    the services, of which each attempt takes one."""

    def __init__(self, scene, lives, urls=None, pause_s=0.0):
        self._dispatchers = [Dispatcher(Destination(url, scene.amsync.secret), pause_s=0.2)
                             for url in urls or [scene.amsync.url]]
        self._pause_s = pause_s
        self._stop = threading.Event()
        self.accepted = []
        self._pool = concurrent.futures.ThreadPoolExecutor(8)
        self._running = [self._pool.submit(self._send, index, told)
                         for index, (_, told) in enumerate(lives)]

    def _send(self, index, told):
        turns = itertools.cycle(self._dispatchers[index % len(self._dispatchers):]
                                + self._dispatchers[:index % len(self._dispatchers)])
        for notification in told:
            while not self._stop.is_set() and not next(turns).send(notification).accepted:
                time.sleep(0.1)
            if self._stop.is_set():
                return
            self.accepted.append(notification)
            time.sleep(self._pause_s)

    @property
    def is_done(self):
        return all(future.done() for future in self._running)

    def finish(self):
        """Waits until all is accepted."""
        for future in self._running:
            future.result(120)
        self._pool.shutdown()

    def stop(self):
        self._stop.set()
        self.finish()


def require_kept(scene, notifications):
    """Each is in the database, byte for byte."""
    kept = {bytes(body) for body, in scene.rows(
        "SELECT convert_to(body, 'UTF8') FROM amsync.notification")}
    missing = [one for one in notifications if one.body() not in kept]
    assert missing == [], f"{len(missing)} of {len(notifications)} are lost"


def require_complete(scene, lives):
    """Exactly one of each, in order, and nothing left behind."""
    shown = {one["ext_order_id"]: one for one in scene.magento.orders()}
    assert len(scene.magento.orders()) == len(shown) == len(lives)
    for order, _ in lives:
        one = shown[f"MyStore/SO/{order.number}"]
        said = scene.messages(order)
        assert [len(one["shipments"]), len(one["invoices"])] == [2, 1], said
        assert one["state"] == "complete", said
        assert one["grand_total"] == 127.5
        assert sorted(sum(item["qty"] for item in shipment["items"])
                      for shipment in one["shipments"]) == [2, 2]
        assert sum(len(shipment["tracks"]) for shipment in one["shipments"]) == 2
        made = [step["what"] for step in one["steps"]]
        assert made == ["create", "ship", "ship", "invoice"], said
    assert scene.rows("SELECT kind, number, state, reason FROM amsync.document"
                      " WHERE state <> 'published'") == []
    scene.require_at_rest()
    assert scene.rows("TABLE amsync.work") == []


@pytest.mark.parametrize(("orders", "kills", "seed"), [
    (30, 3, 5),
    pytest.param(50, 8, 6, marks=pytest.mark.slow),
    pytest.param(50, 8, 7, marks=pytest.mark.slow),
])
def test_kill_at_random_moments(new_scene, orders, kills, seed):
    """An order that is killed again and again while it is alone would be set aside, as one that crashes
    the program is: where that is near, as on a slow machine, the next kill waits until it is done."""
    scene = new_scene(**TIMES).start()
    lives = told_lives(orders)
    sender = Sender(scene, lives, pause_s=0.5)
    chance = random.Random(seed)
    for _ in range(kills):
        time.sleep(chance.uniform(0.3, 1.2))
        wait_until(lambda: scene.value("SELECT count(*) FROM amsync.work WHERE crashes > 1") == 0,
                   lambda: f"orders done that crashed twice\n{scene.tail()}")
        scene.amsync.kill()
        scene.amsync.start()
    sender.finish()
    scene.settle(240)
    require_kept(scene, sender.accepted)
    require_complete(scene, lives)


@pytest.mark.parametrize("seed", [
    pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3)])
def test_a_magento_that_fails_at_random(new_scene, seed):
    """One call in five goes wrong, read or write, done or not, while orders live their lives."""
    scene = new_scene(**TIMES).start()
    scene.magento.fault(*({"regex": "/V1/(orders|order/|shipment|invoices)", "probability": 0.015,
                           "seed": 100 * seed + index, "action": action, "committed": committed}
                          for index, (action, committed) in enumerate(itertools.product(
                              ("drop", "reset", "internal_error", "text_error", "bad_gateway",
                               "truncate"), (False, True)))))
    lives = told_lives(30)
    sender = Sender(scene, lives, pause_s=0.3)
    sender.finish()
    time.sleep(3)
    scene.magento.heal()
    scene.settle(240)
    require_complete(scene, lives)


def test_two_programs_on_one_database(new_scene):
    scene = new_scene(**TIMES).start()
    with contextlib.ExitStack() as closing:
        other = Amsync({name: value for name, value in scene.amsync.settings.items()
                        if not name.endswith("LISTEN")}, scene.log_folder / "other")
        closing.callback(other.close)
        other.start()
        lives = told_lives(40)
        sender = Sender(scene, lives, [scene.amsync.url, other.url], pause_s=0.2)
        time.sleep(1.5)
        other.kill()
        other.start()
        sender.finish()
        scene.settle(120)
    require_kept(scene, sender.accepted)
    require_complete(scene, lives)


@pytest.mark.parametrize("mode", ["fast", "immediate",
                                  pytest.param("kill", marks=pytest.mark.slow)])
def test_postgresql_restarted_under_load(new_scene, mode):
    scene = new_scene(**TIMES).start()
    lives = told_lives(30)
    sender = Sender(scene, lives, pause_s=0.2)
    time.sleep(1)
    scene.postgres.restart(mode)
    wait_until(scene.amsync.is_ready, lambda: scene.amsync.process.describe())
    sender.finish()
    scene.settle(120)
    require_kept(scene, sender.accepted)
    require_complete(scene, lives)


def test_sigterm_under_load(new_scene):
    """The service says that it is not ready, finishes what it has begun, and ends in time."""
    scene = new_scene(AMSYNC_SHUTDOWN_MS="8000", **TIMES).start()
    scene.magento.set(delay_ms=300)
    lives = told_lives(40)
    sender = Sender(scene, lives, pause_s=0.1)
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.work WHERE claim IS NOT NULL") > 0,
               "orders being worked on")
    began = time.monotonic()
    scene.amsync.process.send(signal.SIGTERM)
    probes = []
    while scene.amsync.process.is_running:
        with contextlib.suppress(OSError, http.client.HTTPException):
            probes.append(scene.amsync.probe("/readyz", scene.amsync.admin_url))
    assert scene.amsync.process.exit_code == 0, scene.amsync.process.describe()
    assert time.monotonic() - began < 8 + 1
    answered = [status for status in probes if status is not None]
    assert 503 in answered and answered == sorted(answered), answered
    assert scene.rows("SELECT * FROM amsync.work WHERE claim IS NOT NULL") == []
    assert scene.rows("SELECT * FROM amsync.heartbeat WHERE stopped_at IS NULL") == []
    require_kept(scene, list(sender.accepted))
    scene.magento.set(delay_ms=0)
    scene.amsync.start()
    sender.finish()
    scene.settle(120)
    require_kept(scene, sender.accepted)
    require_complete(scene, lives)


def test_a_stop_while_magento_hangs_ends_in_time(new_scene):
    scene = new_scene(AMSYNC_SHUTDOWN_MS="1500", AMSYNC_MAGENTO_TIMEOUT_MS="20000",
                      AMSYNC_MAGENTO_QUIET_MS="20000").start()
    scene.magento.fault({**CREATE, "action": "drop",
                         "delay_ms": 15000})
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    wait_until(lambda: scene.magento.faults()[0]["hits"] == 1, "the create being sent")
    began = time.monotonic()
    scene.amsync.stop()
    assert time.monotonic() - began < 1.5 + 2


def test_a_stop_while_postgresql_hangs_ends_in_time_and_says_why(new_scene):
    # It ends without its threads, which ThreadSanitizer would call leaked.
    no_leaks = f"{os.environ.get('TSAN_OPTIONS', '')}:report_thread_leaks=0"
    scene = new_scene(AMSYNC_SHUTDOWN_MS="1500", TSAN_OPTIONS=no_leaks, **TIMES).start()
    scene.postgres.freeze()
    try:
        began = time.monotonic()
        assert scene.amsync.process.terminate() == 1, scene.amsync.process.describe()
        assert time.monotonic() - began < 1.5 + 3
    finally:
        scene.postgres.thaw()
    assert scene.amsync.process_log()[-1]["event"] == "serve.stop_overdue"
    scene.amsync.start()
    order = scene.acumatica.create_order(LINES)
    scene.acumatica.pay(order)
    scene.settle(60)
    assert scene.state(order)["state"] == "published"


def test_what_the_database_cannot_take_is_answered_503(new_scene):
    scene = new_scene(**TIMES).start()
    lives = told_lives(3)
    scene.postgres.freeze()
    try:
        dispatcher = Dispatcher(Destination(scene.amsync.url, scene.amsync.secret))
        answer = dispatcher.post(lives[0][1][0])
        assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
        wait_until(lambda: scene.amsync.probe("/readyz") == 503, "not being ready")
        assert scene.amsync.probe("/livez") == 200
    finally:
        scene.postgres.thaw()
    wait_until(scene.amsync.is_ready, "being ready again")
    sender = Sender(scene, lives)
    sender.finish()
    scene.settle(60)
    require_kept(scene, sender.accepted)
    require_complete(scene, lives)
