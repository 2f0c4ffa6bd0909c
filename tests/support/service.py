"""The amsync program: its commands, and `amsync serve` as a process."""

import dataclasses
import http.client
import json
import os
import pathlib
import subprocess

from support import web
from support.process import Process, UnexpectedExit, free_port
from support.waiting import wait_until

SECRET = "a-secret-of-the-tests"
COMMAND_DEADLINE_S = 60
SANITIZER_SIGNS = ("Sanitizer:", "runtime error:")

# What a program may inherit from whoever runs the tests.
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "ASAN_OPTIONS", "LSAN_OPTIONS",
             "TSAN_OPTIONS", "UBSAN_OPTIONS")


def build_folder():
    """Where the programs under test are: AMSYNC_BUILD_DIR, else build/ in the project's folder."""
    project = pathlib.Path(__file__).resolve().parent.parent.parent
    return pathlib.Path(os.environ.get("AMSYNC_BUILD_DIR", project / "build"))


def environment(settings):
    """A program's whole environment; no setting of the caller's own shell slips in."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **{name: str(value) for name, value in settings.items()}}


@dataclasses.dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    arguments: list
    exit_code: int
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)

    def json_lines(self):
        return [json.loads(line) for line in self.stdout.splitlines()]

    def describe(self):
        return (f"$ amsync {' '.join(self.arguments)}\nexit code {self.exit_code}\n"
                f"{self.stdout}{self.stderr}")


class Amsync:
    """One installation: its settings, its commands and its running service.

    `settings` are the AMSYNC_* variables; the two listeners and the secret are added, with ports of
    their own. They may be changed while the service is stopped.
    """

    def __init__(self, settings, log_folder, program=None):
        self.program = pathlib.Path(program or build_folder() / "amsync")
        self.settings = {
            "AMSYNC_COMPANIES": "MyStore",
            "AMSYNC_WEBHOOK_SECRET": SECRET,
            "AMSYNC_LISTEN": f"127.0.0.1:{free_port()}",
            "AMSYNC_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
            "AMSYNC_LOG_LEVEL": "debug",
            **settings,
        }
        self._log_folder = pathlib.Path(log_folder)
        self._starts = 0
        self.process = None

    @property
    def url(self):
        return "http://" + self.settings["AMSYNC_LISTEN"]

    @property
    def admin_url(self):
        return "http://" + self.settings["AMSYNC_ADMIN_LISTEN"]

    @property
    def secret(self):
        return self.settings["AMSYNC_WEBHOOK_SECRET"]

    # --- commands

    def command(self, *arguments, exit_code=0, input_text=None, settings=None):
        """Runs one; `exit_code=None` accepts any. Raises UnexpectedExit on another one."""
        arguments = [str(argument) for argument in arguments]
        done = subprocess.run(
            [self.program, *arguments], env=environment({**self.settings, **(settings or {})}),
            input=input_text, stdin=subprocess.DEVNULL if input_text is None else None,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            timeout=COMMAND_DEADLINE_S, check=False)
        finished = Finished(arguments, done.returncode, done.stdout, done.stderr)
        _require_no_report(finished.stderr, finished.describe)
        if exit_code is not None and done.returncode != exit_code:
            raise UnexpectedExit(f"exit code {exit_code} was expected\n{finished.describe()}")
        return finished

    def log_lines(self, *arguments):
        """The connector log: `amsync log --json`, one dict a line."""
        return self.command("log", "--json", *arguments).json_lines()

    def order(self, *arguments):
        """`amsync order --json`, also of one that is not known."""
        return self.command("order", "--json", *arguments, exit_code=None).json()

    def wait_for_order(self, number, state, deadline_s=60):
        """What is known of the order once its state is `state`."""
        def reached():
            return self.order(number).get("state") == state
        wait_until(reached, lambda: f"{number} being {state}\n{self._describe_order(number)}",
                   deadline_s)
        return self.order(number)

    def wait_for_documents(self, number, state="published", deadline_s=60, **expected):
        """The order once it has as many shipments and invoices in that state as is said:
        `shipments=2, invoices=1`."""
        def reached():
            order = self.order(number)
            return all(
                [document["state"] for document in order.get(kind, [])] == [state] * count
                for kind, count in expected.items())
        wait_until(reached, lambda: f"{expected} of {number} being {state}\n"
                   + self._describe_order(number), deadline_s)
        return self.order(number)

    def _describe_order(self, number):
        shown = (self.command("order", number, exit_code=None),
                 self.command("log", "--order", number, exit_code=None))
        return "\n".join(finished.describe() for finished in shown)

    # --- the service

    def launch(self):
        """Starts `amsync serve` without waiting for anything."""
        self._starts += 1
        self.process = Process(f"serve-{self._starts}", [self.program, "serve"], self._log_folder,
                               env=environment(self.settings))

    def start(self):
        """Starts `amsync serve` and waits until it is ready."""
        self.launch()
        wait_until(self.is_ready, lambda: "amsync being ready\n" + self.process.describe())

    def is_ready(self):
        self.process.require_running()
        return self.probe("/readyz") == 200

    def probe(self, path, url=None):
        """The status of GET path on the webhook listener, or None without an answer."""
        try:
            return web.get((url or self.url) + path, timeout_s=5).status
        except (OSError, http.client.HTTPException):
            return None

    def stop(self):
        """SIGTERM; it must end well. Returns what it wrote to its process log."""
        require_good_end(self.process)
        return self.process.stderr()

    def kill(self):
        """SIGKILL. What a sanitizer had reported until then still counts."""
        self.process.kill()
        _require_no_report(self.process.stderr(), self.process.describe)

    def twin(self):
        """Another installation with the same settings but for the listeners, not started."""
        settings = {name: value for name, value in self.settings.items()
                    if name not in ("AMSYNC_LISTEN", "AMSYNC_ADMIN_LISTEN")}
        return Amsync(settings, self._log_folder / "twin", self.program)

    def close(self):
        """Stops it if it runs."""
        if self.process is not None and self.process.is_running:
            self.stop()

    def process_log(self):
        """The lines of the process log of the running or last service, each a dict."""
        return [json.loads(line) for line in self.process.stderr().splitlines()]


def require_good_end(process):
    """Ends a process with SIGTERM: it must end with 0, and without a sanitizer's report."""
    code = process.terminate()
    _require_no_report(process.stderr(), process.describe)
    if code != 0:
        raise UnexpectedExit(f"{process.name} ended with {code}\n{process.describe()}")


def _require_no_report(stderr, describe):
    if any(sign in stderr for sign in SANITIZER_SIGNS):
        raise AssertionError("a sanitizer reports\n" + describe())
