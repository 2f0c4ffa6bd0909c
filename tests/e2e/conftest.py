"""The fixtures of the whole-process tests.

    postgres    one PostgreSQL cluster for all tests
    database    the name of a new, empty database in it
    magento     a simulated Magento of the test's own
    amsync      an installation of amsync: that database, that Magento; nothing in it, not started
    service     the same, with its schema and its mappings, started
    acumatica   a simulated Acumatica that sends to it at once

When a test fails, its report ends with what each program wrote.
"""

import pytest

from support.acumatica import Acumatica
from support.magento import TOKEN, Magento
from support.postgres import Cluster
from support.push import Destination, Dispatcher
from support.service import Amsync

SHOWN_LOG_CHARACTERS = 20_000


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
    """With short waits for Magento, so that faults pass quickly."""
    installation = Amsync({
        "AMSYNC_DATABASE_URL": postgres.uri(database),
        "AMSYNC_MAGENTO_URL": magento.url,
        "AMSYNC_MAGENTO_TOKEN": TOKEN,
        "AMSYNC_MAGENTO_TIMEOUT_MS": "1500",
        "AMSYNC_MAGENTO_QUIET_MS": "1500",
        "AMSYNC_SETTLE_MS": "50",
    }, log_folder)
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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    folder = item.funcargs.get("log_folder") if hasattr(item, "funcargs") else None
    if not report.failed or folder is None or not folder.exists():
        return
    for path in sorted(folder.iterdir()):
        text = path.read_text("utf-8", "replace")
        if text:
            report.sections.append((path.name, text[-SHOWN_LOG_CHARACTERS:]))
