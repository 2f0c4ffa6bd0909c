"""Waiting for something to become true, never for a length of time."""

import time

DEADLINE_S = 60.0
INTERVAL_S = 0.02
# A look that takes long (a command, a connection to PostgreSQL) is followed by a pause of so many times
# its length, up to the limit: tests side by side would take the processor from what they wait for.
PAUSE_LOOKS = 3
PAUSE_MAX_S = 0.5


class TimedOut(AssertionError):
    """What was waited for did not happen before the deadline."""


def wait_until(predicate, message, deadline_s=DEADLINE_S, interval_s=None):
    """Returns the first true value of predicate(), which is asked each `interval_s`, or else the less often
    the longer it takes.

    `message` says what is waited for; a callable is asked only after the deadline, so that it can
    show the last state. An exception of the predicate ends the wait.
    """
    end = time.monotonic() + deadline_s
    while True:
        began = time.monotonic()
        value = predicate()
        if value:
            return value
        now = time.monotonic()
        if now >= end:
            text = message() if callable(message) else message
            raise TimedOut(f"not within {deadline_s:g} s: {text}")
        pause_s = max(INTERVAL_S, min(PAUSE_LOOKS * (now - began), PAUSE_MAX_S))
        time.sleep(pause_s if interval_s is None else interval_s)
