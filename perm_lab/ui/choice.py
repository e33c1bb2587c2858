"""One of several options, each of which the keyboard reaches with Tab and chooses with Space."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

import ipywidgets as widgets
import traitlets

from perm_lab.ui.box import Box


class Choice(Box):
    """Options under one another; `value` is the key of the chosen one, None when none is.

    Every option is a group of radio buttons of its own: within a group one moves with the arrow keys, and in a notebook
    JupyterLab takes those to go from cell to cell.

    >>> choice = Choice({"a": "the role", "b": "maya"})
    >>> choice.radios["b"].index = 0
    >>> choice.value
    'b'
    """

    value = traitlets.Any(None, allow_none=True)
    disabled = traitlets.Bool(False)

    def __init__(self, options: Mapping[Any, str], value: Any = None) -> None:
        self.radios = {key: _radio(ascii_uppercase[n], text, key) for n, (key, text) in enumerate(options.items())}
        super().__init__(tuple(self.radios.values()))
        for radio in self.radios.values():
            radio.observe(self._picked, "value")
        self.value = value

    def _picked(self, change: Any) -> None:
        if change["new"] is not None:
            self.value = change["new"]

    @traitlets.validate("value")
    def _known(self, proposal: Any) -> Any:
        if proposal["value"] is not None and proposal["value"] not in self.radios:
            legal = ", ".join(f"`{key}`" for key in self.radios)
            raise ValueError(f"`{proposal['value']}` is not an option; the options are: {legal}")
        return proposal["value"]

    @traitlets.observe("value")
    def _show_value(self, change: Any) -> None:
        for key, radio in self.radios.items():
            radio.index = 0 if key == change["new"] else None

    @traitlets.observe("disabled")
    def _show_disabled(self, change: Any) -> None:
        for radio in self.radios.values():
            radio.disabled = change["new"]


def _radio(letter: str, text: str, key: Any) -> widgets.RadioButtons:
    layout = widgets.Layout(width="auto", margin="0 2px")
    style = {"description_width": "1.4em"}
    return widgets.RadioButtons(options=[(text, key)], value=None, description=letter, layout=layout, style=style)
