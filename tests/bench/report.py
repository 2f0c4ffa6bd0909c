"""RESULTS.md, and the same on standard output."""

import json
import os
import pathlib
import platform
import subprocess

from support.service import build_folder

from bench.results import number
from bench.stand import PROJECT

LIBRARIES = ("libmicrohttpd12", "libcurl3-gnutls", "libjansson4", "libpq5", "valgrind")
# What is compared, by the folder that it is installed in.
PACKAGES = {"fastify": ("fastify", "pg", "graphile-worker", "pg-boss", "undici"), "n8n": ("n8n",)}


def _first_line(*command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    return done.stdout.splitlines()[0].strip() if done.stdout else ""


def _file_value(path, name):
    for line in pathlib.Path(path).read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _commit():
    """With a word on changes, other than those of the results themselves."""
    git = ("git", "-C", str(PROJECT))
    commit = _first_line(*git, "describe", "--always")
    changed = _first_line(*git, "status", "--porcelain", "--", ".", ":!tests/bench/RESULTS.md")
    return f"commit {commit}{', changed' if changed else ''}"


def _build_options(folder):
    """What decides how fast it is, of the build that is measured."""
    done = subprocess.run(["meson", "introspect", "--buildoptions", folder], check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    values = {option["name"]: option["value"] for option in json.loads(done.stdout)}
    return ", ".join(f"{name}={values[name]}" for name in ("buildtype", "b_sanitize"))


def _package_version(folder):
    return json.loads((folder / "package.json").read_text("utf-8"))["version"]


def machine(stand):
    """What a reader needs to judge the figures."""
    memory_kib = int(_file_value("/proc/meminfo", "MemTotal").split()[0])
    folder = stand.postgres.folder
    build = str(build_folder())
    facts = {
        "CPU": f"{os.cpu_count()} x {_file_value('/proc/cpuinfo', 'model name')}",
        "memory": f"{memory_kib / 1024 / 1024:.1f} GiB",
        "Debian": _first_line("cat", "/etc/debian_version"),
        "kernel": platform.release(),
        "file system of PostgreSQL": _first_line("stat", "-f", "-c", "%T", str(folder)),
        "amsync": _commit(),
        "built with": f"{_first_line('gcc', '--version')}, {_build_options(build)}",
        "PostgreSQL": stand.value("postgres", "SHOW server_version"),
    }
    for name in LIBRARIES:
        facts[name] = _first_line("dpkg-query", "-W", "-f", "${Version}", name)
    for folder, names in PACKAGES.items():
        if (stand.folder / folder / "node_modules").exists():
            npm = stand.npm_folder(folder)
            facts[f"Node.js of {folder}"] = _first_line(str(stand.node(npm)), "--version")
            for name in names:
                facts[name] = _package_version(npm / "node_modules" / name)
    return facts


def _cells(values):
    return "| " + " | ".join(values) + " |"


def _rows(header, rows):
    return [_cells(header), _cells(["---"] * len(header)), *map(_cells, rows), ""]


def _spread(figure, rounds):
    """Least and greatest, and of how many rounds if not of all."""
    spread = " to ".join(map(number, figure.spread))
    count = len(figure.values)
    return spread if count == rounds else f"{spread} ({count} of {rounds} rounds)"


def _figure_row(figure, rounds):
    return [figure.name, number(figure.median), figure.unit, _spread(figure, rounds)]


def _family_lines(family, rounds):
    lines = [f"## {family.title}", "", family.note, ""]
    lines += [f"- {remark}" for remark in family.remarks] + [""] * bool(family.remarks)
    if family.ratios:
        lines += _rows(["against", "median", "spread", "target", ""],
                       [[ratio.name, f"{number(ratio.median)} {ratio.unit}",
                         _spread(ratio, rounds), ratio.target, ratio.verdict]
                        for ratio in family.ratios])
    return lines + _rows(["measured", "median", "", "spread"],
                         [_figure_row(figure, rounds) for figure in family.figures])


def summary(families):
    """Each ratio on a line, for the terminal."""
    lines = []
    for family in families:
        for ratio in family.ratios:
            target = f"  target {ratio.target}: {ratio.verdict}" if ratio.target else ""
            lines.append(f"{family.title}: {ratio.name}: {number(ratio.median)} {ratio.unit}"
                         f" ({number(ratio.spread[0])} to {number(ratio.spread[1])}){target}")
    return "\n".join(lines)


def markdown(families, facts, command, rounds, seconds):
    """The report of so many rounds of what `command` measures."""
    lines = [
        "# Benchmark results", "",
        f"Written by `{command}`, which repeats them: {rounds} rounds in turn on one machine in "
        f"{seconds / 60:.0f} minutes, everything on that machine, the load generator too. The median"
        " of the rounds, and the least and greatest. Ratios are taken within each round, so they "
        "hold where absolute figures drift. PostgreSQL has fsync and synchronous_commit on, and "
        "the same settings for all sides (tests/bench/stand.py).", "",
        *_rows(["machine", ""], facts.items()),
    ]
    for family in families:
        lines += _family_lines(family, rounds)
    return "\n".join(lines).rstrip() + "\n"
