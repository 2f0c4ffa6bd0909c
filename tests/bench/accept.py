"""Accept: notifications that are acknowledged and committed, and how long each takes."""

import itertools
import os

from bench import messages
from bench.limits import best_single_row_insert, limit_http, unnest_insert
from bench.load import PeakMemory, run_load
from bench.results import Family
from bench.sides import AmsyncSide, FastifySide

CONNECTIONS = (1, 8, 64, 256, 512)
POOL_SIZES = (10, 20, 40)  # of a process of Fastify


class Accept:
    title = "Accept"
    note = ("Acknowledged and committed notifications a second, closed loop, for some seconds. "
            "Publishing is paused. What comes faster than it is taken in waits in the table, for "
            "amsync and the others alike (for how fast amsync takes in, see Cost).")

    def __init__(self, stand):
        self.stand = stand
        self.family = Family(self.title, self.note)
        self.connections = (1, 64) if stand.quick else CONNECTIONS
        self.small = messages.order()
        self.path = self.small.write(stand.requests)
        self.timing = ({"time_ms": 1000, "warmup_ms": 300} if stand.quick
                       else {"time_ms": 4000, "warmup_ms": 1000})
        self.fastify = {}  # by the queue

    def round(self):
        self._limits()
        for connections in self.connections:
            self._amsync(connections)
            self._fastify("graphile", connections)
            if connections == 64:
                self._fastify("pgboss", connections)
        self._sizes()
        self._ratios()

    def _limits(self):
        add = self.family.add
        seconds = self.timing["time_ms"] / 1000
        add("PostgreSQL, single-row INSERT, best of 1 to 64 connections", "rows/s",
            best_single_row_insert(self.stand, self.small, seconds))
        add("PostgreSQL, INSERT of 64 rows, one connection", "rows/s",
            unnest_insert(self.stand, self.small, seconds))
        with limit_http(self.stand) as url:
            loaded = run_load(url, self.path, connections=64, **self.timing)
        add("libmicrohttpd, no database, 64 connections", "requests/s", loaded.per_second)

    def _measure(self, side, path, connections):
        name = f"{side.name}, {connections} connections"
        with PeakMemory(side.pid) as peak:
            loaded = run_load(side.url, path, connections=connections, **self.timing)
        self._require_kept(side, loaded.acknowledged)
        add = self.family.add
        add(name, "notifications/s", loaded.per_second)
        add(f"{name}, p50", "ms", loaded.p50_ms)
        add(f"{name}, p99", "ms", loaded.p99_ms)
        add(f"{name}, p99.9", "ms", loaded.p999_ms)
        if connections == 64:
            add(f"{side.name}, PSS under load", "MiB", peak.mib)
        return loaded

    @staticmethod
    def _require_kept(side, acknowledged):
        kept = side.accepted()
        if kept < acknowledged:
            raise AssertionError(f"{side.name} acknowledged {acknowledged} and kept {kept}")

    def _amsync(self, connections):
        with AmsyncSide(self.stand) as side:
            self._measure(side, self.path, connections)

    def _fastify(self, queue, connections):
        processes, pool_size = self._best_of_fastify(queue)
        with FastifySide(self.stand, queue=queue, processes=processes,
                         pool_size=pool_size) as side:
            self._measure(side, self.path, connections)

    def _best_of_fastify(self, queue):
        """(processes, connections of each to PostgreSQL): what accepts most at 64 connections."""
        choices = itertools.product((1, os.cpu_count()), POOL_SIZES)
        if self.stand.quick:
            return next(choices)
        if queue not in self.fastify:
            rates = {}
            for processes, pool_size in choices:
                with FastifySide(self.stand, queue=queue, processes=processes,
                                 pool_size=pool_size) as side:
                    name = side.name
                    rates[processes, pool_size] = run_load(side.url, self.path, connections=64,
                                                           **self.timing).per_second
            self.fastify[queue] = max(rates, key=rates.get)
            said = ", ".join(f"{processes} x {pool_size}: {rate:.0f}/s"
                             for (processes, pool_size), rate in rates.items())
            self.family.remark(f"{name} runs with the processes and connections to PostgreSQL "
                               f"that accepted most in the first round ({said}).")
        return self.fastify[queue]

    def _sizes(self):
        sizes = ((102_400, "100 KB", 64), (5 * 1024 * 1024, "5 MB", 4))
        for size, name, connections in sizes[:1] if self.stand.quick else sizes:
            path = messages.sized_order(size).write(self.stand.requests)
            with AmsyncSide(self.stand) as side:
                loaded = run_load(side.url, path, connections=connections, **self.timing)
                self._require_kept(side, loaded.acknowledged)
            add = self.family.add
            label = f"amsync, {name}, {connections} connections"
            add(label, "notifications/s", loaded.per_second)
            add(f"{label}, p50", "ms", loaded.p50_ms)
            add(f"{label}, p99", "ms", loaded.p99_ms)
            add(f"{label}, p99.9", "ms", loaded.p999_ms)

    def _ratios(self):
        value, ratio = self.family.value, self.family.ratio
        ours = value("amsync, 64 connections")
        fastify = "Fastify + graphile-worker, 64 connections"
        ratio("accept / best single-row INSERT", ours,
              value("PostgreSQL, single-row INSERT, best of 1 to 64 connections"), (">=", 1.3))
        ratio("accept / Fastify + graphile-worker", ours, value(fastify), (">=", 12))
        ratio("its p99 / ours", value(f"{fastify}, p99"), value("amsync, 64 connections, p99"),
              (">=", 10))
        ratio("accept / Fastify + pg-boss", ours, value("Fastify + pg-boss, 64 connections"))
        ratio("accept / INSERT of 64 rows", ours,
              value("PostgreSQL, INSERT of 64 rows, one connection"))
        ratio("PSS under accept load / Fastify", value("amsync, PSS under load"),
              value("Fastify + graphile-worker, PSS under load"), ("<=", 0.2))
