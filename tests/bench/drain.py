"""Sends orders and waits until all of them are in Magento and recorded."""

import math

from support.waiting import wait_until

from bench.load import run_load

DEADLINE_S = 1800
POLL_S = 0.5
FULL_LOAD_CONNECTIONS = 64


def quantile(values, share):
    """The least value that is not below that share of all."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def wait_for_rest(side, deadline_s=DEADLINE_S):
    """Until nothing is queued or in work."""
    wait_until(side.is_at_rest, f"{side.name} at rest", deadline_s, POLL_S)


def send_and_wait(side, path, first, count, **options):
    """Sends the requests numbered from `first` on, all at once unless a rate is given, and waits
    until each is published."""
    loaded = run_load(side.url, path, first=first, count=count,
                      connections=options.pop("connections", FULL_LOAD_CONNECTIONS), **options)
    wait_for_rest(side)
    published = side.published(first, count)
    if published != count:
        raise AssertionError(f"{side.name}: of {count} orders {published} are in Magento; "
                             f"{side.why_not_published()}")
    return loaded


def outcome_moments_s(side, first, count, action="create"):
    """When each outcome was recorded, by its order's number, in seconds since 1970."""
    moments = side.outcome_moments_s(first, count, action)
    if len(moments) != count:
        raise AssertionError(f"{side.name}: {len(moments)} outcomes of {count} orders")
    return moments


def through_rate(side, path, first, count):
    """Sends so many orders at once: orders a second, from the first notification's being sent until
    the last outcome is recorded."""
    loaded = send_and_wait(side, path, first, count)
    return count / (max(outcome_moments_s(side, first, count).values()) - loaded.began_s)


def outcome_latencies_ms(side, path, first, count, rate):
    """Sends so many orders, so many a second: from when each was due to its recorded outcome."""
    loaded = send_and_wait(side, path, first, count, rate=rate)
    return latencies_ms(outcome_moments_s(side, first, count), loaded.began_s, rate)


def latencies_ms(moments_s, began_s, rate):
    """From when each notification was due to its order's moment, of orders that were sent from
    `began_s` on, so many a second in the order of their numbers."""
    first = min(moments_s)
    return [(moment_s - began_s - (number - first) / rate) * 1000
            for number, moment_s in moments_s.items()]
