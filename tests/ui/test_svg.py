"""DOT to SVG, with and without the renderers."""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from perm_lab.ui import drawing
from perm_lab.ui import svg as module_function
from perm_lab.ui.drawing import svg

SOURCE = 'digraph{a [label="photo <reader>"]; a -> b [class="pl-ok"]}'


def test_the_picture_is_xml_with_a_name_for_screen_readers() -> None:
    root = ElementTree.fromstring(svg(SOURCE, 'who & "what"'))
    assert "img" == root.get("role")
    assert 'who & "what"' == root.get("aria-label")
    assert 'who & "what"' == root[0].text
    assert root[0].tag.endswith("title")


def test_the_picture_scales_and_takes_the_pages_colour() -> None:
    drawn = svg(SOURCE)
    root = ElementTree.fromstring(drawn)
    assert root.get("width") is None and root.get("height") is None
    assert root.get("viewBox")
    assert 'stroke="black"' not in drawn
    assert "currentColor" == root.get("fill")


def test_drawing_twice_gives_the_same_object() -> None:
    assert svg(SOURCE) is svg(SOURCE)
    assert module_function is svg


def no_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    monkeypatch.setattr(drawing, "_renderer", drawing._renderer.__wrapped__)  # without what it remembers


def test_what_was_compiled_is_kept_for_the_next_kernel(tmp_path: Path) -> None:
    """Where it cannot be kept it is compiled each time."""
    draw = [sys.executable, "-c", "from perm_lab.ui import svg; assert svg('digraph{a}')"]
    for home, kept in ((tmp_path, True), (tmp_path / "no" / "folder", False)):
        (tmp_path / "no").touch()
        places = dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"), str(home))
        subprocess.run(draw, env=os.environ | places, check=True)
        assert kept == any(path.is_file() for path in home.rglob("*/modules/*/*"))


def test_a_source_that_nothing_can_draw_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert svg("this is no graph") is None


def test_without_the_in_process_renderer_and_without_dot_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    no_renderer(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert svg("digraph{only_here}") is None


def test_without_the_in_process_renderer_the_dot_program_draws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    no_renderer(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/dot")
    drawn = b'<?xml version="1.0"?><svg width="10pt" height="10pt" viewBox="0 0 10 10"><g/></svg>'
    asked = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        asked.append((command, options["input"]))
        return subprocess.CompletedProcess(command, 0, drawn)

    monkeypatch.setattr(subprocess, "run", run)
    assert 'style="width:10pt"' in str(svg("digraph{by_program}"))
    assert [(["/usr/bin/dot", "-Tsvg"], b"digraph{by_program}")] == asked
