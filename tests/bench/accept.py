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
            "Nothing is published: amsync's publishing is paused, and Fastify's worker does not run. "
            "amsync takes in meanwhile, as far as it does under such a load; the rest waits in the "
            "table, as with Fastify (for how fast amsync takes in, see Cost). Fastify is held against "
            "amsync with whichever of its variants does better: as many processes as accept most, "
            "or one.")

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
        for queue in ("graphile", "pgboss"):
            self._choose_fastify(queue)
        for connections in self.connections:
            if connections == 64:
                self._limits()  # next to what is held against them
            self._amsync(connections)
            self._fastify("graphile", connections)
            if connections == 64:
                self._fastify("graphile", connections, " as one process", servers=1)
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

    def _measure(self, side, connections, variant=""):
        with PeakMemory(side.pid) as peak:
            loaded = run_load(side.url, self.path, connections=connections, **self.timing)
        self._require_kept(side, loaded.acknowledged)
        name = f"{side.name}{variant}"
        self._add(f"{name}, {connections} connections", loaded)
        if connections == 64:
            self.family.add(f"{name}, PSS under load", "MiB", peak.most.pss_mib)

    def _add(self, name, loaded):
        add = self.family.add
        add(name, "notifications/s", loaded.per_second)
        add(f"{name}, p50", "ms", loaded.p50_ms)
        add(f"{name}, p99", "ms", loaded.p99_ms)
        add(f"{name}, p99.9", "ms", loaded.p999_ms)

    @staticmethod
    def _require_kept(side, acknowledged):
        kept = side.accepted()
        if kept < acknowledged:
            raise AssertionError(f"{side.name} acknowledged {acknowledged} and kept {kept}")

    def _amsync(self, connections):
        with AmsyncSide(self.stand) as side:
            self._measure(side, connections)

    def _fastify(self, queue, connections, variant="", servers=None):
        """As so many processes; else as many as accept most."""
        pool_sizes, best = self.fastify[queue]
        servers = servers or best
        with FastifySide(self.stand, queue=queue, servers=servers,
                         pool_size=pool_sizes[servers]) as side:
            self._measure(side, connections, variant)

    def _choose_fastify(self, queue):
        """What accepts most at 64 connections: by the number of processes, how many connections
        each has to PostgreSQL; and how many processes."""
        if queue in self.fastify:
            return
        choices = list(itertools.product((1, os.cpu_count()), POOL_SIZES))
        if self.stand.quick:
            self.fastify[queue] = ({1: POOL_SIZES[0]}, 1)
            return
        rates = {}
        for servers, pool_size in choices:
            with FastifySide(self.stand, queue=queue, servers=servers,
                             pool_size=pool_size) as side:
                name = side.name
                rates[servers, pool_size] = run_load(side.url, self.path, connections=64,
                                                     **self.timing).per_second
        pool_sizes = {servers: max(POOL_SIZES, key=lambda size, of=servers: rates[of, size])
                      for servers, _ in choices}
        self.fastify[queue] = (pool_sizes, max(rates, key=rates.get)[0])
        said = ", ".join(f"{servers} x {pool_size}: {rate:.0f}/s"
                         for (servers, pool_size), rate in rates.items())
        self.family.remark(f"{name} runs with the processes and connections to PostgreSQL that "
                           f"accepted most in the first round ({said}).")

    def _sizes(self):
        """The large ones for longer, so that there are as many as a p99 needs."""
        sizes = ((102_400, "100 KB", 64, 1), (5 * 1024 * 1024, "5 MB", 4, 3))
        for size, name, connections, longer in sizes[:1] if self.stand.quick else sizes:
            path = messages.sized_order(size).write(self.stand.requests)
            timing = {**self.timing, "time_ms": self.timing["time_ms"] * longer}
            with AmsyncSide(self.stand) as side:
                loaded = run_load(side.url, path, connections=connections, **timing)
                self._require_kept(side, loaded.acknowledged)
            self._add(f"amsync, {name}, {connections} connections", loaded)

    def _ratios(self):
        """Of Fastify's two variants the better one, figure by figure."""
        value, ratio = self.family.value, self.family.ratio
        ours = value("amsync, 64 connections")
        fastify = [f"Fastify + graphile-worker{variant}" for variant in ("", " as one process")]
        ratio("accept / best single-row INSERT", ours,
              value("PostgreSQL, single-row INSERT, best of 1 to 64 connections"), (">=", 1.3))
        ratio("accept / Fastify + graphile-worker", ours,
              max(value(f"{name}, 64 connections") for name in fastify), (">=", 12))
        ratio("its p99 / ours", min(value(f"{name}, 64 connections, p99") for name in fastify),
              value("amsync, 64 connections, p99"), (">=", 10))
        ratio("accept / Fastify + pg-boss", ours, value("Fastify + pg-boss, 64 connections"))
        ratio("accept / INSERT of 64 rows", ours,
              value("PostgreSQL, INSERT of 64 rows, one connection"))
        ratio("accept / libmicrohttpd without a database", ours,
              value("libmicrohttpd, no database, 64 connections"))
        ratio("PSS under accept load / Fastify", value("amsync, PSS under load"),
              min(value(f"{name}, PSS under load") for name in fastify), ("<=", 0.2))
