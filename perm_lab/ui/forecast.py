"""Works or fails: what a learner commits to before a scenario is run."""

from __future__ import annotations

from collections.abc import Callable

from perm_lab.ui.box import Box
from perm_lab.ui.choice import Choice
from perm_lab.ui.panel import button, html
from perm_lab.ui.status import live
from perm_lab.ui.style import bare, judged

_WORDS = {True: "it works", False: "it fails"}


class Forecast(Box):
    """Two options and an Evaluate button, which is disabled until one of them is chosen.

    `told` holds of each forecast whether it was right.
    """

    def __init__(self, evaluate: Callable[..., None]) -> None:
        self.options = Choice(_WORDS)
        self.options.observe(self._chosen, "value")
        self.evaluate_button = button("Evaluate", evaluate, disabled=True, button_style="primary")
        self.reply = html()
        self.told: list[bool] = []
        asked = html(bare("<b>With these switches, what happens?</b>"))
        super().__init__([asked, self.options, self.evaluate_button, self.reply])

    @property
    def works(self) -> bool | None:
        """What was foretold, None before anything was."""
        said: bool | None = self.options.value
        return said

    def reset(self) -> None:
        """Ask anew."""
        self.options.value, self.options.disabled, self.reply.value = None, False, ""

    def wait(self) -> None:
        """Ask nothing: what comes of the present state is known already."""
        self.reset()
        self.options.disabled = True
        self.reply.value = bare("<p class=pl-dim>Change something first; then say what happens before it is run.</p>")

    def settle(self, works: bool) -> None:
        """Say whether it was right. The button stays enabled: it has the focus."""
        if self.options.disabled:  # the same once more
            return
        self.options.disabled = True
        right = self.works is works
        self.told.append(right)
        words = f"{'✓ Right' if right else '✗ Not so'}: {_WORDS[works]}"
        count = f"<p>{sum(self.told)} of {len(self.told)} foretold rightly</p>"
        self.reply.value = bare(live(judged(right, words) + count))

    def _chosen(self, _: object) -> None:
        self.evaluate_button.disabled = self.works is None
