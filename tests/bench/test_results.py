"""What the report says of figures: medians, spreads, verdicts."""

from bench import report
from bench.results import Family, number


def family_with(values, target):
    family = Family("Accept")
    for above, below in values:
        family.ratio("ours / theirs", above, below, target)
    return family


def test_a_ratio_is_taken_within_each_round():
    ratio, = family_with([(10, 5), (40, 10), (9, 3)], (">=", 3)).ratios
    assert ratio.values == [2, 4, 3]
    assert ratio.median == 3
    assert ratio.spread == (2, 4)
    assert ratio.verdict == "met"


def test_a_target_is_missed_by_the_median():
    below, = family_with([(1, 1), (9, 1), (2, 1)], (">=", 3)).ratios
    assert below.verdict == "missed"
    above, = family_with([(5, 1)], ("<", 5)).ratios
    assert above.verdict == "missed"


def test_a_ratio_without_a_target_has_no_verdict():
    ratio, = family_with([(1, 2)], None).ratios
    assert (ratio.verdict, ratio.target) == ("", "")


def test_nothing_is_no_figure():
    assert family_with([(1, 0), (0, 1)], None).ratios == []


def test_figures_keep_the_order_in_which_they_came():
    family = Family("Cost")
    for _ in range(2):
        family.add("second", "ms", 2)
        family.add("first", "ms", 1)
    assert [(figure.name, figure.values) for figure in family.figures] == [
        ("second", [2, 2]), ("first", [1, 1])]


def test_numbers_have_as_many_digits_as_mean_something():
    assert [number(value) for value in (0, 0.0123, 0.123, 12.345, 123.4, 12345.6)] == [
        "0.00", "0.012", "0.12", "12.3", "123", "12,346"]


def test_a_row_of_fewer_rounds_says_so():
    family = family_with([(1, 2), (3, 2)], None)
    family.add("once", "ms", 7)
    text = report.markdown([family], {}, "scripts/bench", 2, 60)
    assert "| ours / theirs | 1.00 x | 0.50 to 1.50 |" in text
    assert "| once | 7.00 | ms | 7.00 to 7.00 (1 of 2 rounds) |" in text
