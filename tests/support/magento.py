"""The simulated Magento as a process."""

import json
import urllib.parse

from support import web
from support.process import Process
from support.service import build_folder, environment, require_good_end

TOKEN = "a-token-of-the-tests"
# Which calls create an order, for a fault.
CREATE = {"method": "POST", "regex": "/V1/orders([?]|$)"}


class Magento:
    """`with Magento(log_folder) as magento:` starts it on a port of its own and stops it.

    Everything below `/_sim/` is its own and not Magento's: tests/sim/control.h.
    """

    def __init__(self, log_folder, arguments=(), program=None, token=TOKEN):
        self.program = program or build_folder() / "tests" / "sim" / "magento-sim"
        self.token = token
        self._log_folder = log_folder
        self._arguments = arguments
        self._process = None
        self.url = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, port=0):
        """On a free port, or after a close() on the same one again, with nothing in the shop."""
        self._process = Process(
            "magento-sim",
            [self.program, "--port", port, "--token", self.token, *self._arguments],
            self._log_folder, env=environment({}))
        self.url = "http://" + self._process.first_json_line()["listening"]

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def close(self):
        if self._process is not None and self._process.is_running:
            require_good_end(self._process)

    def rest(self, method, path, value=None):
        """A call of Magento's own REST API, as any integration makes it: `path` is below
        /rest/default/."""
        url = f"{self.url}/rest/default/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        if value is not None:
            headers["Content-Type"] = "application/json"
        return web.request(method, url, None if value is None else json.dumps(value), headers)

    def orders(self, **key):
        """The ledger: each order with its shipments, its invoices and what was done to it.

        `order_id`, `increment_id` or `ext_order_id` leaves only that one.
        """
        query = "?" + urllib.parse.urlencode(key) if key else ""
        return self._read("ledger" + query)["orders"]

    def order(self, **key):
        """The only order, or the only one with that key."""
        orders = self.orders(**key)
        assert len(orders) == 1, f"{len(orders)} orders of {key or 'any key'} in Magento"
        return orders[0]

    def requests(self, last=50):
        """What was asked of it: `counts` by method, path and status, and the newest in `last`."""
        return self._read(f"requests?last={last}")

    def count(self, method_and_path):
        """How often that was asked, whatever came of it: `POST /V1/orders`."""
        return sum(count for name, count in self.requests()["counts"].items()
                   if name.rpartition(" ")[0] == method_and_path)

    def set(self, **settings):
        """Changes settings of the simulation."""
        self._tell("settings", settings)

    def fault(self, *rules):
        """Adds rules by which calls go wrong: tests/sim/faults.h."""
        self._tell("faults", list(rules))

    def faults(self):
        """The rules, each with how many calls it `matched` and how many it met, its `hits`."""
        return self._read("faults")

    def heal(self):
        """Takes all rules away."""
        assert web.request("DELETE", f"{self.url}/_sim/faults").status == 200

    def by_hand(self, order_id, action, **more):
        """What a person does with an order in Magento's admin."""
        self._tell(f"orders/{order_id}/by-hand", {"action": action, **more})

    def reset(self):
        """Forgets all orders and requests."""
        self._tell("reset", {})

    def _read(self, path):
        answer = web.get(f"{self.url}/_sim/{path}")
        assert answer.status == 200, answer.text()
        return answer.json()

    def _tell(self, path, value):
        answer = web.post_json(f"{self.url}/_sim/{path}", value)
        assert answer.status == 200, answer.text()
