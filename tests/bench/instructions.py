"""Instructions that amsync executes, counted by callgrind."""

import os
import re

from support.service import build_folder
from support.waiting import wait_until

from bench.load import run_load
from bench.sides import AmsyncSide

SUMMARY = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
WRAPPER = """#!/bin/sh
if [ "$1" = serve ]; then
    exec valgrind --quiet --tool=callgrind --callgrind-out-file={counts} {program} "$@"
fi
exec {program} "$@"
"""


def instructions_of_run(stand, path, count):
    """From start to stop of `amsync serve` that accepts so many notifications and takes them in."""
    counts = stand.folder / "callgrind.out"
    counts.unlink(missing_ok=True)
    wrapper = stand.folder / "amsync-callgrind"
    wrapper.write_text(WRAPPER.format(counts=counts, program=build_folder() / "amsync"), "utf-8")
    os.chmod(wrapper, 0o755)
    with AmsyncSide(stand, program=wrapper) as side:
        run_load(side.url, path, count=count, connections=8)
        wait_until(side.taken_in, "the intake queue being empty", 600, 0.5)
    return int(SUMMARY.search(counts.read_text("utf-8", "replace"))[1])
