"""The image with a read-only root, no capability, no new privileges and a user of its own."""

from decimal import Decimal

import pytest

from engine import CONFINED
from support.service import Amsync
from support.waiting import wait_until

SHUTDOWN_MS = 20_000


@pytest.fixture
def unconnected(contained, tmp_path):
    return Amsync({}, tmp_path, contained)


def test_a_wrong_setting_is_one_clear_line(unconnected):
    settings = {"AMSYNC_DATABASE_URL": "postgresql://amsync@127.0.0.1/amsync",
                "AMSYNC_MAGENTO_URL": "https://shop.example", "AMSYNC_MAGENTO_TOKEN": "a-token",
                "AMSYNC_WORKERS": "many"}
    finished = unconnected.command("serve", exit_code=2, settings=settings)
    assert finished.stdout == ""
    [line] = finished.stderr.splitlines()
    assert "AMSYNC_WORKERS" in line and "many" in line


def test_it_says_what_it_is(unconnected):
    assert unconnected.command("--version").stdout.startswith("amsync ")


@pytest.mark.slow
def test_each_secret_as_a_file(engine, settings, tmp_path):
    secrets = {name: f"value-of-{name.lower()}" for name, secret in settings.items() if secret}
    secrets["AMSYNC_DATABASE_URL"] = "postgresql://amsync:hidden@127.0.0.1/amsync"
    options = ["--env", "AMSYNC_COMPANIES=MyStore", "--env", "AMSYNC_MAGENTO_AUTH=oauth1",
               "--env", "AMSYNC_MAGENTO_URL=https://shop.example"]
    for name, value in secrets.items():
        path = tmp_path / name.lower()
        path.write_text(value + "\n", "utf-8")
        path.chmod(0o644)
        options += ["--env", f"{name}_FILE=/run/secrets/{path.name}",
                    "--volume", f"{path}:/run/secrets/{path.name}:ro"]
    _, *arguments = engine.run_arguments(*CONFINED, *options)
    shown = engine.podman(*arguments, "amsync", "config").splitlines()
    for name in secrets:
        assert f"{name}=(set, not shown)" in shown


@pytest.mark.slow
def test_healthy_and_unhealthy(new_scene, postgres):
    with new_scene() as scene:
        scene.start()
        amsync = scene.amsync

        def health():
            return amsync.command("healthcheck", exit_code=None)
        assert health().exit_code == 0
        postgres.stop()
        try:
            wait_until(lambda: health().exit_code == 1, "being unhealthy", interval_s=0.5)
            assert health().stderr.startswith("amsync healthcheck: not ready")
        finally:
            postgres.start()
        wait_until(lambda: health().exit_code == 0, "being healthy again", interval_s=0.5)


@pytest.mark.slow
def test_sigterm_with_work_in_flight(new_scene):
    with new_scene(AMSYNC_SHUTDOWN_MS=SHUTDOWN_MS, AMSYNC_MAGENTO_TIMEOUT_MS=10_000,
                   AMSYNC_MAGENTO_QUIET_MS=10_000) as scene:
        scene.start()
        scene.magento.set(delay_ms=1000)
        orders = [scene.acumatica.create_order([("AALEGO500", 1, "10.00")], paid=Decimal("10.00"))
                  for _ in range(30)]
        wait_until(lambda: scene.magento.count("POST /V1/orders") > 0, "a create in Magento")
        assert scene.amsync.process.terminate(SHUTDOWN_MS / 1000) == 0
        assert scene.acumatica.dispatcher.failed == []
        made = len(scene.magento.orders())
        assert 0 < made < len(orders), "nothing was in flight"
        scene.magento.set(delay_ms=0)
        scene.start()
        scene.settle()
        for order in orders:
            assert scene.shown(order)["grand_total"] == 10
        assert len(scene.magento.orders()) == len(orders)
        scene.require_at_rest()
