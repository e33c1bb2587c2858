"""A real JupyterLab and a real Chromium, of their own: no setting of the machine's user is read or written."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.program import chromium

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # whatever asks a network is refused at once: the browser's own services, and a page that should not
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
USER_SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # every cell is in the page, seen or not
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}
SECONDS_TO_START = 90


@dataclass(frozen=True, slots=True)
class LabServer:
    """A running JupyterLab: its address, its token and the folder that it serves."""

    address: str
    token: str
    folder: Path

    def url(self, notebook: str) -> str:
        """The page of a notebook in an empty workspace."""
        return f"{self.address}/lab/tree/{notebook}?reset&token={self.token}"

    def ask(self, what: str, method: str = "GET") -> bytes:
        """The server's answer to a request of its API."""
        request = urllib.request.Request(f"{self.address}/api/{what}?token={self.token}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def end_kernels(self) -> None:
        """End every kernel: a page that is closed leaves its own running."""
        for session in json.loads(self.ask("sessions")):
            self.ask(f"sessions/{session['id']}", "DELETE")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless Chromium with an empty profile."""
    with sync_playwright() as playwright:
        program = chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def running_lab(folder: Path, state: Path) -> Iterator[LabServer]:
    """JupyterLab that serves `folder` and keeps its settings, sockets and logs in `state`."""
    for name, setting in USER_SETTINGS.items():
        place = state / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(setting, "utf-8")
    server = LabServer(f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16), folder)
    log = state / "jupyter.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(server),
            env=_environment(state),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            _wait_for(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _command(server: LabServer) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={server.address.rpartition(':')[2]}"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={server.folder}"),
        *(f"--IdentityProvider.token={server.token}", "--ServerApp.terminals_enabled=False"),
        *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"),
        "--LabApp.extension_manager=readonly",
    ]


def _environment(state: Path) -> dict[str, str]:
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return {**os.environ, **{name: str(state / folder) for name, folder in places.items()}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(server: LabServer, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            server.ask("status")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(
        f"JupyterLab did not start in {SECONDS_TO_START} s:\n{log.read_text('utf-8', 'replace')[-4000:]}"
    )
