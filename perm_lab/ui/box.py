"""The one place where a class of ipywidgets, which brings no types, is the base of one of ours."""

import ipywidgets as widgets


class Box(widgets.VBox):  # type: ignore[misc]
    """Controls under one another."""
