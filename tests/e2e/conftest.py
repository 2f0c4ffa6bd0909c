"""The fixtures of the whole-process tests.

    postgres    one PostgreSQL cluster for all tests
    database    the name of a new, empty database in it
    magento     a simulated Magento of the test's own
    amsync      an installation of amsync: that database, that Magento; nothing in it, not started
    service     the same, with its schema and its mappings, started
    acumatica   a simulated Acumatica that sends to it at once
    scene       all of that with the service running, shared by the tests of a file
    new_scene   makes one with settings of its own, for one test; its service is not started

When a test fails, its report ends with what each program wrote.
"""

import contextlib

import pytest

from support.acumatica import Acumatica
from support.magento import Magento
from support.postgres import Cluster
from support.push import Destination, Dispatcher
from support.scene import Scene, add_mappings, settings_for
from support.service import Amsync, build_folder

SHOWN_LOG_CHARACTERS = 20_000

# They are tests of another build: scripts/test makes it and runs them there.
collect_ignore = []
if b"AMSYNC_FAILURE_POINT" not in (build_folder() / "amsync").read_bytes():
    collect_ignore.append("test_failure_points.py")


def pytest_collection_modifyitems(items):
    """Spreads the tests that wait longest over the first quarter, which xdist deals out in one piece for
    each worker: they would else be what everything waits for at the end."""
    early = [item for item in items if item.get_closest_marker("early")]
    others = [item for item in items if not item.get_closest_marker("early")]
    step = max(1, len(items) // 4 // max(1, len(early)))
    for number, item in enumerate(early):
        others.insert(number * step, item)
    items[:] = others


@pytest.fixture(scope="session")
def postgres():
    """A test may restart, kill or freeze it."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def database(postgres):
    name = postgres.create_database()
    yield name
    if not postgres.is_running:  # the test failed between stop and start
        postgres.start()
    postgres.thaw()
    postgres.drop_database(name)


@pytest.fixture
def log_folder(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def magento(log_folder):
    """Each body that it was sent must be one that Magento's own schema knows."""
    with Magento(log_folder) as simulation:
        yield simulation
        assert simulation.requests()["violations"] == []


@pytest.fixture
def amsync(postgres, database, magento, log_folder):
    installation = Amsync(settings_for(postgres, database, magento), log_folder)
    yield installation
    installation.close()


@pytest.fixture
def service(amsync):
    amsync.command("migrate")
    amsync.command("map", "shipping", "set", "UPSGROUND", "flatrate_flatrate",
                   "--title", "UPS Ground", "--carrier", "ups")
    amsync.command("map", "payment", "set", "*", "checkmo")
    amsync.start()
    return amsync


@pytest.fixture
def acumatica(amsync):
    dispatcher = Dispatcher(Destination(amsync.url, amsync.secret))
    return Acumatica(dispatcher=dispatcher, deliver_at_once=True)


@pytest.fixture(scope="session")
def template(postgres, tmp_path_factory):
    """The name of a migrated database with mappings, which others are copied from."""
    name = postgres.create_database()
    amsync = Amsync({"AMSYNC_DATABASE_URL": postgres.uri(name)}, tmp_path_factory.mktemp("template"))
    amsync.command("migrate")
    add_mappings(amsync)
    return name


@pytest.fixture(scope="module")
def scene(postgres, template, tmp_path_factory):
    """Each body that Magento was sent must be one that its own schema knows."""
    with Scene(postgres, template, tmp_path_factory.mktemp("scene")) as opened:
        yield opened.start()
        assert opened.magento.requests()["violations"] == []


@pytest.fixture
def new_scene(postgres, template, tmp_path):
    with contextlib.ExitStack() as closing:
        def make(magento_arguments=(), **settings):
            folder = tmp_path / f"scene-{len(made)}"
            made.append(Scene(postgres, template, folder, magento_arguments, **settings))
            return closing.enter_context(made[-1])
        made = []
        yield make
        for opened in made:
            assert opened.magento.requests()["violations"] == []


def log_folders(item):
    """Where the programs of a test write."""
    arguments = getattr(item, "funcargs", {})
    if "log_folder" in arguments:
        yield arguments["log_folder"]
    if "scene" in arguments:
        yield arguments["scene"].log_folder
    if "new_scene" in arguments:
        yield from sorted(arguments["tmp_path"].glob("scene-*"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for folder in log_folders(item):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            text = path.read_text("utf-8", "replace")
            if text:
                report.sections.append((path.name, text[-SHOWN_LOG_CHARACTERS:]))
