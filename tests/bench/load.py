"""The load generator, and what /proc tells of CPU time and memory."""

import dataclasses
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse

from support.service import build_folder

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
LOAD_DEADLINE_S = 3600


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What the load generator saw: counts, and latencies in milliseconds. `accepted` and the
    latencies leave the warm-up out, `acknowledged` does not."""

    began_s: float  # since 1970
    acknowledged: int
    accepted: int
    failed: int  # refused or broken off
    seconds: float
    per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    cpu_seconds: float


class LoadFailed(Exception):
    """The server refused or broke off what was measured, so there is no figure."""


def tool(name):
    return build_folder() / "tests" / "bench" / "load" / name


def _arguments(url, requests, options):
    arguments = [tool("load"), "--port", str(urllib.parse.urlsplit(url).port)]
    for path in requests:
        arguments += ["--request", path]
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    return arguments


def _read(output, lenient):
    seen = json.loads(output)
    if not lenient and (seen["refused"] or seen["broken"]):
        raise LoadFailed(f"{seen['refused']} refused (last {seen['refused_status']}), "
                         f"{seen['broken']} broken off")
    return Loaded(seen["began_s"], seen["acknowledged"], seen["accepted"],
                  seen["refused"] + seen["broken"], seen["seconds"], seen["per_second"],
                  seen["p50_us"] / 1000, seen["p99_us"] / 1000, seen["p999_us"] / 1000,
                  seen["cpu_seconds"])


def run_load(url, *requests, lenient=False, **options):
    """Sends the requests (files) and waits; `options` are those of the program."""
    done = subprocess.run(_arguments(url, requests, options), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False,
                          timeout=LOAD_DEADLINE_S)
    if done.returncode != 0:
        raise LoadFailed(done.stderr.strip())
    return _read(done.stdout, lenient)


class Background:
    """`with Background(...) as load:` runs it beside the block; `load.result` afterwards."""

    def __init__(self, url, *requests, **options):
        self.arguments = _arguments(url, requests, options)
        self.result = None

    def __enter__(self):
        self._process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self._process.kill()
        out, err = self._process.communicate()
        if kind is not None:
            return
        if self._process.returncode != 0:
            raise LoadFailed(err.strip())
        self.result = _read(out, lenient=False)


# --- /proc

def process_tree(pid):
    """The process and all that descends from it."""
    found = [pid]
    for parent in found:
        try:
            for thread in os.listdir(f"/proc/{parent}/task"):
                children = pathlib.Path(f"/proc/{parent}/task/{thread}/children")
                found += map(int, children.read_text("ascii").split())
        except OSError:
            continue  # it has ended meanwhile
    return found


def cpu_seconds(pid):
    """User and system time of the process, its live descendants, and its ended children."""
    total = 0
    for member in process_tree(pid):
        try:
            stat = pathlib.Path(f"/proc/{member}/stat").read_text("ascii", "replace")
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / TICKS_PER_SECOND


@dataclasses.dataclass(frozen=True)
class Memory:
    """What a process tree has in memory: PSS counts a page that several share once in all, RSS once
    for each of them."""

    pss_mib: float = 0.0
    rss_mib: float = 0.0


def memory(pid):
    kib = {"Pss:": 0, "Rss:": 0}
    for member in process_tree(pid):
        try:
            text = pathlib.Path(f"/proc/{member}/smaps_rollup").read_text("ascii")
        except OSError:
            continue
        for name, value in (line.split()[:2] for line in text.splitlines()):
            if name in kib:
                kib[name] += int(value)
    return Memory(kib["Pss:"] / 1024, kib["Rss:"] / 1024)


class PeakMemory:
    """`with PeakMemory(pid) as peak:` looks four times a second; `peak.most` is the most of each."""

    def __init__(self, pid):
        self.pid = pid
        self.most = Memory()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        while True:
            now = memory(self.pid)
            self.most = Memory(max(self.most.pss_mib, now.pss_mib),
                               max(self.most.rss_mib, now.rss_mib))
            if self._stop.wait(0.25):
                return
