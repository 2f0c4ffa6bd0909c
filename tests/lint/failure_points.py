#!/usr/bin/python3
"""Usage: failure_points.py PROGRAM with|without

A program built `without` failure points has nothing left of them: neither a function nor a name nor
the variable that chooses one. One built `with` them has all that, so that this check can fail.
"""

import pathlib
import re
import subprocess
import sys

HEADER = pathlib.Path(__file__).parents[2] / "include" / "base" / "failure_point.h"


def traces(program):
    """What there is of failure points in a program, each once."""
    symbols = subprocess.run(["nm", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    yield from re.findall(r"\w*failure_point\w*", symbols)
    content = pathlib.Path(program).read_bytes()
    points = re.findall(r"^    POINT\((\w+)\)", HEADER.read_text("utf-8"), re.MULTILINE)
    for text in ("AMSYNC_FAILURE_POINT", *points):
        if b"\0" + text.encode() + b"\0" in content:
            yield text


def main(arguments):
    if len(arguments) != 2 or arguments[1] not in ("with", "without"):
        sys.exit(__doc__.split("\n", 1)[0])
    found = sorted(set(traces(arguments[0])))
    print("\n".join(found))
    return (arguments[1] == "without") == bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
