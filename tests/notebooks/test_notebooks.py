"""The notebooks run, run again, say the same each time, and read well where no kernel is."""

import os
import re
import subprocess
import sys
from html import unescape

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.asked import asked
from tests.notebooks.conftest import run_cells

STRICT = ("-m", "pytest", "-p", "nbval.plugin", "--nbval", "--nbval-current-env", "-q")
STRICT += ("-p", "no:cacheprovider", "-c", "pytest.ini")
WIDGET = "application/vnd.jupyter.widget-view+json"
IPYTHON_SAYS = "extension is already loaded"  # IPython's own words on a second `%load_ext`

# What differs from run to run by its nature.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SANITIZE = f"[the time of a call]\nregex: {TIME.pattern}\nreplace: TIME\n"


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def strictly(notebook, folder):
    """nbval's comparison of a notebook's outputs with those of a run in a fresh kernel."""
    compared = nbformat.from_dict(notebook)
    for cell in compared.cells:
        # nbval runs cells outside the history, which is where IPython looks for the semicolon that silences a value
        if cell.source.endswith(";"):
            cell.source += "\nNone"
    nbformat.write(compared, folder / "compared.ipynb")
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (folder / "sanitize.cfg").write_text(SANITIZE, "utf-8")
    command = [sys.executable, *STRICT, "--nbval-sanitize-with", "sanitize.cfg", "compared.ipynb"]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # other plugins only cost time
    return subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True)


# how each widget is given the right answer by plain code
ANSWERED = {
    "Prediction": "given = Prediction({0}); given.commit(given.question.answer); assert given.correct",
    "PolicyEditor": "given = PolicyEditor({0}); assert given.check(json.dumps(given.task.reference)).right",
    "Arrange": "given = Arrange({0}); assert given.check(given.ordering.lines).right",
    "Quiz": "given = Quiz({0}); [each.commit(each.question.answer) for each in given.predictions]; "
    "assert given.right == len(given.predictions)",
}


def answered(path):
    """A notebook in which every question and task is given its right answer where it stands."""
    notebook = nbformat.read(path, as_version=4)
    for each in reversed(asked(path)):
        source = f"import json\n{ANSWERED[each.kind].format(each.source)}"
        notebook.cells.insert(each.cell + 1, nbformat.v4.new_code_cell(source, metadata={"tags": ["answered"]}))
    return notebook


def words(page):
    """What a reader sees of a page without scripts: its text, without tags, styles and spacing."""
    seen = re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", seen)).split())


def test_every_code_cell_was_executed(executed):
    code = [cell for cell in executed.first.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [] == [cell.source for cell in code if cell.execution_count is None]


def test_only_announced_errors_are_raised(executed):
    for notebook in (executed.first, executed.again):
        for cell in notebook.cells:
            raised = [output.ename for output in cell.get("outputs", ()) if output.output_type == "error"]
            assert bool(raised) == ("raises-exception" in cell.metadata.get("tags", [])), (cell.source, raised)


def test_nothing_is_written_to_the_error_stream(executed):
    streams = [output for output in outputs(executed.first) if output.output_type == "stream"]
    assert [] == [output.text for output in streams if output.name == "stderr"]


def test_a_fresh_kernel_says_the_same(executed, tmp_path):
    compared = strictly(executed.first, tmp_path)
    assert 0 == compared.returncode, compared.stdout[-6000:] + compared.stderr[-2000:]


def said(notebook):
    """What each cell's output says in plain text; what was printed may have come in one piece or in several."""
    texts = []
    for cell in notebook.cells:
        parts = [
            output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", ())
        ]
        texts.append("".join(TIME.sub("TIME", part) for part in parts if IPYTHON_SAYS not in part))
    return texts


def test_the_same_kernel_says_the_same_again(executed):
    assert said(executed.first) == said(executed.again)


def test_every_widget_and_value_has_words_and_a_static_page(executed):
    shown = [output.data for output in outputs(executed.first) if WIDGET in output.get("data", {})]
    assert shown
    for data in shown:
        assert "text/html" in data
        assert len(data["text/plain"].split()) > 3, data["text/plain"]


def test_with_every_answer_given_it_says_the_same(executed):
    """Solutions are right, and checking them leaves the learner's own lab as it was."""
    executed.client.nb = answered(executed.path)
    solved = run_cells(executed.client)
    given = [cell for cell in solved.cells if "answered" in cell.metadata.get("tags", [])]
    assert len(asked(executed.path)) == len(given)
    assert [] == [cell.source for cell in given if cell.outputs]
    solved.cells = [cell for cell in solved.cells if cell not in given]
    told = [cell.source.endswith("progress()") for cell in solved.cells]  # the page that tells of the answers
    pairs = zip(said(executed.first), said(solved), told, strict=True)
    assert [] == [(first, then) for first, then, tells in pairs if (first == then) is tells]


@pytest.mark.parametrize("state", ["with", "without"])
def test_the_page_without_a_kernel_holds_each_verdict(executed, state):
    """With the widgets' state in the file a script draws them; without it their static page stands in their place."""
    notebook = nbformat.from_dict(executed.first)
    if state == "without":
        notebook.metadata.pop("widgets")
    page = words(HTMLExporter().from_notebook_node(notebook)[0])
    shown = [output.data for output in outputs(notebook) if "text/html" in output.get("data", {})]
    static = [words(data["text/html"]) for data in shown if state == "without" or WIDGET not in data]
    assert static
    assert [] == [text for text in static if not text or text not in page]


def test_a_comparison_that_differs_fails(tmp_path):
    shown = nbformat.v4.new_output("execute_result", {"text/plain": "0"}, execution_count=1)
    cell = nbformat.v4.new_code_cell("import time; time.time_ns()", execution_count=1, outputs=[shown])
    assert 1 == strictly(nbformat.v4.new_notebook(cells=[cell]), tmp_path).returncode
