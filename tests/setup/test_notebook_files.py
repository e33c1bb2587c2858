"""Notebooks are stored as source: no outputs, no state, links that lead somewhere, cells short enough to read."""

import re
from statistics import median

import nbformat
import pytest

from tests.repo import NOTEBOOKS, ROOT

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)\s#]+)")
HAS_ID = re.compile(r"<\w+[^>]*\sid=")  # JupyterLab strips it, so a link to it leads nowhere


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_course_begins():
    assert [f"{n:02}" for n in range(len(NOTEBOOKS))] == [path.stem[:2] for path in NOTEBOOKS]
    assert NOTEBOOKS[0] == ROOT / "notebooks" / "00_start_here.ipynb"


def test_it_is_a_valid_notebook_for_any_python_3_kernel(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_is_stored_without_outputs_and_state(notebook):
    assert "widgets" not in notebook.metadata
    assert [] == [cell.source for cell in code(notebook) if cell.outputs or cell.execution_count is not None]


def test_no_cell_escapes_a_test(notebook):
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    assert set() == tags & {"nbval-" + "skip", "skip-execution", "nbval-ignore-output", "remove-input"}


def test_its_links_lead_somewhere(path, notebook):
    assert [] == [link for link in LINK.findall(prose(notebook)) if not (path.parent / link).exists()]
    assert [] == HAS_ID.findall(prose(notebook))


def test_it_leads_to_its_neighbours(path, notebook):
    links = set(LINK.findall(notebook.cells[-1].source))
    here = NOTEBOOKS.index(path)
    assert {near.name for near in NOTEBOOKS[max(here - 1, 0) : here + 2] if near != path} <= links


def test_the_median_code_cell_is_at_most_five_lines(notebook):
    assert median(len(cell.source.splitlines()) for cell in code(notebook)) <= 5


def test_what_a_learner_must_read_is_not_hidden(notebook):
    hidden = [cell for cell in code(notebook) if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert [] == [cell.source for cell in hidden if "assert" not in cell.source]
