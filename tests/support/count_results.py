#!/usr/bin/python3
"""Usage: count_results.py RESULTS

Counts single test cases in a testlog.json of meson or a JUnit file of pytest and prints
`PASSED FAILED SKIPPED`. A cmocka program counts as its cases, any other program of meson's as one.
"""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

_CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED)\s*\] (\d+) test\(s\)", re.MULTILINE)


def _count_program(entry):
    """(passed, failed, skipped) of one line of testlog.json."""
    output = entry.get("stdout", "") + "\n" + entry.get("stderr", "")
    cases = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    for what, number in _CMOCKA.findall(output):
        cases[what] += int(number)
    if entry["result"] in ("OK", "EXPECTEDFAIL"):
        return max(cases["PASSED"], 1), 0, cases["SKIPPED"]
    if entry["result"] == "SKIP":
        return 0, 0, 1
    return cases["PASSED"], max(cases["FAILED"], 1), cases["SKIPPED"]


def count_meson(text):
    counted = [_count_program(json.loads(line)) for line in text.splitlines() if line.strip()]
    return tuple(map(sum, zip(*counted))) if counted else (0, 0, 0)


def count_junit(text):
    passed = failed = skipped = 0
    for case in ElementTree.fromstring(text).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(path):
    text = pathlib.Path(path).read_text("utf-8")
    print(*(count_junit(text) if path.endswith(".xml") else count_meson(text)))


if __name__ == "__main__":
    main(*sys.argv[1:])
