"""Magento is away while notifications keep coming: all are accepted, none costs memory or an attempt, and
when it is back it gets the newest state of each order, at first one order at a time."""

import os
import pathlib

from support.waiting import wait_until

LINES = [("AALEGO500", 2, "50.00")]
ORDERS = 60
SAVES = 10

# Text that no column is for, so that many bytes pass through.
PADDING_BYTES = 100 << 10

# A sanitizer keeps what was freed; not here, where memory is measured.
SANITIZER = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


def resident_bytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) << 10


def save_each_again(scene, orders, times, padding=""):
    """Each save changes the order's total; returns how much was sent. All must be answered 202."""
    sent = 0
    for _ in range(times):
        for order in orders:
            with scene.acumatica.transaction(order):
                order.lines[0].quantity += 1
                order.paid = order.total
                order.extra["Padding"] = f"{order.lines[0].quantity} {padding}"
        sent += sum(len(one.body()) for one in scene.acumatica.outbox)
        deliveries = scene.acumatica.deliver(parallel=8)
        assert {tuple(one.answers) for one in deliveries} == {(202,)}
    return sent


def wait_until_taken_in(scene):
    wait_until(lambda: scene.value("SELECT count(*) FROM amsync.intake_queue") == 0,
               "the notifications being taken in", 60)


def calls(scene):
    """What Magento was asked, oldest first."""
    return scene.magento.requests(1024)["last"]


def attempts(scene):
    return scene.value("SELECT coalesce(sum(attempts), 0) FROM amsync.document")


def test_what_comes_while_magento_is_away_is_kept_and_goes_there_gently(new_scene):
    scene = new_scene(AMSYNC_WORKERS="8", **SANITIZER).start()
    erp = scene.acumatica
    erp.deliver_at_once = False

    # Closed for maintenance, until nothing but probes goes there.
    scene.magento.set(maintenance=True)
    orders = [erp.create_order(LINES, paid=100) for _ in range(ORDERS)]
    save_each_again(scene, orders, 1)
    wait_until(lambda: any(line["event"] == "magento.stopped"
                           for line in scene.amsync.process_log()), "the breaker")
    wait_until_taken_in(scene)
    asked, burnt = len(calls(scene)), attempts(scene)
    save_each_again(scene, orders, SAVES // 2, "x" * PADDING_BYTES)
    wait_until_taken_in(scene)
    before = resident_bytes(scene.amsync.process)
    sent = save_each_again(scene, orders, SAVES, "x" * PADDING_BYTES)
    wait_until_taken_in(scene)
    kept = resident_bytes(scene.amsync.process) - before
    # What one pass over the queue takes, 8 MiB and its copies, may not have been reached before.
    assert kept < sent / 4, f"{kept} of {sent} bytes"
    wait_until(lambda: len(calls(scene)) >= asked + 2, "two probes", 90)
    assert {(one["target"].partition("?")[0], one["in_flight"], one["status"])
            for one in calls(scene)[asked:]} == {("/rest/default/V1/orders", 1, 503)}

    # Away: nobody listens.
    port = scene.magento.port
    scene.magento.close()
    save_each_again(scene, orders, SAVES // 2)
    wait_until_taken_in(scene)
    assert attempts(scene) <= burnt  # a new version of an order starts anew
    assert scene.amsync.is_ready()

    # Back. The first order goes alone, and one more at a time with each call that has worked.
    scene.magento.start(port)
    scene.magento.set(delay_ms=100)
    wait_until(lambda: len(calls(scene)) > 0, "a probe", 90)
    scene.settle(120)
    risen = [(one["in_flight"], one["answered"]) for one in calls(scene)]
    assert all(in_flight <= max(1, answered) for in_flight, answered in risen), risen
    assert max(in_flight for in_flight, _ in risen) > 4, risen
    # Of each order only its newest state went there.
    assert scene.magento.count("POST /V1/orders") == ORDERS
    for order in orders:
        assert scene.shown(order)["grand_total"] == float(order.total)
    assert scene.value("SELECT max(attempts) FROM amsync.document") == 0
    scene.require_at_rest()
