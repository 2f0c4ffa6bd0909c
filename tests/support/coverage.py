"""Usage: coverage.py BRANCHES.json

Prints how many of the branches of each module, and of all of src/, the tests have taken, from gcovr's
JSON summary. Exit 1 if one is below its bar.
"""

import fnmatch
import json
import sys

# name -> (least share in percent, patterns of its files)
BARS = {
    "envelope": (95, ["src/intake/envelope.c"]),
    "captions": (95, ["src/intake/captions.c", "src/intake/fields.c"]),
    "merge": (95, ["src/intake/merge.c", "src/intake/parts.c", "src/intake/row.c"]),
    "plan": (95, ["src/sync/plan*.c", "src/sync/conditions.c", "src/sync/scope.c",
                  "src/sync/changes.c", "src/sync/model*.c"]),
    "Magento's answers": (95, ["src/magento/answer.c"]),
    "settings": (95, ["src/base/settings*.c"]),
    "all of src/": (85, ["src/*"]),
}


def share(files, patterns):
    """(branches taken, branches) of the files that one of the patterns names."""
    chosen = [one for one in files
              if any(fnmatch.fnmatchcase(one["filename"], pattern) for pattern in patterns)]
    return (sum(one["branch_covered"] for one in chosen), sum(one["branch_total"] for one in chosen))


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__.split("\n", 1)[0])
    with open(arguments[0], encoding="utf-8") as text:
        files = json.load(text)["files"]
    good = True
    for name, (bar, patterns) in BARS.items():
        taken, total = share(files, patterns)
        enough = total > 0 and 100 * taken >= bar * total
        good = good and enough
        percent = 100 * taken / total if total > 0 else 0
        print(f"{'ok   ' if enough else 'FAIL '} branches of {name}: {percent:.1f} %"
              f" ({taken} of {total}), at least {bar} %")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
