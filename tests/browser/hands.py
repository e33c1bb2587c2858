"""The two ways to work a page: a mouse, and a keyboard alone."""

from playwright.sync_api import Locator, expect

from tests.browser.lab_page import LabPage


class Hand:
    """Works the controls of one cell's output."""

    def __init__(self, page: LabPage, cell: int) -> None:
        self.page, self.cell, self.output = page, cell, page.output(cell)

    def use(self, control: Locator) -> None:
        """Press a button, tick a box, choose an option."""
        raise AssertionError("a mouse or a keyboard is needed")

    def write(self, field: Locator, text: str) -> None:
        """Replace what stands in a field."""
        self.reach(field)
        self.page.press("ControlOrMeta+A")
        self.page.page.keyboard.insert_text(text)

    def reach(self, control: Locator) -> None:
        """Bring the focus to a control."""
        self.use(control)

    def open_tab(self, name: str) -> None:
        """Show the page of a row of tabs."""
        self.use(self.tab(name))

    def tab(self, name: str) -> Locator:
        return self.output.locator(".lm-TabBar-tab", has_text=name)

    def option(self, words: str, nth: int = 0) -> Locator:
        """The radio button beside these words, in the `nth` question of the cell."""
        return self.output.get_by_role("radio", name=words, exact=True).nth(nth)

    def button(self, words: str, nth: int = 0) -> Locator:
        return self.output.get_by_role("button", name=words, exact=True).nth(nth)

    def says(self, words: str) -> None:
        """Wait until the cell's output shows these words."""
        self.output.get_by_text(words).first.wait_for()


class Mouse(Hand):
    """Clicks."""

    def use(self, control: Locator) -> None:
        control.click()


class Keyboard(Hand):
    """Tabs from the cell to the control, then presses Space."""

    def use(self, control: Locator) -> None:
        self.reach(control)
        self.page.press("Space")

    def open_tab(self, name: str) -> None:
        self.reach(self.output.locator(".lm-TabBar-tab.lm-mod-current"))
        while not self.tab(name).evaluate("tab => tab === document.activeElement"):
            self.page.press("ArrowRight")
        self.page.press("Enter")

    def reach(self, control: Locator) -> None:
        expect(control).to_be_enabled()
        self.page.select(self.cell)
        self.page.tab_to(control)


HANDS = (Mouse, Keyboard)
