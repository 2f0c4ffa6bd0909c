"""How the tests run the program."""

import pytest

from support.process import UnexpectedExit
from support.service import SECRET, Amsync


@pytest.fixture
def unconnected(tmp_path):
    return Amsync({}, tmp_path)


def test_a_command_is_run_with_the_settings_given_only(unconnected, monkeypatch):
    monkeypatch.setenv("AMSYNC_DATABASE_URL", "postgresql://somebody-elses/database")
    finished = unconnected.command("config", exit_code=2)
    assert "AMSYNC_DATABASE_URL is missing" in finished.stderr


def test_another_exit_code_shows_what_was_said(unconnected):
    with pytest.raises(UnexpectedExit, match="exit code 0 was expected(.|\n)*is missing"):
        unconnected.command("config")


def test_secrets_are_not_shown(unconnected):
    settings = {"AMSYNC_DATABASE_URL": "postgresql://amsync:hunter2@localhost/amsync",
                "AMSYNC_MAGENTO_URL": "https://shop.example", "AMSYNC_MAGENTO_TOKEN": "tok3n"}
    shown = unconnected.command("config", settings=settings).stdout
    assert "shop.example" in shown
    assert not any(secret in shown for secret in ("hunter2", "tok3n", SECRET))
