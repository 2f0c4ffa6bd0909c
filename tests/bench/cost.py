"""Cost: CPU time, instructions, WAL, commits and memory for each notification and each order."""

import contextlib
import dataclasses
import time

from bench import messages, waiting_orders
from bench.drain import send_and_wait
from bench.instructions import instructions_of_run
from bench.load import PeakMemory, cpu_seconds, memory, run_load
from bench.results import Family
from bench.sides import AmsyncSide, FastifySide
from support.waiting import wait_until

STATISTICS_FLUSH_S = 11  # a backend tells its statistics at the latest after 10 idle seconds


@dataclasses.dataclass(frozen=True)
class Sizes:
    notifications: int
    orders: int
    few: int  # notifications under callgrind: what the many cost more
    many: int
    waiting: int


FULL = Sizes(50_000, 5_000, 500, 2_000, 1_000_000)
QUICK = Sizes(2_000, 200, 50, 150, 2_000)
WARM_UP = 500


class Cost:
    title = "Cost"
    note = ("CPU time is user and system time from /proc. PostgreSQL's is that of all its "
            "processes; a notification's includes taking it in, an order's all from its "
            "notification to its outcome in the log. Fastify runs as one server and one worker, which "
            "takes less CPU time than several.")

    def __init__(self, stand):
        self.stand = stand
        self.family = Family(self.title, self.note)
        self.sizes = QUICK if stand.quick else FULL
        self.path = messages.order().write(stand.requests)

    def round(self):
        self._notifications()
        self._orders()
        self._instructions()
        self._waiting()

    def _spent(self, side_pids):
        """CPU seconds of the side's processes and of PostgreSQL."""
        return sum(map(cpu_seconds, side_pids)), cpu_seconds(self.stand.postgres.pid)

    def _add_spent(self, label, unit, count, before, after):
        for name, earlier, later in zip(("the program", "PostgreSQL"), before, after):
            self.family.add(f"{label}: CPU time of {name}", f"us/{unit}",
                            (later - earlier) / count * 1e6)

    def _add_memory(self, when, found):
        self.family.add(f"amsync, RSS {when}", "MiB", found.rss_mib)
        self.family.add(f"amsync, PSS {when}", "MiB", found.pss_mib)

    def _notifications(self):
        with AmsyncSide(self.stand) as side:
            self._add_memory("started", memory(side.pid))
            before = self._spent([side.pid])
            with PeakMemory(side.pid) as peak:
                loaded = run_load(side.url, self.path, count=self.sizes.notifications,
                                  connections=64)
            wait_until(side.taken_in, "the intake queue being empty", 1800, 0.1)
            self.family.add("amsync, accepting and taking in", "notifications/s",
                            self.sizes.notifications / (time.time() - loaded.began_s))
            self._add_spent("amsync, accepting and taking in", "notification",
                            self.sizes.notifications, before, self._spent([side.pid]))
            self._add_memory("at most while accepting", peak.most)

    def _orders(self):
        with self.stand.magento() as magento, AmsyncSide(self.stand, magento.url) as side:
            self.family.add("amsync, start to ready", "ms", side.ready_ms)
            with PeakMemory(side.pid) as peak:
                self._spend_and_write(side, [side.pid])
            self._add_memory("at most while publishing", peak.most)
            self._add_memory("idle again", memory(side.pid))
        with self.stand.magento() as magento, FastifySide(self.stand, magento.url) as side:
            self._spend_and_write(side, side.pids)
        value = self.family.value
        for what in ("CPU time of the program", "CPU time of PostgreSQL", "WAL", "commits"):
            self.family.ratio(f"{what} for an order / Fastify + graphile-worker",
                              value(f"amsync, an order: {what}"),
                              value(f"Fastify + graphile-worker, an order: {what}"))

    def _spend_and_write(self, side, pids):
        send_and_wait(side, self.path, 1, WARM_UP)
        written = self._written(side.database)
        spent = self._spent(pids)
        send_and_wait(side, self.path, 1 + WARM_UP, self.sizes.orders)
        self._add_spent(f"{side.name}, an order", "order", self.sizes.orders, spent,
                        self._spent(pids))
        self._add_written(side.name, self.sizes.orders, written, self._written(side.database))

    def _written(self, database):
        """WAL bytes and commits so far, once the statistics are told."""
        time.sleep(1 if self.stand.quick else STATISTICS_FLUSH_S)
        return self.stand.rows(
            database, "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, xact_commit"
            " FROM pg_stat_database WHERE datname = current_database()")[0]

    def _add_written(self, name, count, before, after):
        for what, unit, earlier, later in zip(("WAL", "commits"), ("bytes/order", "commits/order"),
                                              before, after):
            self.family.add(f"{name}, an order: {what}", unit, float(later - earlier) / count)

    def _instructions(self):
        """Of many notifications less those of few: start and stop cancel out."""
        few, many = (instructions_of_run(self.stand, self.path, count)
                     for count in (self.sizes.few, self.sizes.many))
        self.family.add("amsync, accepting and taking in: instructions", "per notification",
                        (many - few) / (self.sizes.many - self.sizes.few))

    def _waiting(self):
        """Memory while very many orders wait for a slow Magento."""
        with contextlib.ExitStack() as closing:
            magento = closing.enter_context(self.stand.magento(delay_ms=500))
            side = closing.enter_context(AmsyncSide(
                self.stand, magento.url, template="waiting",
                prepare=lambda database: waiting_orders.prepare(self.stand, database,
                                                                self.sizes.waiting)))
            time.sleep(1 if self.stand.quick else 10)
            self._add_memory(f"with {self.sizes.waiting:,} orders waiting", memory(side.pid))
            self.family.add(f"amsync, start to ready with {self.sizes.waiting:,} orders waiting",
                            "ms", side.ready_ms)
