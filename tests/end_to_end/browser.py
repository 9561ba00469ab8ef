"""A headless Chromium, driven over its own debugging protocol: no driver to install beside the browser."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server")
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}


def chromium() -> str:
    """The browser of this machine (``CHROMIUM`` names another); the test is skipped where there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: install the package chromium, or name one with CHROMIUM")
    return found


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """One page of a fresh browser, which ends with the block."""
    argv = (chromium(), *OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}", "about:blank")
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        try:
            page = Page(_debugger(process))
            yield page
            page.close()
            process.wait(10)
        finally:
            process.kill()


class Page:
    """A tab. What is looked for or clicked lies in the page or, where it has one, in its frame."""

    def __init__(self, debugger: str) -> None:
        from websockets.sync.client import connect

        self._socket = connect(debugger, max_size=None, proxy=None)
        self._last = 0
        [target] = [one for one in self._call("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        attached = self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self._call("Page.enable")

    def close(self) -> None:
        """End the browser."""
        self._call("Browser.close")

    def open(self, address: str) -> None:
        """Go to an address."""
        self._call("Page.navigate", url=address)

    def allow_scripts(self) -> None:
        """From the next page on, let the test run scripts of its own, whatever the page's content policy says."""
        self._call("Page.setBypassCSP", enabled=True)

    def resize(self, width: int, height: int) -> None:
        """The size of the window, in pixels."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, wanted: bool) -> None:
        """What the person prefers."""
        value = "dark" if wanted else "light"
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def run(self, script: str) -> Any:
        """The value of an expression; ``page`` is the document, or that of its frame. A promise is waited for."""
        found = f"(() => {{ {_PAGE} return {script}; }})()"
        answer = self._call("Runtime.evaluate", expression=found, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            why = answer["exceptionDetails"].get("exception", {}).get("description")
            raise AssertionError(f"{script[:200]}: {str(why)[-500:]}")
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = 90.0) -> None:
        """Wait until an expression is true.

        Raises:
            AssertionError: it never is; with what the page says instead.
        """
        deadline = time.monotonic() + seconds
        while not self._holds(script):
            if time.monotonic() > deadline:
                raise AssertionError(f"never true: {script}; the page says: {self.run('page.body.innerText')[:2000]}")
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        """A real click into the middle of an element."""
        self.wait(f"page.querySelector({json.dumps(selector)})")
        x, y = self.run(_MIDDLE % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self._call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """One key."""
        text = {"text": "\r"} if key == "Enter" else {}
        fields = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self._call("Input.dispatchKeyEvent", type="keyDown", **fields, **text)
        self._call("Input.dispatchKeyEvent", type="keyUp", **fields)

    def picture(self, file: Path) -> None:
        """A screenshot of the window."""
        shot = self._call("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(shot))

    def _holds(self, script: str) -> bool:
        try:
            return bool(self.run(f"Boolean({script})"))
        except AssertionError:
            return False  # the page is between two documents

    def _call(self, method: str, **params: Any) -> Any:
        self._last += 1
        session = {"sessionId": self._session} if hasattr(self, "_session") else {}
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params, **session}))
        while True:
            answer = json.loads(self._socket.recv(timeout=120))
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]


_PAGE = "const page = document.querySelector('iframe')?.contentDocument ?? document;"
_MIDDLE = """(() => {
  const found = page.querySelector(%s);
  found.scrollIntoView({block: 'center'});
  const box = found.getBoundingClientRect();
  const frame = page === document ? {x: 0, y: 0} : document.querySelector('iframe').getBoundingClientRect();
  return [frame.x + box.x + box.width / 2, frame.y + box.y + box.height / 2];
})()"""


def _debugger(process: subprocess.Popen[str]) -> str:
    for line in process.stderr or ():
        if found := re.search(r"DevTools listening on (ws://\S+)", line):
            return found[1]
    raise AssertionError("Chromium ended before it listened")
