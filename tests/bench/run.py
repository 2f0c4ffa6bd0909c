"""The command line of the benchmarks; scripts/bench says what it takes."""

import argparse
import pathlib
import shlex
import shutil
import signal
import sys
import time

from bench import report
from bench.accept import Accept
from bench.cost import Cost
from bench.feel import Feel
from bench.growth import Growth
from bench.other import Other
from bench.stand import PROJECT, Stand
from bench.through import Through

FAMILIES = {"accept": Accept, "through": Through, "cost": Cost, "feel": Feel,
            "growth": Growth, "other": Other}
ROUNDS = 5
DISK_BYTES = 40 << 30
PART = "PART.md"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--quick", action="store_true",
                        help="everything tiny and once")
    parser.add_argument("--rounds", type=int, help=f"how often in turn ({ROUNDS})")
    parser.add_argument("--only", action="append", choices=FAMILIES, metavar="FAMILY",
                        help=f"of {', '.join(FAMILIES)}; may be repeated")
    parser.add_argument("--output", type=pathlib.Path)
    return parser.parse_args()


def output_of(options, folder):
    """What is only a part of the benchmarks does not replace their results."""
    if options.output:
        return options.output
    if options.quick:
        return folder / "QUICK.md"
    if options.only or (options.rounds or ROUNDS) < ROUNDS:
        return folder / PART
    return PROJECT / "tests" / "bench" / "RESULTS.md"


def require_disk(folder):
    """Ten million orders, their bodies and their log lines are on it at once."""
    free = shutil.disk_usage(folder).free
    if free < DISK_BYTES:
        sys.exit(f"bench: {folder} has {free >> 30} GiB free of {DISK_BYTES >> 30}; set TMPDIR to "
                 "a folder on a larger disk")


def measure(families, rounds):
    """The families in turn, round by round; yields the number of rounds that are done."""
    for number in range(1, rounds + 1):
        for family in families:
            began = time.monotonic()
            family.round()
            print(f"round {number} of {rounds}: {family.title.lower()}"
                  f" ({time.monotonic() - began:.0f} s)", flush=True)
        yield number


def main():
    # Undoes what was set up first, ten million orders among it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    options = parse_arguments()
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    began = time.monotonic()
    command = " ".join(["scripts/bench", *map(shlex.quote, sys.argv[1:])])
    with Stand(PROJECT / "build-bench", options.quick) as stand:
        output = output_of(options, stand.folder)
        if not options.quick:
            require_disk(stand.postgres.folder)
            # Before hours of measuring, not after.
            for name in ("fastify", "n8n"):
                stand.npm_folder(name)
        families = [FAMILIES[name](stand) for name in options.only or FAMILIES]
        found = [family.family for family in families]
        # After each round, so that what was measured is not lost with a later one.
        for done in measure(families, rounds):
            path = output if done == rounds else stand.folder / PART
            path.write_text(report.markdown(found, report.machine(stand), command, done,
                                            time.monotonic() - began), "utf-8")
    print(report.summary(found))
    print(f"written: {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
