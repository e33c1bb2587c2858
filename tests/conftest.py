"""For every test: none may be skipped; and those on one notebook share a process, which so runs it once."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A skipped test is a failed one: what the proof leaves out, nobody notices missing."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"`{item.nodeid}` was skipped, and no test of this suite may be: {call.excinfo}"
    return report


class ByNotebook(LoadScopeScheduling):
    """Gives each test to the process that is free, but those of one executed notebook to one and the same.

    What is small in `tests/browser` stays together as well, as a process that does one of them starts a JupyterLab.
    """

    def _split_scope(self, nodeid: str) -> str:
        where = re.match(r"(tests/(?:notebooks|browser)/)(?:.*\[(\d\d_\w+))?", nodeid)
        return where[1] + (where[2] or "") if where else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByNotebook:
    return ByNotebook(config, log)
