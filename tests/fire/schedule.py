"""Plays faults one after the other for each victim, all victims at once, as the seed says."""

import collections
import itertools
import time

from fire import faults_amsync
from fire.faults import ALONE
from fire.faults_magento import magento
from fire.faults_person import person
from fire.faults_postgres import backups, postgres, snapshots
from fire.world import REPLICAS, seeded


def decks():
    return [postgres, snapshots, backups, magento, person,
            *(faults_amsync.deck(number) for number in range(REPLICAS))]


class Timeline:
    """The faults of one victim: each kind once before any comes again, with pauses between them. In the
    short form there is hardly a moment without one."""

    def __init__(self, deck, seed, long):
        self._deck = deck
        self.is_in_the_way = deck.is_in_the_way
        self._draw = seeded(seed, deck.victim)
        self._seed = seed
        self._long = long
        self._order = self._shuffled()
        self._count = itertools.count()
        self.running = None
        self.wants_to_be_alone = False
        self.due_at = time.monotonic() + self._pause()

    def _shuffled(self):
        while True:
            faults = list(self._deck.faults)
            self._draw.shuffle(faults)
            yield from faults

    def _pause(self):
        return self._draw.uniform(2.0, 12.0) if self._long else self._draw.uniform(0.3, 2.0)

    def begin(self, world):
        """The next fault; the caller goes on with it at once."""
        fault = next(self._order)
        draw = seeded(self._seed, self._deck.victim, next(self._count))
        self.running = fault.play(world, draw, self._long)
        return fault

    def go_on(self):
        """To the next moment of the fault under way."""
        self.wants_to_be_alone = False
        wait_s = next(self.running, None)
        if wait_s is None:
            self.running = None
            wait_s = self._pause()
        elif wait_s is ALONE:
            self.wants_to_be_alone = True
            wait_s = 0.0
        self.due_at = time.monotonic() + wait_s


class Schedule:
    """`tick` often, from one thread; `say` gets a line of text for each fault."""

    def __init__(self, world, seed, long, say, victims=None):
        self._world = world
        self._say = say
        self._timelines = [Timeline(deck, seed, long) for deck in decks()
                           if victims is None or deck.victim in victims]
        self._alone = None
        self.counts = collections.Counter()

    @property
    def is_over(self):
        return not any(one.running for one in self._timelines)

    def tick(self, may_begin=True):
        for one in self._timelines:
            if self._may_go_on(one, may_begin):
                if one.running is None:
                    fault = one.begin(self._world)
                    self.counts[f"{fault.victim}: {fault.name}"] += 1
                    self._say(f"{fault.victim}: {fault.name}")
                one.go_on()
                if self._alone is one and one.running is None:
                    self._alone = None

    def _may_go_on(self, one, may_begin):
        if time.monotonic() < one.due_at:
            return False
        if one.running is None:
            if one.is_in_the_way and any(other.wants_to_be_alone for other in self._timelines):
                return False
            return may_begin and (self._alone is None or not one.is_in_the_way)
        if one.wants_to_be_alone:
            if any(other.running for other in self._timelines if other.is_in_the_way):
                return False
            self._alone = one
        return True
