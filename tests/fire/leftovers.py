"""What is left over at the end: in the database, and in each process. Measuring and judging apart."""

import dataclasses
import os
import pathlib

# A process that has worked holds its threads' heaps and libcurl's and libpq's buffers.
MEMORY_GROWTH_KIB = 24 * 1024
# Each worker keeps a connection to Magento, and libcurl two descriptors to wake it.
WORKERS = 8
DESCRIPTORS_EACH = 3
SPARE_DESCRIPTORS = 4  # a probe under way
CONNECTIONS_EACH = 6


@dataclasses.dataclass
class Measured:
    """One process, at one moment."""

    name: str
    pid: int
    memory_kib: int
    descriptors: int


def measure(name, pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    memory = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return Measured(name, pid, int(memory.split()[1]), len(os.listdir(f"/proc/{pid}/fd")))


QUEUED = "SELECT count(*) FROM amsync.intake_queue"
CLAIMED = """
    SELECT o.order_nbr, w.claim::text, w.crashes, w.alone FROM amsync.work w
    JOIN amsync.sales_order o ON o.id = w.sales_order_id
    WHERE w.claim IS NOT NULL OR w.lease_until IS NOT NULL OR w.crashes <> 0 OR w.alone
"""
SESSIONS = """
    SELECT application_name, state, clock_timestamp() - xact_start > interval '3 s' AS is_long,
           (SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory') AS locks
    FROM pg_stat_activity a
    WHERE datname = current_database() AND application_name LIKE 'amsync%'
    ORDER BY application_name, pid
"""


def judge_database(queued, claimed, sessions, replicas):
    if queued:
        yield f"{queued} notifications were never taken in"
    for order, claim, crashes, alone in claimed:
        yield f"{order} is still taken up: claim {claim}, crashes {crashes}, alone {alone}"
    for name, state, is_long, locks in sessions:
        if is_long:
            yield f"{name} has had a transaction open for more than 3 s ({state})"
        if locks:
            yield f"{name} holds {locks} advisory locks"
    names = [session[0] for session in sessions]
    if len(names) != replicas * CONNECTIONS_EACH:
        yield (f"{len(names)} connections of {replicas} amsync, which should have"
               f" {CONNECTIONS_EACH} each: {names}")


def judge_process(first, last):
    """`first` was measured when the same process had been ready for a moment."""
    if last.memory_kib - first.memory_kib > MEMORY_GROWTH_KIB:
        yield f"{last.name} grew from {first.memory_kib} to {last.memory_kib} KiB"
    if last.descriptors > first.descriptors + WORKERS * DESCRIPTORS_EACH + SPARE_DESCRIPTORS:
        yield f"{last.name} had {first.descriptors} descriptors and now has {last.descriptors}"
