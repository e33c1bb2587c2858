"""A clean lab for a while: what is tried there leaves no trace in the lab that a learner works in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import boto3

from perm_lab.cloud.credentials import Credentials
from perm_lab.cloud.lab import Lab
from perm_lab.cloud.snapshots import FUNCTIONS, Services


@contextmanager
def lab_apart() -> Iterator[Lab]:
    """A lab with nothing in it: a new one where none is open, or else the open one, emptied for as long as it takes.

    Afterwards that one stands as it stood, whatever happens inside: accounts, functions and their execution
    environments, keys, trail, checkpoints, and who is signed in. All of it is set aside and put back, not copied: it
    takes no longer in a lab with much in it. Sessions made inside are worth nothing afterwards.
    """
    lab = Lab.current()
    if lab is None:
        with Lab() as lab:
            yield lab
        return
    put_back = ExitStack()  # each step is known to it before it is taken: an interrupt leaves nothing half done
    try:
        with lab.turns.call():
            put_back.callback(lab.policies.forget_everything)
            for owner, names in ((lab, _OF_LAB), (lab.turns, ("_jobs",)), (lab.lambdas, _OF_LAMBDA)):
                for name in names:
                    held = getattr(owner, name)
                    put_back.callback(setattr, owner, name, held)
                    setattr(owner, name, type(held)())
            put_back.callback(setattr, boto3, "DEFAULT_SESSION", boto3.DEFAULT_SESSION)
            boto3.DEFAULT_SESSION = None
            put_back.callback(lab.credentials.restore, lab.credentials.copy())
            lab.credentials.restore(Credentials())
            put_back.callback(Services.now().put)
            Services.none().put()
            put_back.callback(Services.dispose)
            put_back.callback(lab.lambdas.close)
            lab.policies.forget_everything()
        yield lab
    finally:
        with lab.turns.call():
            put_back.close()


_OF_LAB = ("accounts", "trail", "_serial", "_history", "_checkpoints")
_OF_LAMBDA = (*FUNCTIONS, "environments", "role_clients")
