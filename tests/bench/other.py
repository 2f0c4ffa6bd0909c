"""n8n: the same job as a workflow."""

from bench import messages
from bench.drain import outcome_moments_s
from bench.load import PeakMemory, run_load
from bench.results import Family
from bench.side_n8n import N8nSide
from bench.sides import AmsyncSide
from support.waiting import wait_until

CONNECTIONS = 64
WARM_UP = 30


class Other:
    title = "n8n"
    note = ("A workflow of webhook, condition, call to Magento and PostgreSQL node, in n8n's regular "
            "mode with PostgreSQL, its saving of executions turned off and its older expression "
            "engine, which was the faster one when both were tried. It answers before anything is "
            "kept, which amsync does not: what it acknowledged is lost when it ends. Both publish to "
            "a Magento that answers at once while they accept.")

    def __init__(self, stand):
        self.stand = stand
        self.family = Family(self.title, self.note)
        self.timing = ({"time_ms": 3000, "warmup_ms": 500} if stand.quick
                       else {"time_ms": 12_000, "warmup_ms": 3000})
        self.orders = 30 if stand.quick else 500
        self.path = messages.order().write(stand.requests)
        self.n8n_path = messages.order(address=N8nSide.path).write(stand.requests, "n8n")

    def round(self):
        with self.stand.magento() as magento, N8nSide(self.stand, magento.url) as side:
            self._measure(side, self.n8n_path)
        with self.stand.magento() as magento, AmsyncSide(self.stand, magento.url) as side:
            self._measure(side, self.path)
        value, ratio = self.family.value, self.family.ratio
        ratio("accept / n8n", value("amsync"), value("n8n"), (">=", 60))
        ratio("its p99 / ours", value("n8n, p99"), value("amsync, p99"))
        ratio("through at once / n8n", value("amsync, through, Magento at once"),
              value("n8n, through, Magento at once"))
        ratio("PSS under accept load / n8n", value("amsync, PSS under load"),
              value("n8n, PSS under load"))

    def _measure(self, side, path):
        self._wait_for_orders(side, path, 1, WARM_UP)
        first = 1 + WARM_UP
        began_s = self._wait_for_orders(side, path, first, self.orders)
        ended_s = max(outcome_moments_s(side, first, self.orders).values())
        self.family.add(f"{side.name}, through, Magento at once", "orders/s",
                        self.orders / (ended_s - began_s))
        self._accept(side, path)

    def _accept(self, side, path):
        with PeakMemory(side.pid) as peak:
            loaded = run_load(side.url, path, connections=CONNECTIONS,
                              first=1 + WARM_UP + self.orders, lenient=True, **self.timing)
        if loaded.failed:
            self.family.remark(f"{side.name} refused or broke off some requests, which are not "
                               "counted (in one round "
                               f"{loaded.failed} beside {loaded.acknowledged} accepted).")
        add = self.family.add
        add(side.name, "notifications/s", loaded.per_second)
        add(f"{side.name}, p99", "ms", loaded.p99_ms)
        add(f"{side.name}, PSS under load", "MiB", peak.most.pss_mib)

    @staticmethod
    def _wait_for_orders(side, path, first, count):
        """Until all orders are in Magento and recorded; when the first notification was sent."""
        loaded = run_load(side.url, path, first=first, count=count, connections=8)
        wait_until(lambda: side.published(first, count) == count,
                   lambda: f"{count} orders of {side.name} in Magento", 600, 0.1)
        return loaded.began_s
