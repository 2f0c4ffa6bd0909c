"""Prometheus' text format 0.0.4, read strictly: what amsync prints must hold to more than a lenient
reader asks for.

https://prometheus.io/docs/instrumenting/exposition_formats/, and for the names
https://prometheus.io/docs/practices/naming/
"""

import dataclasses
import math
import re

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SAMPLE = re.compile(r"(?P<name>\w+)(\{(?P<labels>[^{}]*)\})? (?P<value>[0-9]+(\.[0-9]*[1-9])?)")
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
TYPES = ("counter", "gauge", "histogram")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}
NO_BASE_UNIT = ("_ms", "_us", "_milliseconds", "_minutes", "_kilobytes", "_percent")


class Malformed(Exception):
    """Says which line is at fault."""


@dataclasses.dataclass
class Family:
    """One metric: `samples` maps (suffix, labels as sorted pairs) to a value."""

    name: str
    help: str
    type: str
    samples: dict

    def label_names(self):
        return {name for _, labels in self.samples for name, _ in labels} - {"le"}

    def label_values(self, label):
        return {value for _, labels in self.samples for name, value in labels if name == label}


class Page:
    """What GET /metrics answered."""

    def __init__(self, text):
        self.families = {family.name: family for family in read_families(text)}

    def value(self, name, suffix="", **labels):
        """The value of a sample; KeyError without it."""
        return self.families[name].samples[suffix, tuple(sorted(labels.items()))]

    def get(self, name):
        """The value of a metric without labels; None when it is left out."""
        return self.value(name) if name in self.families else None

    def values(self):
        """All of them, by (name, suffix, labels)."""
        return {(family.name, *key): value for family in self.families.values()
                for key, value in family.samples.items()}


def require(condition, line, why):
    if not condition:
        raise Malformed(f"{why}: {line!r}")


def read_labels(text, line):
    """Pairs, sorted by their names."""
    labels, position = [], 0
    while position < len(text):
        found = LABEL.match(text, position)
        require(found, line, "not a label")
        value = re.sub(r"\\.", lambda escape: UNESCAPED[escape.group()], found[2])
        labels.append((found[1], value))
        position = found.end()
        require(found[3] == "" or position < len(text), line, "a comma at the end")
    require(len(dict(labels)) == len(labels), line, "a label stands twice")
    return tuple(sorted(labels))


def read_sample(family, line):
    found = SAMPLE.fullmatch(line)
    require(found, line, "not a sample")
    require(found["labels"] != "", line, "empty braces")
    require(found["name"].startswith(family.name), line, f"not of {family.name}")
    suffix = found["name"][len(family.name):]
    require(suffix in SUFFIXES.get(family.type, ("",)), line, f"not of a {family.type}")
    key = suffix, read_labels(found["labels"] or "", line)
    require(key not in family.samples, line, "stands twice")
    require(("le" in dict(key[1])) == (suffix == "_bucket"), line, "le is for buckets")
    family.samples[key] = float(found["value"])


def read_announcement(first, second):
    """The lines HELP and TYPE, in that order."""
    words = first.split(" ", 3)
    require(len(words) == 4 and words[:2] == ["#", "HELP"] and words[3], first, "not a HELP line")
    name = words[2]
    require(NAME.fullmatch(name), first, "not a name")
    kind = second.removeprefix(f"# TYPE {name} ")
    require(kind != second and kind in TYPES, second, f"not the TYPE of {name}")
    require(name.startswith(("amsync_", "process_")), first, "a name without its prefix")
    require(name.endswith("_total") == (kind == "counter"), first, "only counters end with _total")
    require(not name.removesuffix("_total").endswith(NO_BASE_UNIT), first, "not a base unit")
    return Family(name, words[3], kind, {})


def check_histogram(family):
    """Buckets ascend and add up, and the last one is the count."""
    series = {}
    for (suffix, labels), value in family.samples.items():
        bare = tuple(pair for pair in labels if pair[0] != "le")
        one = series.setdefault(bare, {"buckets": []})
        if suffix == "_bucket":
            one["buckets"].append((float(dict(labels)["le"].replace("+Inf", "inf")), value))
        else:
            one[suffix] = value
    for bare, one in series.items():
        where = f"{family.name}{dict(bare)}"
        bounds = [bound for bound, _ in one["buckets"]]
        counts = [count for _, count in one["buckets"]]
        require(len(bounds) >= 2 and bounds == sorted(set(bounds)), where, "bounds do not ascend")
        require(bounds[-1] == math.inf, where, "no bucket +Inf")
        require(counts == sorted(counts), where, "buckets do not add up")
        require(counts[-1] == one["_count"], where, "+Inf is not the count")
        require((one["_sum"] > 0) <= (one["_count"] > 0), where, "a sum of nothing")


def check(family):
    require(family.samples, family.name, "no sample")
    names = {tuple(name for name, _ in labels if name != "le") for _, labels in family.samples}
    require(len(names) == 1, family.name, "samples with different labels")
    if family.type == "histogram":
        check_histogram(family)


def read_families(text):
    """Each metric with its samples right behind its HELP and TYPE."""
    require(text.endswith("\n"), text[-40:], "no line end at the end")
    lines = text[:-1].split("\n")
    families, seen = [], set()
    position = 0
    while position < len(lines):
        require(position + 1 < len(lines), lines[position], "ends too early")
        family = read_announcement(*lines[position:position + 2])
        require(family.name not in seen, lines[position], "announced twice")
        seen.add(family.name)
        families.append(family)
        position += 2
        while position < len(lines) and not lines[position].startswith("#"):
            read_sample(family, lines[position])
            position += 1
        check(family)
    return families
