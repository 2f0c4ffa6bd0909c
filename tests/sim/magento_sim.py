"""Starts magento-sim and talks to it; what its control API does is in tests/sim/control.h."""

import http.client
import json
import os
import pathlib
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKEN = "sim-token-aaaaaaaaaaaaaaaaaaaaaa"
TOKEN_SECRET = "sim-token-secret-bbbbbbbbbbbbbbb"
CONSUMER_KEY = "sim-consumer-key-ccccccccccccccc"
CONSUMER_SECRET = "sim-consumer-secret-dddddddddddd"


def build_dir():
    return ROOT / os.environ.get("AMSYNC_BUILD_DIR", "build")


class MagentoSim:
    """A running simulator; use it in a with statement."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [build_dir() / "tests/sim/magento-sim", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
        )
        listening = json.loads(self.process.stdout.readline())["listening"]
        self.host, port = listening.split(":")
        self.port = int(port)
        self.url = f"http://{listening}"

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        assert self.stop() == 0, "magento-sim did not end cleanly"

    def stop(self):
        """Ends it as an operator would and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        return status

    def connect(self, timeout=20):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def request(self, method, target, body=None, headers=None, timeout=20):
        """One request on a connection of its own: (status, headers, body as bytes)."""
        connection = self.connect(timeout)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def call(self, method, target, body=None, token=TOKEN):
        """A REST call with the bearer token: (status, answer)."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        status, _, answer = self.request(method, target, data, headers)
        return status, json.loads(answer)

    def control(self, method, path, body=None):
        """A control call; its answer, which must be a 200."""
        status, _, answer = self.request(
            method, "/_sim/" + path, None if body is None else json.dumps(body)
        )
        assert status == 200, answer
        return json.loads(answer)

    def ledger(self, **filters):
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return self.control("GET", "ledger?" + query)["orders"]

    def requests(self, last=50):
        return self.control("GET", f"requests?last={last}")

    def settings(self, **settings):
        self.control("POST", "settings", settings)

    def faults(self, *rules):
        self.control("POST", "faults", list(rules))

    def clear_faults(self):
        return self.control("DELETE", "faults")

    def by_hand(self, order_id, action, **details):
        return self.control("POST", f"orders/{order_id}/by-hand", {"action": action, **details})

    def reset(self):
        self.control("POST", "reset", {})
