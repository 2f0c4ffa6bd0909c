"""The installation under fire: a PostgreSQL on a small volume, a simulated Magento, three amsync on
one database, two tenants of Acumatica that use the same numbers."""

import collections
import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg

from support.magento import Magento
from support.postgres import Cluster, unprivileged_user
from support.scene import HOUR_PASSES, IN_WORK, add_mappings, settings_for
from support.service import Amsync
from support.waiting import wait_until

from fire import leftovers
from fire.expected import expected_orders
from fire.judge import Facts
from fire.ledger import Ledger
from fire.lives import Lives, Tenant
from fire.sender import Sender

REPLICAS = 3
VOLUME_BYTES = 600 * 1024 * 1024
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
FIRST_NUMBER = 1000

# The simulated Magento is late by less than this, so a late call takes effect in QUIET or never.
TIMEOUT_S = 1.0
QUIET_S = 3.0
# Longer than any notification is late; and longer than what counts as under way.
LATE_SAVE_MS = 900_000
LEASE_S = 2 * TIMEOUT_S + QUIET_S + 2

POSTGRES = {"max_connections": "60", "max_wal_size": "128MB", "wal_keep_size": "0",
            "checkpoint_timeout": "30s"}


class Volume:
    """A file system of its own, so that it can be filled; without the right to mount, a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.is_mounted = False

    def __enter__(self):
        self.folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={VOLUME_BYTES}", "amsync-fire",
                               str(self.folder)], stderr=subprocess.DEVNULL, check=False)
        self.is_mounted = done.returncode == 0
        return self

    def __exit__(self, *_):
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    @property
    def ballast(self):
        return self.folder / "ballast"

    def fill(self):
        """Nothing is left."""
        with open(self.ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        with open(self.ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(512))

    def free(self):
        self.ballast.unlink(missing_ok=True)


class World:
    """`with World(seed, log_folder) as world:` has everything running, and nothing happening."""

    def __init__(self, seed, log_folder, lives_at_once):
        self.seed = seed
        self.log_folder = pathlib.Path(log_folder)
        self.ledger = Ledger()
        self.tenants = [Tenant(company, FIRST_NUMBER) for company in ("MyStore", "OtherStore")]
        self.lives = Lives(seed, self.tenants, lives_at_once)
        self.by_hand = {}
        self.restores = []
        self.aside = collections.Counter()
        self.unexpected = []
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(self, *_):
        self._closing.close()

    def _open(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="amsync-fire-"))
        self._closing.callback(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        self.volume = self._closing.enter_context(Volume(self.folder / "volume"))
        self.postgres = self._closing.enter_context(
            Cluster(self.volume.folder / "cluster", POSTGRES))
        self.copies = self.folder / "copies"
        self.copies.mkdir()
        self.give_to_postgres(self.copies)
        self.database = self.postgres.create_database()
        self.magento = self._closing.enter_context(Magento(self.log_folder))
        self.amsync = [self._replica(number) for number in range(REPLICAS)]
        self._prepare(self.amsync[0])
        for replica in self.amsync:
            self._closing.callback(replica.kill_if_running)
            replica.start()
            replica.first = replica.measure()
        self.sender = self._closing.enter_context(
            Sender(self.seed, self.ledger, [one.url for one in self.amsync], self.amsync[0].secret))

    def _replica(self, number):
        settings = settings_for(
            self.postgres, self.database, self.magento, AMSYNC_COMPANIES="MyStore,OtherStore",
            AMSYNC_MAGENTO_TIMEOUT_MS=int(TIMEOUT_S * 1000),
            AMSYNC_MAGENTO_QUIET_MS=int(QUIET_S * 1000), AMSYNC_LOG_LEVEL="info",
            AMSYNC_SHUTDOWN_MS="5000", AMSYNC_LATE_SAVE_MS=LATE_SAVE_MS)
        return Replica(number, settings, self.log_folder / f"amsync-{number}", self.folder)

    def _prepare(self, amsync):
        amsync.command("migrate")
        add_mappings(amsync)
        amsync.command("prefs", "set", "--company", "OtherStore", "increment_prefix=OTH")

    # --- what happens

    def play(self, may_begin=True):
        """One transaction of Acumatica; False when nobody is left."""
        told = self.lives.step(may_begin)
        for _, notification in told or ():
            self.sender.send(notification)
        return told is not None

    def supervise(self):
        """Starts again what has ended by itself, as systemd would; only exit codes 0 and 3 (it
        cannot reach what it needs) are ever due to somebody else."""
        for replica in self.amsync:
            code = replica.unexpected_end()
            if code is not None:
                self.count_aside(f"amsync ended by itself with {code}")
                if code not in (0, 3):
                    self.unexpected.append(f"amsync {replica.number} ended with {code}\n"
                                           + replica.process.describe())
                replica.launch()

    def count_aside(self, what, count=1):
        self.aside[what] += count

    def heal(self):
        """The faults have undone themselves; this makes sure."""
        self.volume.free()
        self.ensure_postgres()
        self.magento.heal()

    def unrest(self):
        return self.rows("SELECT o.company, o.order_nbr, w.due_at - clock_timestamp(), w.claim::text"
                         " FROM amsync.work w JOIN amsync.sales_order o ON o.id = w.sales_order_id"
                         " ORDER BY w.due_at LIMIT 20")

    def touched(self, name, action):
        """A person did that with an order in Magento."""
        self.by_hand.setdefault(name, []).append(action)

    def draw_shown(self, draw):
        """An order that Magento has, or None."""
        tenant = draw.choice(self.tenants)
        number = draw.choice(sorted(tenant.orders) or [None])
        found = number and self.magento.orders(ext_order_id=f"{tenant.company}/SO/{number}")
        return found[0] if found else None

    # --- the database

    def connect(self):
        return self.postgres.connect(self.database)

    def rows(self, statement, parameters=None):
        with self.connect() as connection:
            return connection.execute(statement, parameters).fetchall()

    def postgres_command(self, *arguments):
        """Starts a program as the cluster's user."""
        user = unprivileged_user()
        switch = [] if user is None else ["setpriv", "--reuid", user, "--regid", user,
                                          "--init-groups", "--"]
        return subprocess.Popen([*switch, *map(str, arguments)], cwd="/",
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def give_to_postgres(self, folder):
        user = unprivileged_user()
        if user is not None:
            subprocess.run(["chown", "-R", f"{user}:", str(folder)], check=True)

    def ensure_postgres(self):
        """Started again if a fault has ended it."""
        if not self.postgres.is_running:
            self.postgres.start()
        self.postgres.thaw()

    # --- the end

    def is_at_rest(self):
        if not self.sender.is_idle:
            self.sender.press_send_all()
            return False
        try:
            return self.rows(IN_WORK)[0][0] == 0
        except psycopg.Error:
            return False

    def let_an_hour_pass(self):
        self.rows(HOUR_PASSES)

    def facts(self):
        expected = {}
        for tenant in self.tenants:
            expected.update(expected_orders(tenant))
        for name, actions in self.by_hand.items():
            expected[name].by_hand = actions
        for one in expected.values():
            one.restores = list(self.restores)
        return Facts(expected, self.magento.orders(), self._documents(), self._told(),
                     [entry.notification.body() for entry in self.ledger.acknowledged()],
                     {bytes(body) for body, in self.rows(
                         "SELECT convert_to(body, 'UTF8') FROM amsync.notification")})

    def _documents(self):
        documents = {}
        for company, order, kind, number, state, reason in self.rows(
                "SELECT o.company, o.order_nbr, d.kind, d.number, d.state, d.reason"
                " FROM amsync.document d JOIN amsync.sales_order o ON o.id = d.sales_order_id"):
            documents.setdefault((company, order), {})[(kind, number)] = (state, reason)
        return documents

    def _told(self):
        rows = self.rows("SELECT DISTINCT company, order_nbr, document_nbr"
                         " FROM amsync.connector_log WHERE order_nbr IS NOT NULL")
        return {row for company, order, document in rows
                for row in ((company, order, None), (company, order, document))}


class Replica(Amsync):
    """One amsync. Number 2 has a clock that can be set (libfaketime), if that is installed.

    What decides is CLOCK_BOOTTIME and PostgreSQL's clock, which no administrator sets; so libfaketime
    must leave the monotonic clocks alone, and timed waits for conditions, which its mend for glibc
    before 2.34 ends at once.
    """

    def __init__(self, number, settings, log_folder, folder):
        self.number = number
        self.first = None
        self._launched_at = 0.0
        self._is_wanted = False
        self._clock = None
        if number == 2 and os.path.exists(FAKETIME):
            self._clock = folder / "clock"
            settings |= {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": self._clock,
                         "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                         "FAKETIME_FORCE_MONOTONIC_FIX": "0"}
            self.set_clock("+0")
        super().__init__(settings, log_folder)

    @property
    def has_own_clock(self):
        return self._clock is not None

    def set_clock(self, offset):
        self._clock.write_text(offset + "\n", "ascii")

    def launch(self):
        self._is_wanted = True
        self._launched_at = time.monotonic()
        super().launch()

    def end(self, signal_number):
        """It is to end; with SIGKILL it has."""
        self._is_wanted = False
        if signal_number == signal.SIGKILL:
            self.process.kill()
        else:
            self.process.send(signal_number)

    def unexpected_end(self):
        """Its exit code, if it has ended although nobody wanted it to and is to be started again."""
        if not self._is_wanted or self.process.is_running:
            return None
        return self.process.exit_code if time.monotonic() - self._launched_at > 1.0 else None

    def measure(self):
        return leftovers.measure(f"amsync {self.number}", self.process.pid)

    def kill_if_running(self):
        if self.process is not None and self.process.is_running:
            self.kill()


def seeded(seed, *names):
    return random.Random("/".join(map(str, (seed, *names))))


def now_ms():
    return int(time.time() * 1000)


def wait_ready(replica, deadline_s=60):
    wait_until(replica.is_ready, lambda: f"amsync {replica.number} being ready\n"
               + replica.process.describe(), deadline_s)
