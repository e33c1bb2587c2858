"""A clean lab for a while: what is tried there leaves no trace in the lab that a learner works in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from perm_lab.cloud.core.callers import Callers
from perm_lab.cloud.internals.clients import default_session, sign_in
from perm_lab.cloud.internals.services import Services, dispose
from perm_lab.cloud.lab import Lab
from perm_lab.cloud.snapshots import FUNCTIONS


@contextmanager
def scratch_lab() -> Iterator[Lab]:
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
    core, lambdas = lab.core, lab.lambdas
    set_aside = (
        (lab, ("accounts", "_checkpoints")),
        (core, ("accounts", "trail", "_serial")),
        (core.scheduler, ("_jobs",)),
        (lambdas, (*FUNCTIONS, "environments", "role_clients")),
    )
    put_back = ExitStack()  # each step is known to it before it is taken: an interrupt leaves nothing half done
    try:
        with core.scheduler.call():
            for owner, names in set_aside:
                for name in names:
                    held = getattr(owner, name)
                    put_back.callback(setattr, owner, name, held)
                    setattr(owner, name, type(held)())
            put_back.callback(sign_in, default_session())
            sign_in(None)
            put_back.callback(core.callers.restore, core.callers.copy())
            core.callers.restore(Callers())
            put_back.callback(Services.now().put)
            Services.none().put()
            put_back.callback(dispose)
            put_back.callback(lambdas.close)
        yield lab
    finally:
        with core.scheduler.call():
            put_back.close()
