"""Figures, ratios of figures, and the targets that ratios are held against.

Each has a value for every round; what is printed is the median, and the least and greatest.
"""

import dataclasses
import operator
import statistics

COMPARISONS = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


@dataclasses.dataclass
class Figure:
    """What was measured: its values in the order of the rounds."""

    name: str
    unit: str
    values: list

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def spread(self):
        return min(self.values), max(self.values)


@dataclasses.dataclass
class Ratio(Figure):
    """A figure with a target or without one (`comparison` None)."""

    comparison: str = None
    bound: float = None

    @property
    def verdict(self):
        if self.comparison is None:
            return ""
        return "met" if COMPARISONS[self.comparison](self.median, self.bound) else "missed"

    @property
    def target(self):
        return "" if self.comparison is None else f"{self.comparison} {number(self.bound)}"


class Family:
    """All that one family of measurements found, in the order in which it came first."""

    def __init__(self, title, note=""):
        self.title = title
        self.note = note
        self.remarks = []
        self._figures = {}
        self._ratios = {}

    def add(self, name, unit, value):
        """One more value of a figure."""
        self._figures.setdefault(name, Figure(name, unit, [])).values.append(value)

    def value(self, name):
        """The newest value of a figure."""
        return self._figures[name].values[-1]

    def ratio(self, name, above, below, target=None):
        """One more value of a ratio, of numbers; `target` is (comparison, bound). There is none
        without both numbers, as when --quick was too short for one; the report says so."""
        if not above or not below:
            return
        comparison, bound = target or (None, None)
        entry = self._ratios.setdefault(name, Ratio(name, "x", [], comparison, bound))
        entry.values.append(above / below)

    def bounded(self, name, unit, value, target):
        """One more value of what is held against a target but is no ratio."""
        self._ratios.setdefault(name, Ratio(name, unit, [], *target)).values.append(value)

    def remark(self, text):
        """What a reader must know of how it was measured; said once."""
        if text not in self.remarks:
            self.remarks.append(text)

    @property
    def figures(self):
        return list(self._figures.values())

    @property
    def ratios(self):
        return list(self._ratios.values())


def number(value):
    """With as many digits as mean something."""
    size = abs(value)
    if size >= 10000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.1 or size == 0:
        return f"{value:.2f}"
    return f"{value:.2g}"
