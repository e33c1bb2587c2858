"""Figures are noted by the benchmarks and printed together at the end of `make bench`. None of them fails a test."""

import pytest

from tests.benchmarks.figures import Notes, table

NOTED = pytest.StashKey[dict[str, float]]()


@pytest.fixture
def notes(benchmark, pytestconfig):
    """Where a benchmark leaves its figures."""
    return Notes(benchmark, pytestconfig.stash.setdefault(NOTED, {}))


@pytest.hookimpl(trylast=True)  # below the tables of pytest-benchmark
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, where anything was timed."""
    noted = config.stash.get(NOTED, {})
    if noted:
        terminalreporter.section("figures: the best round of decisions and calls, the median of everything else")
        for line in table(noted):
            terminalreporter.write_line(line)
