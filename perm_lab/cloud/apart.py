"""A clean lab for a while: what is tried there leaves no trace in the lab that a learner works in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from perm_lab.cloud.lab import Lab
from perm_lab.cloud.snapshots import Snapshot
from perm_lab.cloud.trail import Trail


@contextmanager
def lab_apart() -> Iterator[Lab]:
    """A lab with nothing in it: a new one where none is open, or else the open one, emptied for as long as it takes.

    Afterwards that one stands as it stood: accounts, functions, keys, trail, and what can be undone. Execution
    environments are begun anew. Sessions made inside are worth nothing afterwards.
    """
    lab = Lab.current()
    if lab is None:
        with Lab() as lab:
            yield lab
        return
    before, kept = Snapshot.take(lab), {name: getattr(lab, name) for name in _OWN}
    for name, nothing in _OWN.items():
        setattr(lab, name, nothing())
    Snapshot.empty().restore(lab)
    try:
        yield lab
    finally:
        for name, value in kept.items():
            setattr(lab, name, value)
        before.restore(lab)


_OWN = {"accounts": dict, "trail": Trail, "_history": deque, "_checkpoints": dict}  # what no snapshot holds
