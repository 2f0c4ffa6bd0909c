"""What the sender itself knows of each notification: sent, acknowledged, refused, unknown."""

import collections
import dataclasses
import threading
import time


@dataclasses.dataclass
class Entry:
    """One notification. Times are those of the monotonic clock."""

    index: int
    notification: object
    attempts: int = 0
    acknowledged_at: float = None
    answers: list = dataclasses.field(default_factory=list)


class Ledger:
    """Filled by the sender's threads; each method may be called from any."""

    def __init__(self):
        self.entries = []
        self.answers = collections.Counter()
        self._lock = threading.Lock()

    def add(self, notification):
        with self._lock:
            entry = Entry(len(self.entries), notification)
            self.entries.append(entry)
        return entry

    def answered(self, entry, answer):
        """`answer`: a status, or the name of the exception where the outcome is unknown."""
        with self._lock:
            entry.attempts += 1
            entry.answers.append(answer)
            self.answers[answer] += 1
            if answer in (200, 202):
                entry.acknowledged_at = time.monotonic()

    def acknowledged(self, since=None):
        with self._lock:
            return [entry for entry in self.entries if entry.acknowledged_at is not None
                    and (since is None or entry.acknowledged_at >= since)]

    def unacknowledged(self):
        with self._lock:
            return [entry for entry in self.entries if entry.acknowledged_at is None]

    def figures(self):
        with self._lock:
            answers = dict(self.answers)
            return {
                "notifications": len(self.entries),
                "attempts": sum(answers.values()),
                "acknowledged": sum(entry.acknowledged_at is not None for entry in self.entries),
                "duplicates refused": answers.get(200, 0),
                "refused": sum(count for answer, count in answers.items()
                               if isinstance(answer, int) and answer >= 300),
                "unknown": sum(count for answer, count in answers.items()
                               if isinstance(answer, str)),
            }
