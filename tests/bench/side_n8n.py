"""n8n, a workflow tool: webhook, condition, call to Magento, PostgreSQL, as tests/bench/n8n has it."""

import contextlib
import shutil
import urllib.parse

from support import web
from support.magento import TOKEN
from support.process import Process, free_port
from support.service import SECRET, environment
from support.waiting import wait_until

from bench.sides import logged_moments_s, order_numbers
from bench.stand import PROJECT, run_program

READY_DEADLINE_S = 300
SETTINGS = {
    "NODE_ENV": "production",
    "DB_TYPE": "postgresdb",
    "DB_POSTGRESDB_POOL_SIZE": 10,
    "N8N_LISTEN_ADDRESS": "127.0.0.1",
    "N8N_ENCRYPTION_KEY": "of-the-benchmarks",
    "N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS": "false",
    "N8N_LOG_LEVEL": "error",
    # What its page on performance says to turn off, and what would ask the internet.
    "EXECUTIONS_DATA_SAVE_ON_SUCCESS": "none",
    "EXECUTIONS_DATA_SAVE_ON_ERROR": "none",
    "EXECUTIONS_DATA_SAVE_ON_PROGRESS": "false",
    "N8N_DIAGNOSTICS_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
    "N8N_TEMPLATES_ENABLED": "false",
    "N8N_PERSONALIZATION_ENABLED": "false",
    "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
    "N8N_RUNNERS_ENABLED": "false",
    # The other engine makes an isolate for each execution and takes several times as long.
    "N8N_EXPRESSION_ENGINE": "legacy",
}


class N8nSide:
    """`with N8nSide(stand, magento_url) as side:`."""

    name = "n8n"
    path = "/webhook/acumatica"

    def __init__(self, stand, magento_url):
        self.stand = stand
        self._folder = stand.npm_folder("n8n")
        self._node = stand.node(self._folder)
        self._magento_url = magento_url
        self._process = None

    def __enter__(self):
        self.database = self.stand.kept_database("n8n", self._prepare)
        self._forget_last_run()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._process = Process(
            "n8n", [self._node, self._program, "start"], self.stand.log_folder,
            env=environment({**self._settings(self.database), "N8N_PORT": port}), cwd=self._folder)
        try:
            wait_until(self._is_ready, self._process.describe, READY_DEADLINE_S, 0.2)
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(self, *_):
        self._process.kill()

    @property
    def pid(self):
        return self._process.pid

    @property
    def _program(self):
        return self._folder / "node_modules" / "n8n" / "bin" / "n8n"

    def _settings(self, database):
        server = urllib.parse.urlsplit(self.stand.postgres.uri(database))
        return {
            **SETTINGS,
            "N8N_USER_FOLDER": self._folder,
            "DB_POSTGRESDB_HOST": server.hostname,
            "DB_POSTGRESDB_PORT": server.port,
            "DB_POSTGRESDB_DATABASE": database,
            "DB_POSTGRESDB_USER": server.username,
            "DB_POSTGRESDB_PASSWORD": server.password,
            "SECRET": SECRET,
            "MAGENTO_TOKEN": TOKEN,
            "MAGENTO_URL": self._magento_url,
        }

    def _forget_last_run(self):
        """It was killed; what it finds of unfinished executions, also in its own logs, it tries to
        recover, over which it sometimes ends."""
        self.stand.execute(self.database, "TRUNCATE mapping, log, execution_entity CASCADE")
        shutil.rmtree(self._folder / ".n8n", ignore_errors=True)

    def _prepare(self, database):
        schema = PROJECT / "tests" / "bench" / "fastify" / "schema.sql"
        self.stand.execute(database, schema.read_text("utf-8"))
        settings = self._settings(database)
        run_program([self._node, self._folder / "workflow.js"], settings, cwd=self._folder)
        for arguments in (("import:credentials", "--input=credentials.json"),
                          ("import:workflow", "--input=workflow.json"),
                          ("update:workflow", "--all", "--active=true")):
            run_program([self._node, self._program, *arguments], settings,
                        deadline_s=READY_DEADLINE_S, cwd=self._folder)

    def _is_ready(self):
        """Its workflows are active some time after it answers."""
        if not self._process.is_running:
            raise RuntimeError(self._process.describe())
        with contextlib.suppress(OSError):
            return web.request("POST", self.url + self.path, body="{}").status == 403
        return False

    def published(self, first, count):
        return self.stand.value(self.database, "SELECT count(*) FROM mapping"
                                " WHERE order_nbr >= %s AND order_nbr < %s",
                                order_numbers(first, count))

    def outcome_moments_s(self, first, count, _action):
        return logged_moments_s(self.stand, self.database, first, count)
