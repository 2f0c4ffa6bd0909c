"""What the machine allows: PostgreSQL's own INSERTs, and libmicrohttpd without a database."""

import contextlib
import re
import socket
import subprocess

from support.process import Process, free_port
from support.waiting import wait_until

from bench.load import tool

TABLE = """
    CREATE TABLE inbox (
        id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
        body         text NOT NULL
    )
"""
SINGLE_ROW = "INSERT INTO inbox (body) VALUES (:body);\n"
ROWS = 64
MANY_ROWS = ("INSERT INTO inbox (body) SELECT unnest(ARRAY["
             + ", ".join([":body::text"] * ROWS) + "]);\n")
TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def _prepare(stand):
    def prepare(database):
        with stand.postgres.connect(database) as connection:
            connection.execute(TABLE)
    return prepare


def _pgbench(stand, message, script, connections, seconds):
    """Transactions a second of a script whose :body is the message's body, sent as a parameter."""
    path = stand.requests / "insert.sql"
    path.write_text(script, "ascii")
    with stand.database("limit", _prepare(stand)) as database:
        done = subprocess.run(
            ["pgbench", "--no-vacuum", "--protocol=prepared", f"--client={connections}",
             f"--jobs={min(connections, 2)}", f"--time={max(2, round(seconds))}",
             f"--define=body={message.numbered(1).decode()}", f"--file={path}",
             stand.postgres.uri(database)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
    found = TPS.search(done.stdout)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"pgbench failed\n{done.stdout}{done.stderr}")
    return float(found[1])


def best_single_row_insert(stand, message, seconds):
    """Rows a second, of the number of connections that is best."""
    counts = (8, 64) if stand.quick else (1, 4, 8, 16, 32, 64)
    return max(_pgbench(stand, message, SINGLE_ROW, count, seconds) for count in counts)


def unnest_insert(stand, message, seconds):
    """Rows a second of one connection that inserts 64 rows at a time."""
    return ROWS * _pgbench(stand, message, MANY_ROWS, 1, seconds)


def _listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def limit_http(stand):
    """libmicrohttpd with nothing behind it; its URL."""
    port = free_port()
    process = Process("limit-http", [tool("limit-http"), port], stand.log_folder)
    try:
        wait_until(lambda: _listens(port), process.describe)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
