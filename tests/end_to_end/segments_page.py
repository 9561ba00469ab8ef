"""What a person does on the page of segments, step by step in a real browser."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.browser import Page

ROOT = Path(__file__).parents[2]
DIALOG = "page.querySelector('#ask')"
NOTE = "page.querySelector('#said p')"


def log_in(page: Page, airflow: str, username: str, password: str) -> None:
    """From Airflow's front door to the page of segments, by its entry in the navigation."""
    page.resize(1360, 900)
    page.open(airflow)
    page.click("input[name=username]")
    page.type(username)
    page.press("Tab")
    page.type(password)
    page.press("Enter")
    page.click("a[href='/plugin/segments']")
    page.wait("document.querySelector('iframe') && page.querySelector('h1')?.innerText === 'Segments'")


def retrain(page: Page, segment: str, reason: str) -> str:
    """Press the button, answer the question by keyboard; the id of the run that the page says it started."""
    page.click(f"tr[data-segment={segment}] button[data-dag=train_segments]")
    page.wait(f"{DIALOG}.open")
    page.press("Escape")
    page.wait(f"!{DIALOG}.open")
    assert page.run(f"{NOTE} === null"), "what was called off has started something"
    page.click(f"tr[data-segment={segment}] button[data-dag=train_segments]")
    page.wait(f"{DIALOG}.open")
    page.type(reason)
    page.press("Enter")
    page.wait(f"{NOTE}?.dataset.run")
    return str(page.run(f"{NOTE}.dataset.run"))


def serious_findings(page: Page, address: str) -> list[Any]:
    """What axe-core calls serious or critical; skipped where axe-core is not there (``npm install axe-core``)."""
    file = Path(os.environ.get("AXE_CORE", ROOT / "node_modules" / "axe-core" / "axe.min.js"))
    if not file.exists():
        pytest.skip("no axe-core: npm install axe-core, or name its axe.min.js with AXE_CORE")
    page.allow_scripts()
    page.open(address)
    page.wait("page.querySelector('main h1')")
    page.run(f"(page.defaultView.Function({json.dumps(file.read_text())}).call(page.defaultView), 1)")
    found = page.run("page.defaultView.axe.run(page).then(r => [r.passes.length, r.violations])")
    assert found[0] > 10, "axe-core looked at nothing"
    return [finding for finding in found[1] if finding["impact"] in ("serious", "critical")]
