"""What happens to one amsync of several: killed, stopped, frozen, its clock set."""

import signal

from fire.faults import Deck
from fire.world import LEASE_S


def deck(number):
    """The faults of the replica with that number."""
    amsync = Deck(f"amsync {number}", is_in_the_way=True)

    @amsync("kill -9")
    def kill(world, draw, long):
        replica = world.amsync[number]
        replica.end(signal.SIGKILL)
        yield draw.uniform(0.1, 5.0 if long else 1.5)
        replica.launch()

    @amsync("SIGTERM")
    def terminate(world, draw, long):
        replica = world.amsync[number]
        replica.end(signal.SIGTERM)
        while replica.process.is_running:
            yield 0.1
        yield draw.uniform(0.1, 5.0 if long else 1.0)
        replica.launch()

    @amsync("frozen past its lease")
    def freeze(world, draw, long):
        process = world.amsync[number].process
        process.send(signal.SIGSTOP)
        yield LEASE_S + draw.uniform(0.5, 10.0 if long else 2.0)
        process.send(signal.SIGCONT)

    if number == 2:
        @amsync("clock an hour forward and back")
        def set_clock(world, draw, long):
            replica = world.amsync[number]
            for offset in ("+3600", "-3600", "+0"):
                replica.set_clock(offset)
                yield draw.uniform(2.0, 15.0 if long else 3.0)

    return amsync
