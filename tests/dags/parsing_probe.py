"""Parses every DAG file the way Airflow's processor does and prints, as JSON, what that cost and touched.

``python parsing_probe.py <folder of the DAGs>`` in a process of its own: modules that somebody else imported would
hide what a file imports.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

TOUCHING = ("open", "os.listdir", "os.scandir", "socket.connect", "socket.bind", "socket.getaddrinfo")
DATABASES = ("sqlite3.connect", "subprocess.Popen", "os.system")
CODE = (".py", ".pyc")
REPEATS = 3


class Watcher:
    """Counts what leaves the process while it is switched on; reading Python code is importing, not touching."""

    def __init__(self) -> None:
        self.on = False
        self.touched: list[str] = []
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on or event not in TOUCHING + DATABASES or "importlib" in sys._getframe(1).f_code.co_filename:
            return
        subject = str(arguments[0]) if arguments else ""
        if not (event == "open" and subject.endswith(CODE)):
            self.touched.append(f"{event} {subject}")


def parse(file: Path) -> None:
    """Execute the file as a module."""
    spec = importlib.util.spec_from_file_location(f"parsed_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no module")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def probe(file: Path, watcher: Watcher) -> dict[str, Any]:
    """Seconds (the least of some), newly imported top-level modules, and what was touched."""
    from airflow.utils.file import iter_airflow_imports

    for module in iter_airflow_imports(str(file)):  # the processor does this once, before it forks
        importlib.import_module(module)
    before, watcher.touched, seconds = set(sys.modules), [], []
    for _ in range(REPEATS):
        sys.modules.pop("conventions", None)
        began = time.process_time()
        watcher.on = True
        parse(file)
        watcher.on = False
        seconds.append(time.process_time() - began)
    new = sorted({name.split(".")[0] for name in set(sys.modules) - before})
    return {"seconds": min(seconds), "imported": new, "touched": watcher.touched}


def main(folder: Path) -> None:
    """Probe every file of ``folder``."""
    from airflow.sdk import CronDataIntervalTimetable

    CronDataIntervalTimetable(
        "0 0 * * *", timezone="UTC"
    )  # Airflow and its calendar are there before any file is parsed
    sys.path.insert(0, str(folder))
    watcher = Watcher()
    print(json.dumps({file.stem: probe(file, watcher) for file in sorted(folder.glob("*.py"))}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
