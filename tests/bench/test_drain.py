"""What is made of the moments at which orders arrived and were done."""

import pytest

from bench import drain


class Side:
    """Has recorded what it was given."""

    name = "a side"

    def __init__(self, moments_s):
        self.moments_s = moments_s

    def outcome_moments_s(self, _first, _count, _action):
        return self.moments_s


def test_a_quantile_is_not_below_that_share():
    assert [drain.quantile([4, 1, 3, 2], share) for share in (0, 0.5, 0.51, 0.99, 1)] == [
        1, 2, 3, 4, 4]


def test_latency_begins_when_a_notification_was_due():
    moments_s = {7: 100.25, 9: 101.5, 8: 100.5}
    assert sorted(drain.latencies_ms(moments_s, began_s=100, rate=2)) == [0, 250, 500]


def test_an_outcome_that_is_missing_is_no_figure():
    with pytest.raises(AssertionError, match="a side: 2 outcomes of 3 orders"):
        drain.outcome_moments_s(Side({1: 1.0, 2: 2.0}), 1, 3)
