"""Every scenario in a good sample of its states: as it begins, nothing on, all on, and each toggle by itself turned."""

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import isabstract

from perm_lab import scenarios
from perm_lab.cloud import Lab
from perm_lab.scenarios import Scenario
from perm_lab.scenarios.equivalents import Equivalents

SCENARIOS = sorted(
    (each for each in map(vars(scenarios).get, scenarios.__all__) if isinstance(each, type)
     and issubclass(each, Scenario) and not isabstract(each)),
    key=lambda each: each.__name__,
)  # fmt: skip


def samples(scenario: Scenario) -> Iterator[tuple[str, Equivalents]]:
    """Brings the scenario into each state: its words, and what it is in code."""
    keys = [toggle.key for toggle in scenario.toggles]
    start = frozenset(scenario.state)
    states = [start, frozenset(), frozenset(keys), *(start ^ {key} for key in keys)]
    for handler in scenario.handlers:
        scenario.handler = handler.key
        for state in states if handler is scenario.handlers[0] else states[:1]:
            for key in keys:
                scenario.set(key, key in state)
            yield f"{handler.key}: {', '.join(sorted(state))}", scenario.equivalents


@contextmanager
def rebuilt(same: Equivalents) -> Iterator[Lab]:
    """A fresh lab in which the calls of a state have been made, by administrators of the accounts."""
    with Lab() as lab:
        clients = {}
        for call in same.calls:
            session = lab.account(call.account or same.account).admin()
            call.make(clients.setdefault((call.account, call.service), {call.service: session.client(call.service)}))
        yield lab
