"""Acumatica's dispatcher under fire: five attempts each, late, repeated, in no order, in halves.

What is drawn for a notification depends on the seed and on its index only, not on the clock.
"""

import heapq
import http.client
import random
import threading
import time

from support.push import ATTEMPTS, Destination, Dispatcher

THREADS = 8
TIMEOUT_S = 8.0
PAUSE_S = 0.3

# How late a notification leaves: share, least and most seconds.
LATENESS = ((0.75, 0.0, 0.05), (0.18, 0.1, 1.5), (0.07, 1.0, 6.0))
HALVED = 0.08
REPEATED = 0.06


def lateness(draw):
    share = draw.random()
    for part, least, most in LATENESS:
        if share < part:
            return draw.uniform(least, most)
        share -= part
    return 0.0


class Sender:
    """`with Sender(seed, ledger, urls, secret) as sender:`; `send` from one thread only."""

    def __init__(self, seed, ledger, urls, secret):
        self.ledger = ledger
        self._seed = seed
        self._replicas = [Dispatcher(Destination(url, secret), TIMEOUT_S) for url in urls]
        self._queue = []
        self._count = 0
        self._busy = 0
        self._failed = []
        self._changed = threading.Condition()
        self._ended = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(TIMEOUT_S * ATTEMPTS)

    def send(self, notification):
        """Takes a notification in; it leaves when it is drawn to."""
        draw = random.Random(f"{self._seed}/notification/{len(self.ledger.entries)}")
        parts = [notification]
        if notification.inserted and notification.deleted and draw.random() < HALVED:
            parts = list(notification.halves())
            draw.shuffle(parts)
        for part in parts:
            entry = self.ledger.add(part)
            wait_s = lateness(draw)
            self._push(wait_s, entry)
            if draw.random() < REPEATED:
                self._push(wait_s + draw.uniform(0.0, 8.0), entry)

    def repeat(self, entries):
        """Sends again what was sent before, as after a restored backup."""
        for entry in entries:
            self._push(0.0, entry)

    def press_send_all(self):
        """The button of SM502000: what was refused five times is sent again."""
        with self._changed:
            waiting, self._failed = self._failed, []
        self.repeat(waiting)

    @property
    def is_idle(self):
        """Nothing waits or is on its way."""
        with self._changed:
            return not self._queue and not self._busy and not self._failed

    def _push(self, wait_s, entry):
        with self._changed:
            self._count += 1
            heapq.heappush(self._queue, (time.monotonic() + wait_s, self._count, entry))
            self._changed.notify()

    def _take(self):
        """The next that is to leave, or None at the end."""
        with self._changed:
            while not self._ended:
                wait_s = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait_s is not None and wait_s <= 0:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(wait_s)
            return None

    def _work(self):
        while (entry := self._take()) is not None:
            accepted = self._attempt(entry)
            with self._changed:
                self._busy -= 1
                if not accepted:
                    self._failed.append(entry)

    def _attempt(self, entry):
        """Each attempt goes to one of the replicas, as a load balancer that knows nothing does it."""
        for attempt in range(ATTEMPTS):
            if attempt > 0:
                time.sleep(PAUSE_S)
            draw = random.Random(f"{self._seed}/attempt/{entry.index}/{entry.attempts}")
            try:
                status = draw.choice(self._replicas).post(entry.notification).status
            except (OSError, http.client.HTTPException) as error:
                self.ledger.answered(entry, type(error).__name__)
                continue
            self.ledger.answered(entry, status)
            if 200 <= status < 300:
                return True
        return False
