"""Through: from a notification to the committed outcome of its order in Magento."""

import dataclasses

from bench import messages
from bench.drain import outcome_rate, quantile, send_and_wait
from bench.load import run_load
from bench.results import Family
from bench.sides import AmsyncSide, FastifySide

WORKERS = 8  # AMSYNC_WORKERS, by default
FASTIFY_CONCURRENCY = 24  # as graphile-worker's page on performance has it


@dataclasses.dataclass(frozen=True)
class Speed:
    """How fast Magento answers, how many orders show a rate, and for how long half of it runs."""

    name: str
    delay_ms: int
    count: int
    half_load_s: float


FULL = (Speed("at once", 0, 20_000, 5), Speed("50 ms", 50, 1_600, 5),
        Speed("500 ms", 500, 160, 10))
QUICK = (Speed("at once", 0, 400, 1), Speed("50 ms", 50, 160, 1))


class Through:
    title = "Through"
    note = (f"Orders that are sent as fast as they are accepted, each created in Magento and "
            f"recorded. amsync with its {WORKERS} workers; the bare client makes the same calls "
            f"over {WORKERS} connections and does nothing else.")

    def __init__(self, stand):
        self.stand = stand
        self.family = Family(self.title, self.note)
        self.message = messages.order()
        self.path = self.message.write(stand.requests)
        self.first = 1

    def round(self):
        for speed in QUICK if self.stand.quick else FULL:
            create = self._amsync(speed)
            self._bare_client(speed, create)
            if speed.delay_ms == 0:
                self._fastify(speed)
        self._ratios()

    def _half_load(self, side, speed, rate):
        """Latency from arrival to outcome at half the rate."""
        half = max(1, round(rate / 2))
        count = max(2, round(half * speed.half_load_s))
        first = speed.count + 1
        send_and_wait(side, self.path, first, count, rate=half)
        latencies = side.latencies_ms(first, count)
        label = f"{side.name}, Magento {speed.name}, at half that load"
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            self.family.add(f"{label}, {name}", "ms", quantile(latencies, share))

    def _amsync(self, speed):
        """Returns the create that amsync sent, as the bare client's message."""
        with self.stand.magento(speed.delay_ms) as magento, \
                AmsyncSide(self.stand, magento.url) as side:
            send_and_wait(side, self.path, 1, speed.count)
            rate = outcome_rate(side, 1, speed.count, WORKERS)
            self.family.add(f"amsync, Magento {speed.name}", "orders/s", rate)
            create = recorded_create(magento)
            self._half_load(side, speed, rate)
        return create

    def _fastify(self, speed):
        with self.stand.magento(speed.delay_ms) as magento, \
                FastifySide(self.stand, magento.url, concurrency=FASTIFY_CONCURRENCY) as side:
            count = max(FASTIFY_CONCURRENCY + 1, speed.count // 4)
            send_and_wait(side, self.path, 1, count)
            rate = outcome_rate(side, 1, count, FASTIFY_CONCURRENCY)
            self.family.add(f"{side.name}, Magento {speed.name}", "orders/s", rate)
            self._half_load(side, speed, rate)

    def _bare_client(self, speed, create):
        path = create.write(self.stand.requests)
        with self.stand.magento(speed.delay_ms) as magento:
            loaded = run_load(magento.url, path, first=1, count=speed.count, connections=WORKERS)
        self.family.add(f"bare client, Magento {speed.name}", "orders/s", loaded.per_second)

    def _ratios(self):
        value, ratio = self.family.value, self.family.ratio
        ratio("through at once / Fastify + graphile-worker", value("amsync, Magento at once"),
              value("Fastify + graphile-worker, Magento at once"), (">=", 4))
        targets = {"50 ms": (">=", 0.97)}
        for speed in QUICK if self.stand.quick else FULL:
            ratio(f"through at {speed.name} / bare client".replace("at at", "at"),
                  value(f"amsync, Magento {speed.name}"),
                  value(f"bare client, Magento {speed.name}"), targets.get(speed.name))


def recorded_create(magento):
    """The newest create that Magento was sent, with slots for its number."""
    requests = magento.requests(last=1000)["last"]
    newest = next(request for request in reversed(requests)
                  if request["method"] == "POST"
                  and request["target"].partition("?")[0].endswith("/V1/orders"))
    return messages.magento_create(newest["target"], newest["body"])
