"""Every scenario in a good sample of its states: as it begins, nothing on, all on, and each toggle by itself turned."""

from collections.abc import Iterator
from functools import cache
from inspect import isabstract
from itertools import groupby, takewhile

from perm_lab import scenarios
from perm_lab.cloud import Lab
from perm_lab.scenarios import Scenario
from perm_lab.scenarios.api import ApiCall, Clients
from perm_lab.scenarios.equivalents import Equivalents

SCENARIOS = sorted(
    (each for each in map(vars(scenarios).get, scenarios.__all__) if isinstance(each, type)
     and issubclass(each, Scenario) and not isabstract(each)),
    key=lambda each: each.__name__,
)  # fmt: skip


@cache
def samples(kind: type[Scenario]) -> tuple[tuple[str, Equivalents], ...]:
    """Each state of the sample: its words, and what it is in code."""
    with Lab() as lab:
        return tuple(_samples(kind(lab)))


def _samples(scenario: Scenario) -> Iterator[tuple[str, Equivalents]]:
    keys = [toggle.key for toggle in scenario.toggles]
    start = scenario.state
    states = [start, frozenset(), frozenset(keys), *(start ^ {key} for key in keys)]
    for handler in scenario.handlers:
        scenario.handler = handler.key
        for state in states if handler is scenario.handlers[0] else states[:1]:
            yield f"{handler.key}: {', '.join(sorted(state))}", scenario.in_code(state)


def rebuilt(states: list[Equivalents]) -> Iterator[tuple[Equivalents, dict[str, Clients]]]:
    """Each state with fresh accounts in which its calls have been made: the clients of their administrators.

    What several states begin with is made once and gone back to.
    """
    with Lab() as lab:
        clients = {account: Clients(lab.account(account).admin()) for account in _accounts(states)}
        lab.checkpoint("fresh")
        for _, group in groupby(states, lambda same: same.event_code):
            alike = list(group)
            begin = [calls[0] for calls in takewhile(_alike, zip(*(same.calls for same in alike), strict=False))]
            lab.restore("fresh")
            _make(begin, alike[0].account, clients)
            lab.checkpoint("begun")
            for same in alike:
                lab.restore("begun")
                _make(same.calls[len(begin) :], same.account, clients)
                yield same, clients


def _accounts(states: list[Equivalents]) -> dict[str, None]:
    """The accounts in which the states have something."""
    return dict.fromkeys(call.account or same.account for same in states for call in same.calls)


def _alike(calls: tuple[ApiCall, ...]) -> bool:
    return all(call == calls[0] for call in calls)


def _make(calls: list[ApiCall] | tuple[ApiCall, ...], account: str, clients: dict[str, Clients]) -> None:
    for call in calls:
        call.make(clients[call.account or account])
