"""A machine comes by a browser without anybody's help, and says what to do where it cannot."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import program
from tests.browser.program import APT, chromium, install, ways
from tests.repo import ROOT

PLAYWRIGHT = (sys.executable, "-m", "playwright", "install")
DOWNLOAD = ((*PLAYWRIGHT, "chromium"),)
DOWNLOAD_WITH_LIBRARIES = ((*PLAYWRIGHT, "--with-deps", "chromium"),)
FAKE_APT = """#!/bin/sh
echo "$@" >> "${0%/*}/asked"
[ "$1" = update ] || /bin/cp "$0" "${0%/*}/chromium"
"""


@pytest.mark.parametrize(
    ("system", "root", "expected"),
    [
        ("debian", True, [APT, DOWNLOAD_WITH_LIBRARIES]),
        ("debian", False, [DOWNLOAD]),
        ("ubuntu", True, [DOWNLOAD_WITH_LIBRARIES]),
        ("fedora", False, [DOWNLOAD]),
        ("darwin", True, [DOWNLOAD]),
        ("win32", False, [DOWNLOAD]),
    ],
)
def test_it_is_debians_for_root_there_and_else_playwrights(system, root, expected):
    assert expected == list(ways(system, root))


def made(folder, name, content="#!/bin/sh\n"):
    path = folder / name
    path.write_text(content, "utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.linux
def test_what_is_asked_for_comes_before_the_systems_and_that_before_playwrights(monkeypatch, tmp_path):
    monkeypatch.delenv("PERM_LAB_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    own = made(tmp_path, "own")
    assert own == chromium(own)
    systems = made(tmp_path, "google-chrome")
    assert systems == chromium(own)
    monkeypatch.setenv("PERM_LAB_CHROMIUM", asked := made(tmp_path, "asked"))
    assert asked == chromium(own)


@pytest.mark.linux
def test_a_machine_without_a_browser_is_told_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("PERM_LAB_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LookupError, match="no browser: `chromium`, .*; run .*, install Chromium or Chrome"):
        chromium(tmp_path / "not downloaded")
    monkeypatch.setenv("PERM_LAB_CHROMIUM", "netscape")
    with pytest.raises(LookupError, match=r"no browser: `netscape` \(from PERM_LAB_CHROMIUM\) not found"):
        chromium()


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """Debian, as root, with the programs of one folder: an `apt-get` that installs a browser into it."""
    monkeypatch.delenv("PERM_LAB_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(program, "playwrights_own", lambda: str(tmp_path / "not downloaded"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    made(tmp_path, "apt-get", FAKE_APT)
    return tmp_path


@pytest.mark.linux
def test_it_is_installed_once(bare):
    assert str(bare / "chromium") == install() == install()
    assert [" ".join(command[1:]) for command in APT] == (bare / "asked").read_text("utf-8").splitlines()


@pytest.mark.linux
def test_where_one_way_fails_the_next_is_gone_and_at_last_it_is_said(bare, monkeypatch):
    tried = []
    monkeypatch.setattr(program, "run", lambda command, environment: tried.append(command))
    with pytest.raises(LookupError, match="no browser"):
        install()
    assert [APT[0], *DOWNLOAD_WITH_LIBRARIES] == tried


@pytest.mark.linux
def test_a_browser_that_was_asked_for_and_is_not_there_is_not_replaced(bare, monkeypatch):
    monkeypatch.setenv("PERM_LAB_CHROMIUM", "netscape")
    with pytest.raises(LookupError, match="netscape"):
        install()
    assert not (bare / "asked").exists()


@pytest.mark.process
@pytest.mark.linux
def test_make_test_is_told_where_it_is_or_stops():
    command = [sys.executable, "-m", "tests.browser.program"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(found.stdout.removeprefix("browser: ").strip()).exists()
    asked = {**os.environ, "PERM_LAB_CHROMIUM": "netscape"}
    missing = subprocess.run(command, cwd=ROOT, env=asked, capture_output=True, text=True)
    assert 1 == missing.returncode
    assert missing.stderr.startswith("no browser: `netscape`")
