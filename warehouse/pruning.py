"""Caches are bounded: of the folders in a folder, those used last stay."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


def use_folder(folder: Path, keep: int) -> None:
    """Mark ``folder`` as used now and remove its siblings except the ``keep`` used last (itself among them)."""
    with contextlib.suppress(FileNotFoundError):  # another task prunes too
        os.utime(folder)
    siblings = sorted((path for path in folder.parent.iterdir() if path.is_dir()), key=_used, reverse=True)
    for path in siblings[keep:]:
        shutil.rmtree(path, ignore_errors=True)


def _used(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
