"""For every test: none may be skipped."""

from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A skipped test is a failed one: what the proof leaves out, nobody notices missing."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"`{item.nodeid}` was skipped, and no test of this suite may be: {call.excinfo}"
    return report
