"""The fire test. Usage: run.py [--minutes N] [--seed N] [--victims A,B...]

Hundreds of orders live their lives in two tenants of Acumatica while PostgreSQL, Magento, three amsync
and people in Magento's admin do what they should not. Then all faults end, everything must come to
rest by itself, and README's four promises are checked. Without --minutes it runs for less than one.
What orders do, which faults there are, in which order and how long, is drawn from the seed; which
call a fault meets also depends on the machine's pace. AMSYNC_BUILD_DIR names the build.
"""

import argparse
import pathlib
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from fire.judge import judge  # noqa: E402
from fire.leftovers import CLAIMED, QUEUED, SESSIONS, judge_database, judge_process  # noqa: E402
from fire.schedule import Schedule  # noqa: E402
from fire.world import REPLICAS, World, seeded, wait_ready  # noqa: E402

SHORT_S = 45.0
SHORT_SEED = 20261125
STEPS_PER_S = 15.0
REST_S = 420.0
# How often somebody looks at SM502000.
SEND_ALL_S = (2.0, 8.0)
SHOWN_FINDINGS = 40


class Run:
    """One fire, from a quiet world to its verdict."""

    def __init__(self, world, seed, minutes, victims):
        self._world = world
        self._lasts_s = minutes * 60 if minutes else SHORT_S
        self._began = time.monotonic()
        self.schedule = Schedule(world, seed, minutes is not None, self.say, victims)
        self.rest_s = None
        self._presses = seeded(seed, "Send All")

    def say(self, text):
        print(f"{time.monotonic() - self._began:7.1f} s  {text}", flush=True)

    def burn(self):
        next_step = next_press = self._began
        end = self._began + self._lasts_s
        while time.monotonic() < end or not self.schedule.is_over:
            burning = time.monotonic() < end
            self.schedule.tick(may_begin=burning)
            self._world.supervise()
            while burning and time.monotonic() >= next_step:
                self._world.play()
                next_step += 1 / STEPS_PER_S
            if time.monotonic() >= next_press:
                self._world.sender.press_send_all()
                next_press += self._presses.uniform(*SEND_ALL_S)
            time.sleep(0.01)

    def come_to_rest(self):
        """Nothing is done to the world from here on but that somebody presses Send All."""
        self.say("the faults are over")
        self._world.heal()
        while self._world.play(may_begin=False):
            self._world.supervise()
            time.sleep(0.5 / STEPS_PER_S)
        self.say("all orders have lived their lives")
        began = time.monotonic()
        for replica in self._world.amsync:
            wait_ready(replica)
        self._await_rest()
        self.rest_s = time.monotonic() - began
        self.say("an hour passes, for what is canceled only then")
        self._world.let_an_hour_pass()
        self._await_rest()
        self.say("at rest" if self._world.is_at_rest() else "NOT at rest")

    def _await_rest(self):
        began = time.monotonic()
        while not self._world.is_at_rest() and time.monotonic() - began < REST_S:
            self._world.supervise()
            time.sleep(0.25)

    def findings(self):
        world = self._world
        if not world.is_at_rest():
            yield f"not at rest after {self.rest_s:.0f} s: {world.unrest()}"
        yield from world.unexpected
        for entry in world.ledger.unacknowledged():
            yield f"a notification was never accepted: {entry.answers}"
        yield from judge(world.facts())
        for violation in world.magento.requests()["violations"]:
            yield f"a body does not fit Magento's schema: {violation}"
        yield from judge_database(world.rows(QUEUED)[0][0], world.rows(CLAIMED),
                                  world.rows(SESSIONS), REPLICAS)
        for replica in world.amsync:
            yield from judge_process(replica.first, replica.measure())

    def figures(self):
        world = self._world
        return {
            **world.ledger.figures(),
            "orders": sum(len(tenant.orders) for tenant in world.tenants),
            "orders in Magento": len(world.magento.orders()),
            "orders touched by a person": len(world.by_hand),
            "calls to Magento": world.magento.requests()["total"],
            "faults": sum(self.schedule.counts.values()),
            "seconds from the last change to rest": round(self.rest_s, 1),
            **{f"  {name}": count for name, count in sorted(self.schedule.counts.items())},
            **{f"  {name}": count for name, count in sorted(world.aside.items())},
            **{f"  {when} memory and descriptors of {one.name}":
               f"{one.memory_kib} KiB, {one.descriptors}"
               for replica in world.amsync
               for when, one in (("first", replica.first), ("last", replica.measure()))},
        }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--victims", type=lambda text: text.split(","))
    parser.add_argument("--logs", help="where the programs' logs are kept")
    given = parser.parse_args()
    if given.seed is None:
        given.seed = random.SystemRandom().randrange(1 << 31) if given.minutes else SHORT_SEED
    return given


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # undoes the world first
    again = f"--seed {given.seed}" + (f" --minutes {given.minutes:g}" if given.minutes else "")
    print(f"fire: {again}", flush=True)
    with tempfile.TemporaryDirectory(prefix="amsync-fire-log-") as temporary, \
            World(given.seed, given.logs or temporary, lives_at_once=60) as world:
        run = Run(world, given.seed, given.minutes, given.victims)
        run.burn()
        run.come_to_rest()
        findings = list(run.findings())
        for name, value in run.figures().items():
            print(f"{name}: {value}")
        for finding in findings[:SHOWN_FINDINGS]:
            print(f"BROKEN {finding}")
    print(f"fire: {len(findings)} findings; repeat with {again}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
