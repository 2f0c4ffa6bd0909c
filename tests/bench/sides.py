"""The programs that are compared, each as its users would run it, started and stopped."""

import contextlib
import time

from support import web
from support.magento import TOKEN
from support.process import Process, free_port
from support.service import SECRET, environment
from support.waiting import wait_until

from bench.stand import NO_MAGENTO, run_program

READY_DEADLINE_S = 180


def order_numbers(first, count):
    """From which order number on to which; indexes on numbers find them."""
    return [f"SO{number:010d}" for number in (first, first + count)]


class AmsyncSide:
    """`with AmsyncSide(stand, magento_url) as side:`; without a Magento it only accepts."""

    name = "amsync"

    def __init__(self, stand, magento_url=None, template="amsync", prepare=None, database=None,
                 program=None, **settings):
        self.stand = stand
        self.database = database  # one that is kept; else a new copy of the template
        self._program = program
        self._magento_url = magento_url
        self._settings = settings
        self._template = template
        self._prepare = prepare or stand.prepare_amsync
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            kept = self.database is not None
            if not kept:
                self.database = undo.enter_context(
                    self.stand.database(self._template, self._prepare))
            self.amsync = self.stand.amsync(self.database, self._magento_url or NO_MAGENTO,
                                            self._program, **self._settings)
            if self._magento_url is None:
                self.amsync.command("prefs", "set", "--yes", "publishing=paused")
            elif kept:
                self.amsync.command("magento", "moved", exit_code=None)  # 1: there was none yet
            undo.callback(self.amsync.close)
            began = time.monotonic()
            self.amsync.launch()
            wait_until(self.amsync.is_ready, "amsync being ready", READY_DEADLINE_S, 0.001)
            self.ready_ms = (time.monotonic() - began) * 1000
            self._closing = undo.pop_all()
        return self

    def __exit__(self, *_):
        self._closing.close()

    @property
    def url(self):
        return self.amsync.url

    @property
    def pid(self):
        return self.amsync.process.pid

    def accepted(self):
        """How many notifications are committed."""
        return self.stand.value(self.database, "SELECT count(*) FROM amsync.notification")

    def taken_in(self):
        """Whether no notification waits to be taken in."""
        return self.stand.value(self.database,
                                "SELECT NOT EXISTS (SELECT FROM amsync.intake_queue)")

    def is_at_rest(self):
        return self.stand.value(
            self.database, "SELECT NOT EXISTS (SELECT FROM amsync.intake_queue)"
            " AND NOT EXISTS (SELECT FROM amsync.work)")

    def published(self, first, count):
        """How many of so many orders are recorded as being in Magento."""
        return self.stand.value(
            self.database, "SELECT count(*) FROM amsync.sales_order WHERE order_nbr >= %s"
            " AND order_nbr < %s AND magento_entity_id IS NOT NULL", order_numbers(first, count))

    def why_not_published(self):
        """States and reasons, each with its number of orders."""
        return self.stand.rows(self.database, "SELECT state, reason, count(*)"
                               " FROM amsync.sales_order GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 5")

    def outcome_moments_s(self, first, count, action):
        """When each outcome was recorded, by its order's number, in seconds since 1970."""
        return dict(self.stand.rows(self.database, """
            SELECT right(order_nbr, 10)::bigint, extract(epoch FROM at)::float8
            FROM amsync.connector_log
            WHERE action = %s AND status = 'published' AND order_nbr >= %s AND order_nbr < %s""",
            [action, *order_numbers(first, count)]))


def logged_moments_s(stand, database, first, count):
    """When each outcome was recorded, in the tables of tests/bench/fastify/schema.sql."""
    return dict(stand.rows(database, """
        SELECT right(order_nbr, 10)::bigint, extract(epoch FROM at)::float8 FROM log
        WHERE order_nbr >= %s AND order_nbr < %s""", order_numbers(first, count)))


# graphile-worker deletes a job that is done, pg-boss keeps it for a while.
JOBS_LEFT = {"graphile": "SELECT last_error FROM graphile_worker.jobs",
             "pgboss": "SELECT state, output FROM pgboss.job WHERE state <> 'completed'"}


class FastifySide:
    """The servers, and with a Magento the workers, of tests/bench/fastify."""

    def __init__(self, stand, magento_url=None, queue="graphile", servers=1, pool_size=20,
                 workers=1, concurrency=24):
        self.stand = stand
        self.queue = queue
        self.name = f"Fastify + {'graphile-worker' if queue == 'graphile' else 'pg-boss'}"
        self._folder = stand.npm_folder("fastify")
        self._node = stand.node(self._folder)
        self._magento_url = magento_url
        self._workers = workers
        self._settings = {"QUEUE": queue, "SERVERS": servers, "POOL_SIZE": pool_size,
                          "CONCURRENCY": concurrency, "SECRET": SECRET, "MAGENTO_TOKEN": TOKEN,
                          "NODE_ENV": "production"}
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            self.database = undo.enter_context(self.stand.database("fastify", self._prepare))
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            self._settings |= {"DATABASE_URL": self.stand.postgres.uri(self.database),
                               "PORT": port, "MAGENTO_URL": self._magento_url or ""}
            self.server = self._start(undo, "server")
            wait_until(self._is_ready, self.server.describe, READY_DEADLINE_S)
            started = [self._start(undo, "worker")
                       for _ in range(self._workers if self._magento_url else 0)]
            for worker in started:
                worker.first_json_line(READY_DEADLINE_S)
            self.pids = [process.pid for process in (self.server, *started)]
            self._closing = undo.pop_all()
        return self

    def __exit__(self, *_):
        self._closing.close()

    @property
    def pid(self):
        return self.server.pid

    def _prepare(self, database):
        run_program([self._node, self._folder / "prepare.js"],
                    {"DATABASE_URL": self.stand.postgres.uri(database)})

    def _start(self, undo, program):
        process = Process(f"fastify-{program}", [self._node, self._folder / f"{program}.js"],
                          self.stand.log_folder, env=environment(self._settings))
        undo.callback(process.kill)
        return process

    def _is_ready(self):
        self.server.require_running()
        with contextlib.suppress(OSError):
            return web.get(self.url + "/readyz").status == 200
        return False

    def accepted(self):
        return self.stand.value(self.database, "SELECT count(*) FROM inbox")

    def published(self, first, count):
        return self.stand.value(self.database, "SELECT count(*) FROM mapping"
                                " WHERE order_nbr >= %s AND order_nbr < %s",
                                order_numbers(first, count))

    def is_at_rest(self):
        return self.stand.value(self.database, f"SELECT NOT EXISTS ({JOBS_LEFT[self.queue]})")

    def why_not_published(self):
        """Some of the jobs that are left."""
        return self.stand.rows(self.database, f"{JOBS_LEFT[self.queue]} LIMIT 5")

    def outcome_moments_s(self, first, count, _action):
        return logged_moments_s(self.stand, self.database, first, count)
