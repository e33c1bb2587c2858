"""The harness itself, on the smallest notebook: one checkbox, and a line that follows it."""

import nbformat
import pytest

TRIVIAL = """
import ipywidgets as widgets
switch = widgets.Checkbox(description="on", indent=False)
line = widgets.HTML("the lamp is dark")
switch.observe(lambda change: setattr(line, "value", "the lamp is lit" if change.new else "the lamp is dark"), "value")
widgets.VBox([switch, line])
"""


def write(folder, name, *sources):
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), folder / name)
    return name


@pytest.fixture
def lamp(lab_page, lab_server):
    lab_page.open(write(lab_server.folder, "lamp.ipynb", TRIVIAL))
    lab_page.run_all()
    return lab_page


def test_a_click_changes_what_the_page_says(lamp):
    assert "the lamp is dark" == lamp.output(0).inner_text().splitlines()[-1]
    lamp.control("on").click()
    lamp.output(0).get_by_text("the lamp is lit").wait_for()


def test_the_keyboard_alone_does_so_too(lamp):
    lamp.tab_to(lamp.control("on"))
    lamp.press("Space")
    lamp.output(0).get_by_text("the lamp is lit").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_looked_at(lamp, theme):
    lamp.look(width=800, theme=theme)
    assert lamp.screenshot(f"lamp-800-{theme}").stat().st_size > 1_000


def test_a_cell_that_fails_is_found_and_so_is_one_that_never_ran(lab_page, lab_server):
    lab_page.open(write(lab_server.folder, "failing.ipynb", "1", "import time; time.sleep(1); 1 / 0", "2"))
    lab_page.run_all()
    assert [1] == lab_page.failed()
    assert [2] == lab_page.not_run()


def test_an_error_in_the_page_is_found(lab_page, lab_server):
    lab_page.open(write(lab_server.folder, "sound.ipynb", "1"))
    assert [] == lab_page.complaints
    lab_page.page.evaluate("() => console.error('something broke')")
    lab_page.page.evaluate("() => { setTimeout(() => { throw new Error('thrown') }) }")
    lab_page.page.wait_for_timeout(100)
    assert ["something broke", "uncaught: thrown"] == [text.split(" (")[0] for text in lab_page.complaints]
    lab_page.complaints.clear()
