"""The command line of the benchmarks; scripts/bench says what it takes."""

import argparse
import pathlib
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


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--quick", action="store_true",
                        help="everything tiny and once")
    parser.add_argument("--rounds", type=int, help=f"how often in turn ({ROUNDS})")
    parser.add_argument("--only", action="append", choices=FAMILIES, metavar="FAMILY",
                        help=f"of {', '.join(FAMILIES)}; may be repeated")
    parser.add_argument("--output", type=pathlib.Path,
                        default=PROJECT / "tests" / "bench" / "RESULTS.md")
    return parser.parse_args()


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
    options = parse_arguments()
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    began = time.monotonic()
    with Stand(PROJECT / "build-bench", options.quick) as stand:
        output = stand.folder / "QUICK.md" if options.quick else options.output
        families = [FAMILIES[name](stand) for name in options.only or FAMILIES]
        found = [family.family for family in families]
        # After each round, so that what was measured is not lost with a later one.
        for done in measure(families, rounds):
            output.write_text(report.markdown(found, report.machine(stand), done,
                                              time.monotonic() - began), "utf-8")
    print(report.summary(found))
    print(f"written: {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
