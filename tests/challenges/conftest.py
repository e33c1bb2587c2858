"""One lab for all answers that are tried: each check leaves it as it was, which a law in `test_bench` says."""

import pytest

from perm_lab.cloud import Lab


@pytest.fixture(scope="session")
def open_lab():
    with Lab() as lab:
        yield lab
