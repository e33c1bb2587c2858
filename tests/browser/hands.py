"""The two ways to work a page: a mouse, and a keyboard alone."""

from itertools import cycle

from playwright.sync_api import ElementHandle, Locator, expect

from tests.browser.lab_page import LabPage

LONG = 100
FOCUSED = "element => element === document.activeElement"


def wait_for(part: Locator, words: str) -> None:
    """Wait until `words` stand in `part`, be it hidden. `expect` would look again every half second only."""
    part.filter(has_text=words).wait_for(state="attached")


class Hand:
    """Works the controls of one cell's output, or of one panel in it: see `turn_to`."""

    def __init__(self, page: LabPage, cell: int) -> None:
        self.page, self.cell = page, cell
        self.whole = self.part = page.output(cell)

    def turn_to(self, nth: int) -> None:
        """Work the `nth` panel within the cell's own from now on."""
        self.part = self.whole.locator(".pl-form .pl-form").nth(nth)

    def use(self, control: Locator) -> None:
        """Press a button, tick a box, choose an option."""
        raise AssertionError("a mouse or a keyboard is needed")

    def write(self, field: Locator, text: str) -> None:
        """Replace what stands in a field."""
        raise AssertionError("a mouse or a keyboard is needed")

    def open_tab(self, name: str) -> None:
        """Show the page of a row of tabs."""
        self.use(self.tab(name))

    def tab(self, name: str) -> Locator:
        return self.part.get_by_role("tab", name=name, exact=True)

    def option(self, words: str) -> Locator:
        """The radio button beside these words."""
        return self.part.get_by_role("radio", name=words, exact=True)

    def switch(self, words: str) -> Locator:
        """The box to tick beside these words."""
        return self.part.get_by_role("checkbox", name=words, exact=True)

    def button(self, words: str) -> Locator:
        return self.part.get_by_role("button", name=words, exact=True)

    def field(self, words: str) -> Locator:
        return self.part.get_by_role("textbox", name=words, exact=True)

    def says(self, words: str) -> None:
        """Wait until these words stand in the part that is worked on. White space and capitals count for nothing."""
        wait_for(self.part, words)


class Mouse(Hand):
    """Clicks. Into a field it pastes."""

    def use(self, control: Locator) -> None:
        control.click()

    def write(self, field: Locator, text: str) -> None:
        field.click()
        self.page.press("ControlOrMeta+A")
        self.page.page.keyboard.insert_text(text)
        expect(field).to_have_value(text)


class Keyboard(Hand):
    """Tabs to the control from where it last was, then presses Space, or a button by turns with Enter.

    Types a short text key by key, so that a shortcut of the page would be found, and pastes a long one.

    What it used last must still have the focus when it goes on: a page that loses it throws a learner back to the top.
    """

    def __init__(self, page: LabPage, cell: int) -> None:
        super().__init__(page, cell)
        self.place: ElementHandle | None = None
        self.keys = cycle(("Space", "Enter"))
        page.select(cell)

    def use(self, control: Locator) -> None:
        self.reach(control)
        self.page.press(next(self.keys) if control.evaluate("element => element.tagName") == "BUTTON" else "Space")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.press("ControlOrMeta+A")
        keyboard = self.page.page.keyboard
        keyboard.type(text) if len(text) < LONG else keyboard.insert_text(text)
        expect(field).to_have_value(text)

    def open_tab(self, name: str) -> None:
        """By Tab to the one that Tab can reach, by arrow to its neighbours."""
        self.reach(self.part.locator('[role="tab"][tabindex="0"]'))
        for _ in range(self.part.get_by_role("tab").count()):
            if not self.tab(name).evaluate(FOCUSED):
                self.page.press("ArrowRight")
        self.place = self.tab(name).element_handle()
        self.page.press("Enter")

    def reach(self, control: Locator) -> None:
        expect(control).to_be_enabled()
        self.still_there()
        self.page.tab_to(control)
        self.place = control.element_handle()

    def still_there(self) -> None:
        """What was used last has the focus, whatever came of it."""
        if self.place and not self.place.evaluate(FOCUSED):
            raise AssertionError(f"the focus went from `{self.place.inner_text()}` to {self.page.focus()}")


HANDS = (Mouse, Keyboard)
