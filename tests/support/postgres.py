"""A private PostgreSQL cluster in a folder of its own.

It listens on 127.0.0.1 (with a password) and on a socket in its folder, commits as durably as a
production server does, and runs as an unprivileged user where the tests run as root, because
PostgreSQL refuses root.
"""

import contextlib
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile

import psycopg
from psycopg import sql

from support.process import Process, free_port
from support.waiting import DEADLINE_S, wait_until

SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_line_prefix": "%m [%p] %d ",
    "log_timezone": "UTC",
    # Far from UTC and no whole hour: code that takes the session's day for the UTC day shows.
    "timezone": "Asia/Kolkata",
}

STOP_SIGNALS = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}


def server_programs():
    """The folder of initdb and postgres: the newest that Debian has, else what PATH names."""
    folders = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    initdb = shutil.which("initdb")
    if initdb is None:
        raise RuntimeError("no PostgreSQL server programs; run scripts/install-deps test")
    return pathlib.Path(initdb).resolve().parent


def unprivileged_user():
    """Whom the server runs as: None for the caller, else a user's name."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


class Cluster:
    """`with Cluster() as cluster:` makes, starts and finally removes it.

    With a `folder` of the caller's, an existing cluster in it is started again and the folder stays
    afterwards. As root the folder must be reachable for the user postgres. `data_folder` and
    `wal_folder`, which must not exist yet, are for the data or the write-ahead log on another volume.
    """

    def __init__(self, folder=None, settings=None, data_folder=None, wal_folder=None):
        self._temporary = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="amsync-postgres-"))
        self._data = pathlib.Path(data_folder or self.folder / "data")
        self._wal = pathlib.Path(wal_folder or self.folder / "wal")
        self.port = free_port()
        self._settings = {**SETTINGS, **(settings or {})}
        self._programs = server_programs()
        self._user = unprivileged_user()
        self._process = None
        self._databases = 0
        self._password = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def pid(self):
        return self._process.pid

    @property
    def is_running(self):
        return self._process is not None and self._process.is_running

    def start(self):
        """Makes the cluster if need be, starts it and waits until it accepts connections."""
        if not (self._data / "PG_VERSION").exists():
            self._make()
        self._password = (self.folder / "password").read_text(encoding="ascii").strip()
        options = {
            **self._settings,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
        }
        arguments = [self._programs / "postgres", "-D", self._data]
        for name, value in options.items():
            arguments += ["-c", f"{name}={value}"]
        # The server's working folder must be one that its user may enter.
        self._process = Process("postgres", arguments, self.folder / "log", user=self._user,
                                cwd="/", orphan_signal=signal.SIGQUIT)
        wait_until(self._accepts, lambda: "PostgreSQL accepting\n" + self._process.describe())

    def _make(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        password_path = self.folder / "password"
        password_path.touch(mode=0o600)
        password_path.write_text(secrets.token_hex(16) + "\n", encoding="ascii")
        switch = []
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            os.chown(password_path, owner.pw_uid, owner.pw_gid)
            switch = ["setpriv", "--reuid", self._user, "--regid", self._user, "--init-groups",
                      "--"]
        done = subprocess.run(
            [*switch, str(self._programs / "initdb"), "-D", str(self._data), "--no-sync",
             "--username=postgres", f"--pwfile={password_path}", "--auth-local=trust",
             "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
             f"--waldir={self._wal}"],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed\n{done.stdout}")

    def _accepts(self):
        self._process.require_running()
        with contextlib.suppress(psycopg.OperationalError), self.connect():
            return True
        return False

    def stop(self, mode="fast", deadline_s=DEADLINE_S):
        """`smart`, `fast` or `immediate`, as pg_ctl has them."""
        self._process.send(STOP_SIGNALS[mode])
        self._process.wait(deadline_s)

    def kill(self):
        """SIGKILL to every process of the server at once: what a power cut does to it."""
        processes = self._processes()
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        wait_until(lambda: not any(_exists(pid) for pid in processes),
                   "the end of PostgreSQL's processes")

    def restart(self, mode="fast"):
        """The same port and folder again; `kill` is a mode too."""
        if mode == "kill":
            self.kill()
        else:
            self.stop(mode)
        self.start()

    def freeze(self):
        """Connections stay, nothing answers: what a hung disk looks like. Undone by thaw."""
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _processes(self):
        """The postmaster first, then its children."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii")
        return [self.pid, *map(int, children.split())]

    def close(self):
        """Stops it; removes the folder unless it is the caller's."""
        if self.is_running:
            self.thaw()
            self.stop("immediate")
        if self._temporary:
            shutil.rmtree(self.folder)

    def uri(self, database="postgres"):
        """A libpq URI for the superuser, over TCP, with the password in it."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database="postgres"):
        """An autocommit connection of psycopg, for the caller to close."""
        return psycopg.connect(host=str(self.folder), port=self.port, user="postgres",
                               dbname=database, autocommit=True, connect_timeout=10)

    def create_database(self, template="template1"):
        """The name of a new database, a copy of `template`, which nobody may be connected to."""
        self._databases += 1
        name = f"test_{os.getpid()}_{self._databases}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop_database(self, name):
        """Also ends the connections to it. A server that has ended leaves nothing to drop, and a test that
        found it so is to say why."""
        if not self.is_running:
            return
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def end_connections(self, database):
        """Ends the sessions of a database as an administrator would; returns how many."""
        with self.connect() as connection:
            row = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid()", [database]).fetchone()
        return row[0]

    def log(self):
        return self._process.stderr()


def _exists(pid):
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
