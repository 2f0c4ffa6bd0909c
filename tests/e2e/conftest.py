"""The fixtures of the whole-process tests."""

import pytest

from support.postgres import Cluster


@pytest.fixture(scope="session")
def postgres():
    """One PostgreSQL cluster for all tests; a test may restart, kill or freeze it."""
    with Cluster() as cluster:
        yield cluster
