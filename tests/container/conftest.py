"""The fixtures of the image's tests.

They run in a network of their own, in which every port is free (scripts/test sees to it), one after
the other, against the images that `engine.py build` has made.
"""

import re
import subprocess

import pytest

from engine import ROOT, Engine
from support.postgres import Cluster
from support.scene import Scene, add_mappings
from support.service import Amsync, build_folder

DOCKER = ROOT / "docker"


@pytest.fixture(scope="session")
def engine():
    with Engine() as opened:
        yield opened


@pytest.fixture(scope="session")
def contained(engine, tmp_path_factory):
    """A program that runs amsync in its container, as confined as it can be."""
    path = tmp_path_factory.mktemp("contained") / "amsync"
    engine.write_program(path, "amsync")
    return path


@pytest.fixture(scope="session")
def postgres():
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def new_scene(postgres, contained, tmp_path):
    """A whole installation whose amsync is the container's; not started."""
    name = postgres.create_database()
    built = Amsync({"AMSYNC_DATABASE_URL": postgres.uri(name)}, tmp_path)
    built.command("migrate")
    add_mappings(built)

    def make(**settings):
        return Scene(postgres, name, tmp_path / "log", program=contained, **settings)
    return make


@pytest.fixture(scope="session")
def settings():
    """Every setting by name: whether it is a secret."""
    table = subprocess.run([build_folder() / "amsync", "config", "--markdown"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    rows = re.findall(r"^\| `(AMSYNC_\w+)`( \(secret\))? \|", table, re.MULTILINE)
    assert rows
    return {name: secret != "" for name, secret in rows}
