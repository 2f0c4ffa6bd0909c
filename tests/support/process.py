"""Programs started, watched and stopped by process id, their output kept in files."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess

from support.waiting import DEADLINE_S, wait_until

SHOWN_LOG_BYTES = 20_000
_claims = []  # of the ports that this process was given; the kernel drops them when it ends


class UnexpectedExit(AssertionError):
    """A program ended when it should not have, or otherwise than it should have."""


def free_port():
    """A TCP port of 127.0.0.1 that nothing listens on, and that no other process gets from here while
    this one lives: its user may bind it late, or leave it for a while between two runs.

    Taken from below the range that the kernel hands out for outgoing connections, which could
    otherwise take it before its user binds it.
    """
    for _ in range(1000):
        port = random.randrange(15_000, 32_000)
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                claim.bind(f"\0amsync-test-port-{port}")  # an abstract name: it leaves no file
                probe.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
        _claims.append(claim)
        return port
    raise RuntimeError("no free TCP port below 32000")


class Process:
    """One running program. Its output goes to NAME.out and NAME.err in `log_folder`.

    The kernel sends it `orphan_signal` when the thread that started it ends, however that happens:
    nothing is left running. Start it from a thread that lives as long as it should.
    """

    def __init__(self, name, arguments, log_folder, env=None, user=None, cwd=None,
                 orphan_signal=signal.SIGKILL):
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        folder = pathlib.Path(log_folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.stdout_path = folder / f"{name}.out"
        self.stderr_path = folder / f"{name}.err"
        switch = ["setpriv", "--pdeathsig", signal.Signals(orphan_signal).name.removeprefix("SIG")]
        if user is not None and os.geteuid() == 0:
            switch += ["--reuid", user, "--regid", user, "--init-groups"]
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            # An earlier run under the same name may have left output: ours begins here.
            self._stdout_start = out.tell()
            self._stderr_start = err.tell()
            self._child = subprocess.Popen(
                [*switch, "--", *self.arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env=env, cwd=cwd)

    @property
    def pid(self):
        return self._child.pid

    @property
    def exit_code(self):
        """None while it runs; negative: ended by that signal."""
        return self._child.poll()

    @property
    def is_running(self):
        return self.exit_code is None

    def stdout(self):
        return _read_from(self.stdout_path, self._stdout_start)

    def stderr(self):
        return _read_from(self.stderr_path, self._stderr_start)

    def first_json_line(self, deadline_s=DEADLINE_S):
        """The first line of its standard output, once it is complete, read as JSON."""
        def complete():
            text = self.stdout()
            if "\n" in text:
                return True
            self.require_running()
            return False
        wait_until(complete, lambda: f"the first line of {self.describe()}", deadline_s)
        return json.loads(self.stdout().split("\n", 1)[0])

    def require_running(self):
        if not self.is_running:
            raise UnexpectedExit(f"{self.name} ended with {self.exit_code}\n{self.describe()}")

    def send(self, signal_number):
        """A signal to the process, or to nobody if it has ended."""
        self._child.send_signal(signal_number)

    def wait(self, deadline_s=DEADLINE_S):
        """Its exit code."""
        try:
            return self._child.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise UnexpectedExit(
                f"{self.name} has not ended within {deadline_s:g} s\n{self.describe()}") from None

    def terminate(self, deadline_s=DEADLINE_S):
        """SIGTERM, then its exit code."""
        self.send(signal.SIGTERM)
        return self.wait(deadline_s)

    def kill(self):
        """SIGKILL: what a crash or the out-of-memory killer does."""
        self.send(signal.SIGKILL)
        self._child.wait()

    def describe(self):
        """Command line and the end of its output, for a failed test's report."""
        parts = ["$ " + " ".join(self.arguments)]
        for title, text in (("stdout", self.stdout()), ("stderr", self.stderr())):
            if text:
                parts.append(f"--- {self.name} {title} ---\n{text[-SHOWN_LOG_BYTES:].rstrip()}")
        return "\n".join(parts)


def _read_from(path, offset):
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read().decode("utf-8", "replace")
