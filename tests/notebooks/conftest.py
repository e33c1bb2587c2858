"""Each notebook executed in one kernel, from top to bottom and then again from the top."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.repo import NOTEBOOKS


@dataclass(frozen=True)
class Executed:
    """A notebook with the outputs of its first run and of a second one in the same kernel, which `client` holds."""

    path: Path
    client: NotebookClient
    first: nbformat.NotebookNode
    again: nbformat.NotebookNode


def run_cells(client: NotebookClient) -> nbformat.NotebookNode:
    """The client's notebook as it stands after one pass over its cells; a copy."""
    client.reset_execution_trackers()
    for index, cell in enumerate(client.nb.cells):
        client.execute_cell(cell, index)
    client.set_widgets_metadata()
    return nbformat.from_dict(client.nb)


@pytest.fixture(scope="package", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request, tmp_path_factory) -> Iterator[Executed]:
    """The notebook as a learner would run it, beside nothing else, twice."""
    folder = tmp_path_factory.mktemp(request.param.stem)
    path = Path(shutil.copy(request.param, folder))
    client = NotebookClient(nbformat.read(path, as_version=4), timeout=120, resources={"metadata": {"path": folder}})
    with client.setup_kernel():
        first = run_cells(client)
        again = run_cells(client)
        yield Executed(request.param, client, first, again)
