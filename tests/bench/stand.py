"""The machine under test: one PostgreSQL for all sides, and databases that are ready to be used."""

import contextlib
import os
import pathlib
import subprocess

from support.magento import TOKEN, Magento
from support.postgres import Cluster
from support.scene import add_mappings
from support.service import Amsync, environment

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent

# The same for all sides. A commit waits for the disk, as it does in production; what differs from
# PostgreSQL's defaults is what any guide sets on a machine of a few GiB.
POSTGRES = {
    "max_connections": "300",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "wal_compression": "on",
    "max_wal_size": "8GB",
    "min_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "fsync": "on",
    "synchronous_commit": "on",
}

# Stands for a Magento that nothing asks anything of: accepting alone.
NO_MAGENTO = "http://127.0.0.1:9"
NPM_DEADLINE_S = 1200


class Stand:
    """`with Stand(folder) as stand:`; `folder` keeps what is installed and written."""

    def __init__(self, folder, quick):
        self.folder = folder
        self.quick = quick
        self.log_folder = folder / "log"
        self.requests = folder / "requests"
        self._closing = contextlib.ExitStack()
        self._templates = {}
        self._connections = {}

    def __enter__(self):
        self.requests.mkdir(parents=True, exist_ok=True)
        self.postgres = self._closing.enter_context(Cluster(settings=POSTGRES))
        return self

    def __exit__(self, *_):
        for database in list(self._connections):
            self._disconnect(database)
        self._closing.close()

    # --- databases

    def _template(self, name, prepare):
        if name not in self._templates:
            database = self.postgres.create_database()
            prepare(database)
            self._disconnect(database)  # it is copied only while nobody is connected to it
            self._templates[name] = database
        return self._templates[name]

    def kept_database(self, name, prepare):
        """The one that `prepare` makes ready, itself: what is done in it stays."""
        return self._template(name, prepare)

    @contextlib.contextmanager
    def database(self, name, prepare):
        """A new copy of the database that `prepare` (called once with a database) makes ready."""
        database = self.postgres.create_database(self._template(name, prepare))
        try:
            yield database
        finally:
            self._disconnect(database)
            self.postgres.drop_database(database)
            # What the last one left to do is not for the next one to pay.
            with self.postgres.connect() as connection:
                connection.execute("CHECKPOINT")

    def rows(self, database, statement, parameters=()):
        """Over a connection that stays: a new one for each look costs PostgreSQL more than an order."""
        if database not in self._connections:
            self._connections[database] = self.postgres.connect(database)
        return self._connections[database].execute(statement, parameters).fetchall()

    def _disconnect(self, database):
        if database in self._connections:
            self._connections.pop(database).close()

    def execute(self, database, statements):
        with self.postgres.connect(database) as connection:
            connection.execute(statements)

    def value(self, database, statement, parameters=()):
        return self.rows(database, statement, parameters)[0][0]

    # --- what runs

    @contextlib.contextmanager
    def magento(self, delay_ms=0):
        """A simulated Magento that takes so long for each call."""
        with Magento(self.log_folder, ["--delay-ms", delay_ms]) as magento:
            yield magento

    def amsync(self, database, magento_url, program=None, **settings):
        """An installation as README.md says, not started."""
        return Amsync({
            "AMSYNC_DATABASE_URL": self.postgres.uri(database),
            "AMSYNC_MAGENTO_URL": magento_url,
            "AMSYNC_MAGENTO_TOKEN": TOKEN,
            "AMSYNC_LOG_LEVEL": "info",
            **settings,
        }, self.log_folder, program)

    def prepare_amsync(self, database):
        amsync = self.amsync(database, NO_MAGENTO)
        amsync.command("migrate")
        add_mappings(amsync)

    def npm_folder(self, name):
        """Where the packages of tests/bench/NAME are installed, with its sources beside them."""
        source = PROJECT / "tests" / "bench" / name
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in source.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        stamp = folder / ".installed"
        wanted = (source / "package.json").read_text("utf-8")
        if not stamp.exists() or stamp.read_text("utf-8") != wanted:
            _npm_install(folder)
            stamp.write_text(wanted, "utf-8")
        return folder

    def node(self, folder):
        """Node.js as the npm package has it, the same version on every machine."""
        return next(folder.glob("node_modules/node-bin-linux-*/bin/node"))


def _npm_install(folder):
    done = subprocess.run(
        ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund",
         "--loglevel", "error"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=NPM_DEADLINE_S, check=False, env=dict(os.environ))
    if done.returncode != 0:
        raise RuntimeError(f"npm install in {folder} failed\n{done.stdout[-4000:]}")


def run_program(arguments, settings, deadline_s=120, cwd=None):
    """A program of another side that does its work and ends; its output."""
    done = subprocess.run([str(argument) for argument in arguments], env=environment(settings),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=deadline_s, check=False,
                          cwd=cwd)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments}: {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout
