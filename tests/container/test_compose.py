"""docker/compose.yaml: that it is consistent, and that what it says works.

Its amsync, its simulated Magento and its Acumatica run as it says, each found by its name at an
address of its own. In place of PostgreSQL's image, which is not Debian's, stands a PostgreSQL with
the database, the user and the password that the file gives to that image.
"""

import contextlib
import re
import shutil
import subprocess

import pytest
from psycopg import sql

from compose import Compose, Missing, interpolate, read_env_file, seconds
from conftest import DOCKER
from engine import ROOT
from support import web
from support.acumatica import Acumatica
from support.magento import Magento
from support.postgres import Cluster
from support.process import Process
from support.push import Destination, Dispatcher
from support.service import require_good_end
from support.waiting import wait_until

DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
DEMO = read_env_file(DOCKER / "demo.env")
ADDRESSES = {"postgres": "127.0.0.1", "amsync": "127.0.1.1", "magento": "127.0.1.2"}
WEBHOOK_PORT = 8080
POSTGRES_PORT = 5432


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The file, with the secrets that the documented command makes."""
    copy = tmp_path_factory.mktemp("project") / "docker"
    shutil.copytree(DOCKER, copy, ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([copy / "make-secrets"], check=True)
    return copy


@pytest.fixture(scope="module")
def compose(folder):
    return Compose(folder / "compose.yaml", DEMO)


# --- that it is consistent

def test_every_variable_is_a_setting(compose, settings):
    for name, service in compose.services.items():
        for variable in service.get("environment", {}):
            if not variable.startswith("AMSYNC_"):
                continue
            plain = variable.removesuffix("_FILE")
            assert plain in settings, f"{name}: {variable}"
            assert settings[plain] == (variable != plain), f"{name}: {variable}"
    assert {name for name in DEMO if name.startswith("AMSYNC_")} <= set(settings)


def test_what_must_be_given_is_asked_for(folder):
    for left_out in ("AMSYNC_COMPANIES", "AMSYNC_MAGENTO_URL"):
        rest = {name: value for name, value in DEMO.items() if name != left_out}
        with pytest.raises(Missing, match=left_out):
            Compose(folder / "compose.yaml", rest)


def test_secrets_are_files_that_the_command_makes(compose):
    for name, service in compose.services.items():
        named = {variable: value for variable, value in service.get("environment", {}).items()
                 if variable.endswith("_FILE")}
        assert set(named.values()) == {f"/run/secrets/{secret}"
                                       for secret in service.get("secrets", [])}, name
    made = {path for path in (compose.folder / "secrets").iterdir()}
    assert {compose.secret_path(secret) for secret in compose.content["secrets"]} == made
    assert (compose.folder / "secrets").stat().st_mode & 0o777 == 0o700
    assert all(path.read_text("ascii").strip() for path in made)


def test_making_secrets_again_keeps_them(compose):
    def contents():
        return {path: path.read_text("ascii") for path in (compose.folder / "secrets").iterdir()}
    before = contents()
    subprocess.run([compose.folder / "make-secrets"], check=True)
    assert contents() == before


def test_no_secret_can_be_committed():
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "/docker/secrets/" in ignored


def test_every_service_is_hardened(compose):
    for name, service in compose.services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_what_is_built_can_be_built(compose):
    builds = {}
    for name, service in compose.services.items():
        build = service.get("build")
        if build is None:
            assert ":" in service["image"], f"{name}: an image from elsewhere without its version"
            continue
        assert builds.setdefault(service["image"], build) == build, name
        # The file stands in docker/, the context is the project's folder.
        assert (DOCKER / build["context"]).resolve() == ROOT
        assert ROOT / build["dockerfile"] == DOCKER / "Dockerfile"
        target = build.get("target")
        assert target is None or re.search(rf"^FROM .* AS {target}$", DOCKERFILE, re.MULTILINE)
    assert {image: build.get("target") for image, build in builds.items()} == {
        "amsync": None, "amsync-demo": "demo"}


def test_who_waits_for_whom(compose):
    for name, service in compose.services.items():
        for other, how in service.get("depends_on", {}).items():
            awaited = compose.services[other]
            if how["condition"] == "service_healthy":
                assert compose.health_command(other), name
            else:
                assert how["condition"] == "service_completed_successfully"
                assert awaited["restart"] == "no", name
    waits = compose.services["amsync"]["depends_on"]
    assert waits["migrate"]["condition"] == "service_completed_successfully"


def test_what_runs_for_ever_is_started_again(compose):
    for name, service in compose.services.items():
        once = name in ("migrate", "acumatica")
        assert service["restart"] == ("no" if once else "unless-stopped"), name
        assert once != ("test" in service.get("healthcheck", {})), name


def test_the_stop_has_the_time_that_it_may_take(compose):
    default_ms = re.search(r"`AMSYNC_SHUTDOWN_MS` \| `(\d+)`", (ROOT / "README.md").read_text())[1]
    grace_s = seconds(compose.services["amsync"]["stop_grace_period"])
    assert grace_s * 1000 > int(default_ms)


def test_only_webhooks_are_published_and_only_here(compose):
    published = {name: service["ports"] for name, service in compose.services.items()
                 if "ports" in service}
    assert published == {"amsync": [f"127.0.0.1:{WEBHOOK_PORT}:{WEBHOOK_PORT}"]}


def test_the_database_outlives_its_container(compose):
    [volume] = compose.services["postgres"]["volumes"]
    name, _, place = volume.partition(":")
    assert name in compose.content["volumes"]
    assert place == "/var/lib/postgresql/data"


def test_profiles(compose):
    assert compose.active() == ["postgres", "migrate", "amsync"]
    assert compose.active("demo") == ["postgres", "migrate", "amsync", "magento", "acumatica"]
    assert DEMO["COMPOSE_PROFILES"] == "demo"


def test_interpolation():
    values = ["${A}", "${B:-two}", "${A:-two}", "$$", "${A:?why}-${A}"]
    assert interpolate(values, {"A": "one"}) == ["one", "two", "one", "$", "one-one"]
    with pytest.raises(Missing, match="B: why"):
        interpolate("${B:?why}", {"B": ""})


# --- that it works

class Running:
    """What `docker compose up` would start, in the tests' network."""

    def __init__(self, engine, compose, log_folder):
        self.engine = engine
        self.compose = compose
        self.processes = {}
        self._log_folder = log_folder

    def launch(self, name):
        service = self.compose.services[name]
        arguments = self.engine.run_arguments(*self.compose.podman_options(name, ADDRESSES))
        self.processes[name] = Process(
            name, [*arguments, service["image"], *service.get("command", [])], self._log_folder,
            env=self.engine.env)

    def complete(self, name, deadline_s=120):
        """Runs one that ends; it must end well."""
        self.launch(name)
        assert self.processes[name].wait(deadline_s) == 0, self.processes[name].describe()
        return self.processes[name].stdout()

    def start(self, name):
        """Starts one, until the check of the file finds it healthy."""
        self.launch(name)
        process = self.processes[name]

        def healthy():
            process.require_running()
            return self.execute(name, *self.compose.health_command(name)).returncode == 0
        wait_until(healthy, lambda: f"{name} being healthy\n{process.describe()}", 60, 0.2)

    def execute(self, name, *command):
        """As `docker compose exec` does."""
        return subprocess.run(["podman", "exec", name, *command], env=self.engine.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    def amsync(self, *arguments):
        done = self.execute("amsync", "amsync", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def require_confined(self, name):
        """Nobody's user, no right, none to be had, nothing writable."""
        status = self.execute(name, "cat", "/proc/1/status").stdout
        fields = dict(line.split(":\t", 1) for line in status.splitlines())
        assert fields["Uid"].split() == ["65532"] * 4
        assert fields["CapPrm"] == fields["CapBnd"] == "0" * 16
        assert fields["NoNewPrivs"] == "1"
        mounts = self.execute(name, "cat", "/proc/1/mounts").stdout.splitlines()
        [root] = [mount.split() for mount in mounts if mount.split()[1] == "/"]
        assert root[3].split(",")[0] == "ro"
        for folder in ("/tmp", "/run", "/var/tmp", "/etc", "/home"):
            assert self.execute(name, "touch", f"{folder}/file").returncode != 0, folder

    def stop(self):
        for process in self.processes.values():
            if process.is_running:
                require_good_end(process)


@contextlib.contextmanager
def database(compose):
    """A PostgreSQL with what the file's service has."""
    service = compose.services["postgres"]
    variables = service["environment"]
    password = (compose.folder / "secrets" / variables["POSTGRES_PASSWORD_FILE"]
                .removeprefix("/run/secrets/")).read_text("ascii").strip()
    cluster = Cluster()
    cluster.port = POSTGRES_PORT
    with cluster:
        with cluster.connect() as connection:
            role = sql.Identifier(variables["POSTGRES_USER"])
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                role, sql.Literal(password)))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(variables["POSTGRES_DB"]), role))
        subprocess.run(compose.health_command("postgres"), check=True, stdin=subprocess.DEVNULL)
        yield cluster


@pytest.fixture
def running(engine, compose, tmp_path):
    started = Running(engine, compose, tmp_path / "log")
    with database(compose):
        yield started
        started.stop()


def test_an_order_goes_through_it(running, compose):
    """The shop stands outside, at the address that the settings name."""
    token = compose.secret_path("magento_token").read_text("ascii").strip()
    port = DEMO["AMSYNC_MAGENTO_URL"].rpartition(":")[2]
    arguments = ("--listen", ADDRESSES["magento"], "--port", port)
    with Magento(running.compose.folder / "log", arguments, token=token) as magento:
        assert "migration" in running.complete("migrate")
        running.start("amsync")
        running.require_confined("amsync")
        assert "healthcheck" in running.amsync("--help")
        running.amsync("map", "shipping", "set", "*", "flatrate_flatrate")
        running.amsync("map", "payment", "set", "*", "checkmo")
        url = f"http://127.0.0.1:{WEBHOOK_PORT}"
        secret = compose.secret_path("webhook_secret").read_text("ascii").strip()
        acumatica = Acumatica(dispatcher=Dispatcher(Destination(url, secret)),
                              deliver_at_once=True)
        order = acumatica.create_order([("AALEGO500", 2, "10.00")])
        acumatica.pay(order)
        wait_until(magento.orders, lambda: "the order in Magento; the log:\n"
                   + running.amsync("log"), 60)
        assert magento.order()["grand_total"] == 20
        assert running.execute("amsync", "amsync", "healthcheck").stdout == "ready\n"
        # Probes with details are for the container itself.
        with pytest.raises(OSError):
            web.get(f"http://{ADDRESSES['amsync']}:9090/readyz")
        assert running.processes["amsync"].terminate(
            seconds(compose.services["amsync"]["stop_grace_period"])) == 0


@pytest.mark.slow
def test_the_demo_plays_its_thirteen_steps(running):
    for name in running.compose.active("demo"):
        if name in ("amsync", "magento"):
            running.start(name)
        elif name != "postgres":
            told = running.complete(name)
    assert told.rstrip().endswith("All thirteen steps came out as they should.")
    assert "13. The order is up to date" in told
    told = running.complete("acumatica")  # once more, on the same database
    assert told.rstrip().endswith("All thirteen steps came out as they should.")
