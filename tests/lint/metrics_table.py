"""Compares docs/metrics.md with what the program prints: the names of the metrics, their types, their
labels and what these can be, both ways.

Usage: metrics_table.py PRINT_METRICS DOCUMENT
"""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support.metrics import Page  # noqa: E402  (found by the line above)

METRIC = re.compile(r"^\| `([a-z_]+)` \| (counter|gauge|histogram) \|([^|]*)\|", re.MULTILINE)
LABEL = re.compile(r"^\| `([a-z]+)` \| ([^|]*) \|", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
# What they can be is not for a document to say.
FREE_LABELS = {"version", "compiler"}


def documented(text):
    metrics = {name: (kind, set(CODE.findall(labels)))
               for name, kind, labels in METRIC.findall(text)}
    labels = {name: set(CODE.findall(values)) for name, values in LABEL.findall(text)
              if name not in metrics}
    return metrics, labels


def printed(text):
    families = Page(text).families.values()
    metrics = {family.name: (family.type, family.label_names()) for family in families}
    labels = {}
    for family in families:
        for label in family.label_names() - FREE_LABELS:
            labels.setdefault(label, set()).update(family.label_values(label))
    return metrics, labels


def differences(what, in_document, in_program):
    for name in sorted(in_document.keys() | in_program.keys()):
        if in_document.get(name) != in_program.get(name):
            yield (f"{what} {name}: documented as {in_document.get(name)}, "
                   f"printed as {in_program.get(name)}")


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    text = subprocess.run(arguments[:1], check=True, text=True, timeout=60,
                          stdout=subprocess.PIPE).stdout
    document = documented(pathlib.Path(arguments[1]).read_text(encoding="utf-8"))
    program = printed(text)
    found = [line for what, ours, theirs in zip(("metric", "label"), document, program)
             for line in differences(what, ours, theirs)]
    if found or not program[0]:
        sys.exit("\n".join(found or ["nothing is printed"]))


if __name__ == "__main__":
    main(sys.argv[1:])
