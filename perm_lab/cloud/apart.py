"""A clean lab for a while: what is tried there leaves no trace in the lab that a learner works in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from perm_lab.cloud.core.records import Trail
from perm_lab.cloud.lab import Lab
from perm_lab.cloud.snapshots import Snapshot


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
    before, kept = Snapshot.take(lab), (lab.accounts, lab.core.accounts, lab.core.trail, lab._checkpoints)
    lab.accounts, lab.core.accounts, lab.core.trail, lab._checkpoints = {}, {}, Trail(), {}
    Snapshot.empty().restore(lab)
    try:
        yield lab
    finally:
        lab.accounts, lab.core.accounts, lab.core.trail, lab._checkpoints = kept
        before.restore(lab)
