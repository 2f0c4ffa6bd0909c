"""The harness itself."""

import pathlib
import subprocess
import sys

import psycopg
import pytest

from support import count_results
from support.postgres import Cluster
from support.process import Process, UnexpectedExit, free_port
from support.waiting import TimedOut, wait_until


def test_wait_until_returns_what_became_true():
    values = iter([None, 0, "now"])
    assert wait_until(lambda: next(values), "a value", interval_s=0) == "now"


def test_wait_until_says_what_did_not_happen():
    with pytest.raises(TimedOut, match="not within 0 s: the last state"):
        wait_until(lambda: False, lambda: "the last state", deadline_s=0)


def test_a_port_is_given_to_one_process_only():
    port = free_port()
    script = ("import random, sys; sys.path.insert(0, sys.argv[1])\n"
              "from support.process import free_port\n"
              "draw, first = random.randrange, [int(sys.argv[2])]\n"
              "random.randrange = lambda *limits: first.pop() if first else draw(*limits)\n"
              "print(free_port())\n")
    other = subprocess.run([sys.executable, "-c", script, sys.path[0], str(port)], text=True,
                           stdout=subprocess.PIPE, check=True)
    assert int(other.stdout) != port


def test_a_process_keeps_its_output_and_its_exit_code(tmp_path):
    process = Process("echo", ["sh", "-c", "echo '{\"a\": 1}'; echo bad >&2; exit 3"], tmp_path)
    assert process.first_json_line() == {"a": 1}
    assert process.wait() == 3
    assert process.stderr() == "bad\n"
    with pytest.raises(UnexpectedExit, match="ended with 3"):
        process.require_running()


def test_a_process_ends_with_the_one_that_started_it(tmp_path):
    script = ("import sys; sys.path.insert(0, sys.argv[1])\n"
              "from support.process import Process\n"
              "print(Process('sleep', ['sleep', '60'], sys.argv[2]).pid, flush=True)\n"
              "sys.stdin.read()\n")
    parent = subprocess.Popen([sys.executable, "-c", script, sys.path[0], tmp_path], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with parent:
        pid = int(parent.stdout.readline())
        comm = pathlib.Path(f"/proc/{pid}/comm")
        wait_until(lambda: comm.read_text("ascii") == "sleep\n", "the program in its process")
        parent.kill()
    wait_until(lambda: _has_ended(pid), f"the end of process {pid}")


def _has_ended(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_a_cluster_keeps_what_was_committed(postgres, mode):
    name = postgres.create_database()
    with psycopg.connect(postgres.uri(name)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    postgres.restart(mode)
    with postgres.connect(name) as connection:
        assert connection.execute("SELECT value FROM kept").fetchall() == [(1,)]
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    postgres.drop_database(name)


def test_a_frozen_cluster_answers_after_the_thaw(postgres):
    with postgres.connect() as connection:
        postgres.freeze()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(postgres.uri(), connect_timeout=2)
        postgres.thaw()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cluster_asks_for_its_password(postgres):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=postgres.port, user="postgres", password="wrong")


def test_a_cluster_leaves_nothing():
    with Cluster() as cluster:
        folder, pid = cluster.folder, cluster.pid
    assert not folder.exists()
    assert _has_ended(pid)


def test_results_of_meson_are_counted_by_case():
    lines = (
        '{"result": "OK", "stdout": "[  PASSED  ] 3 test(s).\\n"}\n'
        '{"result": "OK", "stdout": ""}\n'
        '{"result": "FAIL", "stdout": "[  PASSED  ] 2 test(s).", '
        '"stderr": "[  FAILED  ] 1 test(s), listed below:"}\n'
        '{"result": "TIMEOUT", "stdout": ""}\n'
        '{"result": "SKIP", "stdout": ""}\n')
    assert count_results.count_meson(lines) == (6, 2, 1)


def test_results_of_pytest_are_counted_by_case():
    assert count_results.count_junit(
        "<testsuites><testsuite><testcase/><testcase><failure/></testcase>"
        "<testcase><error/></testcase><testcase><skipped/></testcase></testsuite></testsuites>"
    ) == (1, 2, 1)
