"""Whatever happens while a lab opens or closes: closing it, or opening the next, makes all as it was."""

import itertools
import os
import sys
from collections import Counter

import boto3
import pytest
from botocore.client import BaseClient
from botocore.handlers import BUILTIN_HANDLERS
from botocore.httpsession import URLLib3Session
from moto.core.common_models import BaseModel
from moto.core.models import MockAWS, botocore_stubber
from moto.logs.models import LogStream
from moto.sns.models import Subscription

from perm_lab.cloud import Lab
from perm_lab.cloud.internals.patches import Patches
from tests.repo import PACKAGE

WATCHED = (str(PACKAGE / "cloud"), "moto/core/models.py")


def seen():
    """What an open lab changes in the process."""
    return {
        "environment": {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "session": boto3.DEFAULT_SESSION,
        "calls": BaseClient._make_api_call,
        "exit": URLLib3Session.send,
        "handlers": list(BUILTIN_HANDLERS),
        "stubber": (botocore_stubber.enabled, "process_request" in vars(botocore_stubber)),
        "moto": (MockAWS._nested_count, MockAWS._mocks_active),
        "models": vars(BaseModel)["__new__"],
        "events": (Subscription.publish, LogStream._send_log_events),
    }


class Interrupt:
    """Raises KeyboardInterrupt at the n-th line that runs in a watched file while the block lasts; of a loop, the
    first two rounds count."""

    def __init__(self, n):
        self.left, self.rounds, self.before = n, Counter(), sys.gettrace()

    def __enter__(self):
        sys.settrace(self)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def __call__(self, frame, event, argument):
        if event == "call":
            return self if any(part in frame.f_code.co_filename for part in WATCHED) else None
        if event == "line":
            line = (frame.f_code.co_filename, frame.f_lineno)
            self.rounds[line] += 1
            self.left -= self.rounds[line] <= 2
            if not self.left:
                sys.settrace(self.before)
                raise KeyboardInterrupt
        return self


def lines_of(act):
    """How many watched lines `act` runs."""
    counter = Interrupt(0)
    with counter:
        act()
    return -counter.left


@pytest.fixture(scope="module")
def before():
    """The state of the process without a lab, and the lines that opening and closing one take."""
    Lab().close()
    state = seen()
    opening = lines_of(Lab)
    closing = lines_of(Lab.current().close)
    assert state == seen()
    return state, opening, closing


def interrupted(n, act):
    try:
        with Interrupt(n):
            act()
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.parametrize("mend", ["close", "open another"])
def test_an_interrupt_while_a_lab_opens(before, mend):
    state, opening, _ = before
    rounds = 0
    for n in range(1, opening + 1):
        rounds += interrupted(n, Lab)
        if mend == "close" and Lab.current():
            Lab.current().close()
        else:
            Lab.start().close()
        assert state == seen(), f"after an interrupt at line {n} of {opening}"
    assert rounds > 10


def test_an_interrupt_while_a_lab_closes(before):
    state, _, closing = before
    rounds = 0
    for n in range(1, closing + 1):
        lab = Lab.start()
        rounds += interrupted(n, lab.close)
        lab.close()
        if seen() != state:
            Lab.start().close()
        assert state == seen(), f"after an interrupt at line {n} of {closing}"
    assert rounds > 10


def test_any_error_while_a_lab_opens_leaves_nothing(before, monkeypatch):
    state = before[0]
    monkeypatch.setattr("perm_lab.cloud.lab.lead_events", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Lab()
    assert Lab.current() is None
    assert state == seen()


def test_the_way_back_is_gone_again_after_an_interrupt():
    class Thing:
        one, two = 1, 2

    patches, steps = Patches(), itertools.count()

    def back():
        if not next(steps):
            raise KeyboardInterrupt
        Thing.two = 2

    patches.set(Thing, "one", "patched")
    patches.later(back)
    Thing.two = "patched"
    with pytest.raises(KeyboardInterrupt):
        patches.undo()
    patches.undo()
    assert (1, 2) == (Thing.one, Thing.two)
    patches.undo()
