"""Growth: the same work with more behind it, or more at once."""

import contextlib
import time

from bench import messages, waiting_orders
from bench.drain import (outcome_latencies_ms, outcome_moments_s, quantile, send_and_wait,
                         through_rate)
from bench.load import PeakMemory, cpu_seconds, run_load
from bench.results import Family
from bench.sides import AmsyncSide
from bench.through import recorded_create
from support.waiting import wait_until

MAGENTO_MS = 50
SNAPSHOT_ORDERS_A_SECOND = 50
ORDERS_OF_A_WORKER = 100  # one after the other: five seconds of Magento's
LINEAR = 1.2  # of the time of a row, at most, where there are several times as many
NOTIFICATIONS_MEASURED = 3  # at least


class Growth:
    title = "Growth"
    note = ("Orders and log lines that are there already were written into the tables at once, "
            "each with its stored document. CPU time is amsync's and PostgreSQL's. A notification "
            "of many rows is of one order, whose rows have the six columns that each line needs, or "
            "of as many orders, whose rows have 1 KB. Orders a second are from the first "
            "notification's being sent to the last outcome; each worker has as many as take five "
            "seconds of Magento's time, to which amsync's settle time adds 0.25.")

    def __init__(self, stand):
        self.stand = stand
        self.family = Family(self.title, self.note)
        quick = stand.quick
        self.stored = (0, 2_000) if quick else (0, 1_000_000, 10_000_000)
        self.orders = 100 if quick else 5_000
        self.latency_rate, self.latency_s = (50, 1) if quick else (500, 4)
        # In as many notifications as that takes.
        self.rows_measured = 500 if quick else 5_000
        self.rows = (100, 1_000) if quick else (1, 100, 1_000, 10_000, 50_000)
        self.orders_of_a_notification = (1, 100) if quick else (1, 100, 1_000, 4_000)
        self.workers = (1, 32) if quick else (1, 8, 32, 64, 200)
        self.snapshot_s = 2 if quick else 600
        self.snapshot_is_measured = False
        self.order = messages.order()
        self.path = self.order.write(stand.requests)
        self.first = 1

    def round(self):
        for stored in self.stored:
            self._with_stored(stored)
        self.first += 10 + self.orders + self.latency_rate * self.latency_s
        for rows in self.rows:
            self._with_rows(f"{rows:,} rows", rows, messages.long_order(rows))
        for orders in self.orders_of_a_notification:
            self._with_rows(f"{orders:,} orders", orders, messages.several_orders(orders))
        for workers in self.workers:
            self._with_workers(workers)
        self._with_snapshot()
        self._ratios()

    @contextlib.contextmanager
    def _running(self, delay_ms=0, **options):
        with self.stand.magento(delay_ms) as magento, \
                AmsyncSide(self.stand, magento.url, **options) as side:
            yield magento, side

    def _prepare(self, stored):
        def prepare(database):
            self.stand.prepare_amsync(database)
            waiting_orders.add_orders(self.stand, database, stored, published=True)
        return prepare

    def _cpu_s(self, side):
        return cpu_seconds(side.pid) + cpu_seconds(self.stand.postgres.pid)

    def _with_stored(self, stored):
        database = (self.stand.kept_database(f"stored-{stored}", self._prepare(stored))
                    if stored else None)
        label = f"{stored:,} orders stored"
        add = self.family.add
        with self._running(database=database) as (_, side):
            add(f"{label}, start to ready", "ms", side.ready_ms)
            send_and_wait(side, self.path, self.first, 10)
            first = self.first + 10
            before = self._cpu_s(side)
            with PeakMemory(side.pid) as peak:
                loaded = send_and_wait(side, self.path, first, self.orders)
            add(f"{label}, CPU time of an order", "us/order",
                (self._cpu_s(side) - before) / self.orders * 1e6)
            ended_s = max(outcome_moments_s(side, first, self.orders).values())
            add(label, "orders/s", self.orders / (ended_s - loaded.began_s))
            add(f"{label}, accepted meanwhile", "notifications/s", loaded.per_second)
            add(f"{label}, PSS at most", "MiB", peak.most.pss_mib)
            self._latency(side, label, first + self.orders)
            for command in (("order", f"SO{self.first:010d}"), ("log",)):
                began = time.monotonic()
                side.amsync.command(*command)
                add(f"{label}, amsync {command[0]}", "ms", (time.monotonic() - began) * 1000)

    def _latency(self, side, label, first):
        latencies = outcome_latencies_ms(side, self.path, first,
                                         self.latency_rate * self.latency_s, self.latency_rate)
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            self.family.add(f"{label}, outcome at {self.latency_rate} orders/s, {name}", "ms",
                            quantile(latencies, share))

    def _with_rows(self, what, rows, message):
        """Notifications with so many rows, one after the other, from sending until all are taken
        in."""
        path = message.write(self.stand.requests, f"growth-{what.replace(' ', '-')}")
        count = max(NOTIFICATIONS_MEASURED, self.rows_measured // rows)
        with AmsyncSide(self.stand) as side:
            before = self._cpu_s(side)
            loaded = run_load(side.url, path, first=1, count=count)
            wait_until(side.taken_in, "the intake queue being empty", 600, 0.05)
            spent = self._cpu_s(side) - before
        add = self.family.add
        add(f"notification of {what}, acknowledged, p50", "ms", loaded.p50_ms)
        add(f"notification of {what}, CPU time of a row", "us", spent / count / rows * 1e6)

    def _with_workers(self, workers):
        count = workers * ORDERS_OF_A_WORKER
        with self._running(MAGENTO_MS, AMSYNC_WORKERS=workers) as (magento, side):
            rate = through_rate(side, self.path, 1, count)
            create = recorded_create(magento).write(self.stand.requests)
        with self.stand.magento(MAGENTO_MS) as magento:
            bare = run_load(magento.url, create, first=1, count=count, connections=workers)
        self.family.add(f"{workers} workers, Magento 50 ms", "orders/s", rate)
        self.family.ratio(f"{workers} workers / bare client with as many connections", rate,
                          bare.per_second)

    def _with_snapshot(self):
        """Before and after ten minutes of orders in which somebody's transaction is open, so that
        nothing dead can be removed."""
        if self.snapshot_is_measured:
            return
        meanwhile = round(self.snapshot_s * SNAPSHOT_ORDERS_A_SECOND)
        with self._running() as (_, side), self.stand.postgres.connect(side.database) as other:
            before = through_rate(side, self.path, 1, self.orders)
            other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            other.execute("SELECT count(*) FROM amsync.work")
            send_and_wait(side, self.path, 1 + self.orders, meanwhile,
                          rate=SNAPSHOT_ORDERS_A_SECOND)
            after = through_rate(side, self.path, 1 + self.orders + meanwhile, self.orders)
        self.snapshot_is_measured = True
        label = f"after a snapshot held open for {self.snapshot_s:g} s"
        self.family.remark(f"The snapshot is held open in the first round only, while "
                           f"{SNAPSHOT_ORDERS_A_SECOND} orders a second come: the rate at its end "
                           f"and the one before it are one sample each, so many minutes apart.")
        self.family.add("before that snapshot", "orders/s", before)
        self.family.add(label, "orders/s", after)
        self.family.ratio(f"orders/s {label} / before", after, before)

    def _ratios(self):
        value, ratio = self.family.value, self.family.ratio
        for stored in self.stored[1:]:
            target = ("<=", 1.15) if stored == self.stored[-1] else None
            ratio(f"CPU time of an order with {stored:,} stored / with none",
                  value(f"{stored:,} orders stored, CPU time of an order"),
                  value("0 orders stored, CPU time of an order"), target)
        for few, many, what in ((self.rows[-2], self.rows[-1], "rows"),
                                (*self.orders_of_a_notification[-2:], "orders")):
            ratio(f"CPU time of a row, notification of {many:,} {what} / of {few:,}",
                  value(f"notification of {many:,} {what}, CPU time of a row"),
                  value(f"notification of {few:,} {what}, CPU time of a row"), ("<=", LINEAR))
