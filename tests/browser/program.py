"""The Chromium or Chrome that works the notebooks: where it is, and how a machine without one comes by it.

`python -m tests.browser.program`, which `make test` runs first, installs one where there is none: Debian's where one is
root there, and else the one that Playwright downloads for itself.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (  # of those that no PATH names
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
APT = (("apt-get", "update", "-qq"), ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"))
Commands = tuple[tuple[str, ...], ...]


def chromium(own: str | Path = "") -> str:
    """The path of this machine's browser: the one that PERM_LAB_CHROMIUM names, a system's one, or Playwright's `own`.

    Raises LookupError that says how to come by one.
    """
    asked = os.environ.get("PERM_LAB_CHROMIUM")
    for name in [asked] if asked else [*NAMES, *PLACES, own]:
        if name and (path := shutil.which(name)):
            return path
    tried = f"`{asked}` (from PERM_LAB_CHROMIUM)" if asked else ", ".join(f"`{name}`" for name in NAMES)
    raise LookupError(
        f"no browser: {tried} not found; run `python -m tests.browser.program`, "
        "install Chromium or Chrome, or name it in PERM_LAB_CHROMIUM"
    )


def playwrights_own() -> str:
    """Where Playwright keeps the browser that it downloads, be it there or not."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def ways(system: str, root: bool) -> Iterator[Commands]:
    """The commands that install a browser on such a system, each way to be tried when the one before has failed.

    >>> [commands[-1][-1] for commands in ways("debian", root=True)]
    ['chromium', 'chromium']
    """
    if system == "debian" and root:
        yield APT
    # With its libraries where that needs no password. Elsewhere they are those of any desktop.
    libraries = ("--with-deps",) if root and system not in ("darwin", "win32") else ()
    yield ((sys.executable, "-m", "playwright", "install", *libraries, "chromium"),)


def install() -> str:
    """Make sure that there is a browser; its path. Raises LookupError where every way has failed."""
    try:
        return chromium(own := playwrights_own())
    except LookupError:
        if "PERM_LAB_CHROMIUM" in os.environ:
            raise
    system = sys.platform
    if system == "linux":
        system = platform.freedesktop_os_release().get("ID", "linux")
    for commands in ways(system, root=hasattr(os, "geteuid") and os.geteuid() == 0):
        print("no Chromium or Chrome here:", " && ".join(map(" ".join, commands)), flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if all(run(command, environment) for command in commands):
            return chromium(own)
    return chromium(own)


def run(command: tuple[str, ...], environment: dict[str, str]) -> bool:
    """Whether a command ended well."""
    ran = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return ran.returncode == 0


if __name__ == "__main__":
    try:
        print("browser:", install())
    except LookupError as error:
        sys.exit(str(error))
