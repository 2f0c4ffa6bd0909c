"""Faults: generators that do harm, yield for how long it lasts, and undo it.

A fault takes (world, draw, long): what it chooses comes from `draw`, and `long` is False in the short
form of the test. It yields seconds, or ALONE: it goes on when no fault is under way that would be in
its way, and none begins before it is over.
"""

import dataclasses
import typing

ALONE = object()


@dataclasses.dataclass(frozen=True)
class Fault:
    victim: str
    name: str
    play: typing.Callable


class Deck:
    """The faults of one kind of victim; `is_in_the_way` of one that has to be alone."""

    def __init__(self, victim, is_in_the_way=False):
        self.victim = victim
        self.is_in_the_way = is_in_the_way
        self.faults = []

    def __call__(self, name):
        def add(play):
            self.faults.append(Fault(self.victim, name, play))
            return play
        return add
