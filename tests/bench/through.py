"""Through: from a notification to the committed outcome of its order in Magento."""

import dataclasses
import itertools
import os

from bench import messages
from bench.drain import outcome_latencies_ms, quantile, send_and_wait, through_rate
from bench.load import run_load
from bench.results import Family
from bench.sides import AmsyncSide, FastifySide

WORKERS = 8  # AMSYNC_WORKERS, by default
FASTIFY_CONCURRENCY = 24  # as graphile-worker's page on performance has it
WARM_UP = 500
CHOICE_ORDERS = 2_000  # that show how many processes of Fastify are best


@dataclasses.dataclass(frozen=True)
class Speed:
    """How fast Magento answers, how many orders show a rate, and for how long half of it runs."""

    name: str
    delay_ms: int
    count: int
    half_load_s: float


FULL = (Speed("at once", 0, 10_000, 4), Speed("50 ms", 50, 4_800, 4),
        Speed("500 ms", 500, 120, 8))
QUICK = (Speed("at once", 0, 400, 1), Speed("50 ms", 50, 160, 1))
SHOW_P99 = 100  # of fewer it says nothing


class Through:
    title = "Through"
    note = (f"Orders that are sent as fast as they are accepted, each created in Magento and "
            f"recorded: from the first notification's being sent until the last outcome is written "
            f"(the commit follows at once), amsync's settle time of 250 ms included. amsync sends "
            f"{WORKERS} orders at a time, as it does by default; the bare client makes the same "
            f"calls over {WORKERS} connections and does nothing else. Where Magento answers at once, "
            f"each of Fastify's workers sends {FASTIFY_CONCURRENCY} at a time, as on "
            f"graphile-worker's page on performance; else one worker sends {WORKERS}, so that "
            f"Magento is asked as much at a time by all.")

    def __init__(self, stand):
        self.stand = stand
        self.family = Family(self.title, self.note)
        self.message = messages.order()
        self.path = self.message.write(stand.requests)
        self.fastify = {}  # by the queue: how many servers and workers

    def round(self):
        for speed in QUICK if self.stand.quick else FULL:
            create = self._amsync(speed)
            self._bare_client(speed, create)
            self._fastify(speed)
            if speed.delay_ms == 0:
                self._fastify(speed, "pgboss")
        self._ratios()

    def _half_load(self, side, speed, rate):
        """Latency from arrival to outcome at half the rate."""
        half = max(1, round(rate / 2))
        count = max(2, round(half * speed.half_load_s))
        first = 1 + WARM_UP + speed.count
        latencies = outcome_latencies_ms(side, self.path, first, count, half)
        label = f"{side.name}, Magento {speed.name}, at half that load"
        for share, name in ((0.5, "p50"), (0.99, "p99") if count >= SHOW_P99 else (1, "longest")):
            self.family.add(f"{label}, {name}", "ms", quantile(latencies, share))

    def _amsync(self, speed):
        """Returns the create that amsync sent, as the bare client's message."""
        with self.stand.magento() as magento, AmsyncSide(self.stand, magento.url) as side:
            self._measure(magento, side, speed)
            return recorded_create(magento)

    def _fastify(self, speed, queue="graphile"):
        options = {"concurrency": WORKERS}
        if speed.delay_ms == 0:
            options = {"concurrency": FASTIFY_CONCURRENCY, **self._processes_of_fastify(queue)}
        with self.stand.magento() as magento, \
                FastifySide(self.stand, magento.url, queue, **options) as side:
            self._measure(magento, side, speed)

    def _processes_of_fastify(self, queue):
        """With which numbers of processes most orders a second go through."""
        if self.stand.quick:
            return {}
        if queue not in self.fastify:
            rates = {}
            for servers, workers in itertools.product((1, os.cpu_count()), repeat=2):
                with self.stand.magento() as magento, \
                        FastifySide(self.stand, magento.url, queue, servers=servers,
                                    workers=workers, concurrency=FASTIFY_CONCURRENCY) as side:
                    name = side.name
                    send_and_wait(side, self.path, 1, WARM_UP)
                    rates[servers, workers] = through_rate(side, self.path, 1 + WARM_UP,
                                                           CHOICE_ORDERS)
            servers, workers = max(rates, key=rates.get)
            self.fastify[queue] = {"servers": servers, "workers": workers}
            said = ", ".join(f"{servers} + {workers}: {rate:.0f}/s"
                             for (servers, workers), rate in rates.items())
            self.family.remark(f"{name} runs with the numbers of server and worker processes with "
                               f"which most orders went through in the first round ({said}).")
        return self.fastify[queue]

    def _measure(self, magento, side, speed):
        send_and_wait(side, self.path, 1, WARM_UP)
        magento.set(delay_ms=speed.delay_ms)
        rate = through_rate(side, self.path, 1 + WARM_UP, speed.count)
        self.family.add(f"{side.name}, Magento {speed.name}", "orders/s", rate)
        self._half_load(side, speed, rate)

    def _bare_client(self, speed, create):
        path = create.write(self.stand.requests)
        # A last call that only some connections have left to make would count as slowness of all.
        count = speed.count // 4 // WORKERS * WORKERS if speed.delay_ms else speed.count
        with self.stand.magento(speed.delay_ms) as magento:
            loaded = run_load(magento.url, path, first=1, count=count, connections=WORKERS)
        self.family.add(f"bare client, Magento {speed.name}", "orders/s", loaded.per_second)

    def _ratios(self):
        value, ratio = self.family.value, self.family.ratio
        fastify = "Fastify + graphile-worker"
        targets = {(fastify, "at once"): (">=", 4), ("bare client", "50 ms"): (">=", 0.97)}
        for speed in QUICK if self.stand.quick else FULL:
            for other in (fastify, "bare client"):
                ratio(f"through at {speed.name} / {other}".replace("at at", "at"),
                      value(f"amsync, Magento {speed.name}"),
                      value(f"{other}, Magento {speed.name}"), targets.get((other, speed.name)))
        ratio("through at once / Fastify + pg-boss", value("amsync, Magento at once"),
              value("Fastify + pg-boss, Magento at once"))
        half = "Magento at once, at half that load, p50"
        ratio("p50 at half that load, Magento at once / Fastify + graphile-worker",
              value(f"amsync, {half}"), value(f"{fastify}, {half}"))


def recorded_create(magento):
    """The newest create that Magento was sent, with slots for its number."""
    requests = magento.requests(last=1000)["last"]
    newest = next(request for request in reversed(requests)
                  if request["method"] == "POST"
                  and request["target"].partition("?")[0].endswith("/V1/orders"))
    return messages.magento_create(newest["target"], newest["body"])
