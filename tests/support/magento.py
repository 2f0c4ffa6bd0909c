"""The simulated Magento as a process."""

from support import web
from support.process import Process
from support.service import build_folder, environment

TOKEN = "a-token-of-the-tests"


class Magento:
    """`with Magento(log_folder) as magento:` starts it on a port of its own and stops it."""

    def __init__(self, log_folder, arguments=(), program=None):
        self.program = program or build_folder() / "tests" / "sim" / "magento-sim"
        self._log_folder = log_folder
        self._arguments = arguments
        self._process = None
        self.url = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        self._process = Process(
            "magento-sim", [self.program, "--port", "0", *self._arguments], self._log_folder,
            env=environment({}))
        self.url = "http://" + self._process.first_json_line()["listening"]

    def close(self):
        if self._process is not None and self._process.is_running:
            self._process.terminate()

    def rest(self, method, path, value=None):
        """A call to Magento's own REST API, as amsync makes it: `path` is below /rest/V1."""
        url = f"{self.url}/rest/V1/{path}"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        if value is None:
            return web.request(method, url, headers=headers)
        return web.post_json(url, value, headers=headers)

    def control(self, path):
        """Reads what the simulation tells about itself: `path` is below /_sim/."""
        return web.get(f"{self.url}/_sim/{path}").json()

    def set_control(self, path, value):
        """Sets one of its switches."""
        return web.post_json(f"{self.url}/_sim/{path}", value)
