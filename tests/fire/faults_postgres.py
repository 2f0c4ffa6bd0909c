"""What happens to PostgreSQL: sessions ended, restarted, away, slow, full, restored from a backup."""

import contextlib
import os
import shutil
import signal
import time

import psycopg

from support.postgres import server_programs

from fire.faults import ALONE, Deck
from fire.world import QUIET_S, now_ms, wait_ready

postgres = Deck("PostgreSQL", is_in_the_way=True)
snapshots = Deck("a session")
backups = Deck("the backup")


@postgres("sessions terminated")
def terminate(world, draw, long):
    for _ in range(draw.randint(1, 3)):
        world.postgres.end_connections(world.database)
        yield draw.uniform(0.1, 1.0)


@postgres("restarted fast")
def restart_fast(world, draw, long):
    world.postgres.restart("fast")
    yield 0.5


@postgres("restarted immediate")
def restart_immediate(world, draw, long):
    world.postgres.restart("immediate")
    yield 0.5


@postgres("power cut")
def power_cut(world, draw, long):
    world.postgres.restart("kill")
    yield 0.5


@postgres("away")
def away(world, draw, long):
    world.postgres.stop("fast")
    yield 30.0 if long else 4.0
    world.postgres.start()


@postgres("a backend hangs")
def hang_backend(world, draw, long):
    pids = [pid for pid, in world.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'amsync%' ORDER BY backend_start, pid")]
    pid = draw.choice(pids or [0])
    if pid:
        os.kill(pid, signal.SIGSTOP)
        yield draw.uniform(2.0, 20.0 if long else 5.0)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@postgres("all of it hangs")
def hang(world, draw, long):
    world.postgres.freeze()
    yield draw.uniform(2.0, 20.0 if long else 6.0)
    world.postgres.thaw()


@postgres("a table locked")
def lock(world, draw, long):
    table = draw.choice(("work", "notification", "sales_order", "connector_log", "intake_queue"))
    with world.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '5s'")
        with contextlib.suppress(psycopg.errors.LockNotAvailable):
            connection.execute(f"LOCK TABLE amsync.{table} IN ACCESS EXCLUSIVE MODE")
            yield draw.uniform(1.0, 15.0 if long else 4.0)


@postgres("no connection left")
def exhaust_connections(world, draw, long):
    """All that are free, and then as many as can be had of those that amsync had."""
    with contextlib.ExitStack() as closing:
        first = closing.enter_context(contextlib.closing(world.connect()))
        _take_connections(world, closing)
        first.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                      " WHERE application_name LIKE 'amsync%'")
        _take_connections(world, closing)
        yield draw.uniform(2.0, 15.0 if long else 4.0)


def _take_connections(world, closing):
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            closing.enter_context(contextlib.closing(world.connect()))


@postgres("disk full")
def fill_disk(world, draw, long):
    if not world.volume.is_mounted:
        return
    world.volume.fill()
    yield draw.uniform(2.0, 20.0 if long else 5.0)
    world.volume.free()
    world.ensure_postgres()


@snapshots("a snapshot held open")
def hold_snapshot(world, draw, long):
    with contextlib.suppress(psycopg.Error), contextlib.closing(world.connect()) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT count(*) FROM amsync.work")
        yield draw.uniform(60.0, 150.0) if long else 15.0


@backups("restored from a base backup")
def restore(world, draw, long):
    """Acumatica then repeats what it sent since the backup was begun."""
    data, copy = world.volume.folder / "cluster" / "data", world.copies / "base"
    shutil.rmtree(copy, ignore_errors=True)
    began, began_ms = time.monotonic(), now_ms()
    making = world.postgres_command(
        server_programs() / "pg_basebackup", "--pgdata", copy, "--host",
        world.volume.folder / "cluster", "--port", world.postgres.port, "--username", "postgres",
        "--checkpoint", "fast", "--wal-method", "stream")
    while making.poll() is None:
        yield 0.2
    if making.returncode != 0:  # another fault was in the way
        world.count_aside("base backup failed")
        return
    yield draw.uniform(30.0, 120.0) if long else draw.uniform(6.0, 10.0)
    yield ALONE
    for replica in world.amsync:
        replica.end(signal.SIGKILL)
    world.postgres.stop("immediate")
    shutil.rmtree(data)
    shutil.copytree(copy, data)
    world.give_to_postgres(data)
    yield QUIET_S + 0.5
    world.restores.append((began_ms, now_ms()))
    world.postgres.start()
    for replica in world.amsync:
        replica.launch()
        wait_ready(replica)
    world.sender.repeat(world.ledger.acknowledged(since=began))
