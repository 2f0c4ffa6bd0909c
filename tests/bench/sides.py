"""The programs that are compared, each as its users would run it, started and stopped."""

import contextlib

from support import web
from support.magento import TOKEN
from support.process import Process, free_port
from support.service import SECRET, environment
from support.waiting import wait_until

from bench.stand import NO_MAGENTO, run_program

READY_DEADLINE_S = 180


class AmsyncSide:
    """`with AmsyncSide(stand, magento_url) as side:`; without a Magento it only accepts."""

    name = "amsync"

    def __init__(self, stand, magento_url=None, template="amsync", prepare=None, **settings):
        self.stand = stand
        self._magento_url = magento_url
        self._settings = settings
        self._template = template
        self._prepare = prepare or stand.prepare_amsync
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            self.database = undo.enter_context(
                self.stand.database(self._template, self._prepare))
            self.amsync = self.stand.amsync(self.database, self._magento_url or NO_MAGENTO,
                                            **self._settings)
            if self._magento_url is None:
                self.amsync.command("prefs", "set", "--yes", "publishing=paused")
            undo.callback(self.amsync.close)
            self.amsync.start()
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

    def is_at_rest(self):
        return self.stand.value(
            self.database, "SELECT NOT EXISTS (SELECT FROM amsync.intake_queue)"
            " AND NOT EXISTS (SELECT FROM amsync.work)")

    def published(self):
        """How many orders are recorded as being in Magento."""
        return self.stand.value(
            self.database, "SELECT count(*) FROM amsync.sales_order"
            " WHERE magento_entity_id IS NOT NULL")

    def latencies_ms(self, first, count, action="create", kind="order"):
        """From the arrival of each notification to its committed outcome, of so many numbers."""
        return [row[0] for row in self.stand.rows(self.database, """
            SELECT extract(epoch FROM l.at - n.received_at)::float8 * 1000
            FROM amsync.connector_log l
            JOIN amsync.notification n
              ON n.kind = %(kind)s
             AND right(n.notification_id, 12)::bigint = right(l.order_nbr, 10)::bigint
            WHERE l.action = %(action)s AND l.status = 'published'
              AND right(l.order_nbr, 10)::bigint >= %(first)s
              AND right(l.order_nbr, 10)::bigint < %(last)s""",
            {"kind": kind, "action": action, "first": first, "last": first + count})]

    def last_outcome_s(self):
        """When the last outcome was committed, in seconds since 1970."""
        return self.stand.value(
            self.database, "SELECT extract(epoch FROM max(at))::float8 FROM amsync.connector_log"
            " WHERE status = 'published'")


class FastifySide:
    """The server, and with a Magento the worker, of tests/bench/fastify."""

    def __init__(self, stand, magento_url=None, queue="graphile", processes=1, concurrency=24):
        self.stand = stand
        self.name = f"Fastify + {'graphile-worker' if queue == 'graphile' else 'pg-boss'}"
        self._folder = stand.npm_folder("fastify")
        self._node = stand.node(self._folder)
        self._magento_url = magento_url
        self._settings = {"QUEUE": queue, "PROCESSES": processes, "CONCURRENCY": concurrency,
                          "SECRET": SECRET, "MAGENTO_TOKEN": TOKEN, "NODE_ENV": "production"}
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
            if self._magento_url:
                self.worker = self._start(undo, "worker")
                self.worker.first_json_line(READY_DEADLINE_S)
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

    def published(self):
        return self.stand.value(self.database, "SELECT count(*) FROM mapping")

    def is_at_rest(self):
        return self.stand.value(self.database,
                                "SELECT NOT EXISTS (SELECT FROM graphile_worker.jobs)")

    def latencies_ms(self, first, count):
        return [row[0] for row in self.stand.rows(self.database, """
            SELECT extract(epoch FROM l.at - i.received_at)::float8 * 1000
            FROM log l JOIN inbox i ON i.id = l.inbox_id
            WHERE right(l.order_nbr, 10)::bigint >= %s
              AND right(l.order_nbr, 10)::bigint < %s""", [first, first + count])]

    def last_outcome_s(self):
        return self.stand.value(self.database,
                                "SELECT extract(epoch FROM max(at))::float8 FROM log")
