"""What people feel: how soon an order is in the shop, also on a bad day."""

import contextlib
import dataclasses
import time

from bench import messages
from bench.drain import (latencies_ms, outcome_moments_s, quantile, send_and_wait, wait_for_rest)
from bench.load import Background, run_load
from bench.results import Family
from bench.sides import AmsyncSide
from bench.through import WORKERS

MAGENTO_MS = 50
SETTLE_MS = 250  # AMSYNC_SETTLE_MS, by default
FRESH_FIRST = 1_000_000  # the numbers of orders that come meanwhile
FRESH_RATE = 5  # of them, a second
CALLS_OF_AN_INVOICE = 3  # how the order stands, which invoices it has, the invoice itself


@dataclasses.dataclass(frozen=True)
class Sizes:
    seconds: int  # of 20 orders a second
    lives: int
    invoices: int
    backlog: int
    outage_s: float


FULL = Sizes(40, 200, 5_000, 20_000, 45)
QUICK = Sizes(2, 10, 60, 40, 2)


class Feel:
    title = "What people feel"
    note = (f"With a Magento that takes {MAGENTO_MS} ms for each call, whatever its load, and "
            f"amsync's {WORKERS} workers. Latencies begin when a notification is due to be sent. "
            f"The calls of {FULL.lives} orders, each created, then shipped, then invoiced, are "
            f"counted and divided by their number; the stores, the countries and each product are "
            f"asked for by the first of them only. An order is read before the shipment and before "
            f"the invoice, whose items depend on what it has left; the shipments and invoices are "
            f"read after theirs, for the numbers and totals that are recorded. The outage stands "
            f"for an hour with 5.5 orders a second: Magento is away until it is asked as rarely as "
            f"after an hour, every 15 s. Up to that long its return goes unnoticed, whatever the "
            f"backlog, so "
            f"the less has waited, the greater is the ratio.")

    def __init__(self, stand):
        self.stand = stand
        self.family = Family(self.title, self.note)
        self.sizes = QUICK if stand.quick else FULL
        self.order, self.shipment, self.invoice = (
            message.write(stand.requests)
            for message in (messages.order(), messages.shipment(), messages.invoice()))
        parts = range(len(messages.PARTS))
        self.part_shipments = [messages.shipment(part).write(stand.requests, f"shipment-{part}")
                               for part in parts]
        self.part_invoices = [messages.invoice(part).write(stand.requests, f"invoice-{part}")
                              for part in parts]

    def round(self):
        self._visible()
        self._life()
        self._invoices_at_once()
        self._outage()

    @contextlib.contextmanager
    def _running(self, delay_ms=MAGENTO_MS):
        with self.stand.magento(delay_ms) as magento, \
                AmsyncSide(self.stand, magento.url) as side:
            yield magento, side

    def _visible(self):
        """From when the notification is due to Magento's having created the order."""
        with self._running() as (magento, side):
            send_and_wait(side, self.order, 1, 1)
            count = 20 * self.sizes.seconds
            loaded = send_and_wait(side, self.order, 2, count, rate=20)
            created_s = {int(step["increment_id"][-10:]): step["at"] / 1000
                         for order in magento.orders() for step in order["steps"]
                         if step["what"] == "create"}
            del created_s[1]
            latencies = latencies_ms(created_s, loaded.began_s, 20)
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            self.family.add(f"notification to visible in Magento, 20 orders/s, {name}", "ms",
                            quantile(latencies, share))
        self.family.bounded("p99 to visible less settle time, in Magento calls", "calls",
                            (quantile(latencies, 0.99) - SETTLE_MS) / MAGENTO_MS, ("<", 5))

    def _life(self):
        calls = self._calls_of_life([self.shipment], [self.invoice])
        self.family.bounded("calls for create, shipment and invoice", "calls",
                            sum(calls.values()), ("<=", 9))
        for route, count in sorted(calls.items()):
            self.family.add(f"of these {route}", "calls", count)
        self.family.add("calls for create, two shipments and two invoices", "calls",
                        sum(self._calls_of_life(self.part_shipments,
                                                self.part_invoices).values()))

    def _calls_of_life(self, shipments, invoices):
        """By route, of an order that is created, then shipped, then invoiced, one after the other.
        """
        with self._running(delay_ms=0) as (magento, side):
            for path in (self.order, *shipments, *invoices):
                run_load(side.url, path, first=1, count=self.sizes.lives, connections=8)
                wait_for_rest(side)
            whole = [order for order in magento.orders()
                     if len(order["shipments"]) == len(shipments)
                     and len(order["invoices"]) == len(invoices)]
            if len(whole) != self.sizes.lives:
                raise AssertionError(f"{len(whole)} of {self.sizes.lives} orders are complete")
            return {route: count / self.sizes.lives
                    for route, count in calls_by_route(magento).items()}

    def _invoices_at_once(self):
        count = self.sizes.invoices
        with self._running(delay_ms=0) as (magento, side):
            send_and_wait(side, self.order, 1, count)
            run_load(side.url, self.shipment, first=1, count=count, connections=64)
            wait_for_rest(side)
            magento.set(delay_ms=MAGENTO_MS)
            before = sum(calls_by_route(magento).values())
            fresh = max(2, count * CALLS_OF_AN_INVOICE // WORKERS * MAGENTO_MS * FRESH_RATE // 1000)
            with Background(side.url, self.order, first=FRESH_FIRST, count=fresh, rate=FRESH_RATE,
                            connections=8) as background:
                began = run_load(side.url, self.invoice, first=1, count=count,
                                 connections=64).began_s
            wait_for_rest(side)
            ended = max(outcome_moments_s(side, 1, count, "invoice").values())
            latencies = latencies_ms(outcome_moments_s(side, FRESH_FIRST, fresh),
                                     background.result.began_s, FRESH_RATE)
            calls = sum(calls_by_route(magento).values()) - before
        # The creates of fresh orders take Magento's time, too.
        own_s = (count * CALLS_OF_AN_INVOICE + fresh) * MAGENTO_MS / 1000 / WORKERS
        self.family.add(f"{count:,} invoices released at once", "s", ended - began)
        self.family.add(f"{count:,} invoices released at once, calls for each", "calls",
                        (calls - fresh) / count)
        self.family.add("fresh orders meanwhile, p99", "ms", quantile(latencies, 0.99))
        self.family.ratio(f"{count:,} invoices at once / Magento's own time", ended - began, own_s,
                          ("<=", 1.1))

    def _outage(self):
        """Magento is down for maintenance while orders come, then back."""
        count = self.sizes.backlog
        with self._running() as (magento, side):
            send_and_wait(side, self.order, 1, 1)
            magento.set(maintenance=True)
            run_load(side.url, self.order, first=2, count=count, connections=64)
            time.sleep(self.sizes.outage_s)
            magento.set(maintenance=False)
            back = time.time()
            wait_for_rest(side)
            moments = outcome_moments_s(side, 2, count).values()
        own_s = count * MAGENTO_MS / 1000 / WORKERS
        self.family.add(f"at rest after an outage of {self.sizes.outage_s:g} s with {count:,} "
                        "orders", "s", max(moments) - back)
        self.family.add("from Magento's return to the first order", "s", min(moments) - back)
        self.family.ratio("rest after outage / the backlog's own time", max(moments) - back,
                          own_s, ("<=", 1.2))
        self.family.ratio("the same, from the first order on", max(moments) - min(moments), own_s)


def calls_by_route(magento):
    """How often each route was asked."""
    counts = {}
    for name, count in magento.requests(last=1)["counts"].items():
        route = name.rpartition(" ")[0]
        counts[route] = counts.get(route, 0) + count
    return counts
