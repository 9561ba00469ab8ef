"""Sealed versions of a folder: written aside, checksummed, renamed, and only then pointed at by ``CURRENT``.

A reader sees the old version or the new one, never a mixture (faults F1, F2, F19).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving.errors import SnapshotError

POINTER = "CURRENT"
MANIFEST = "manifest.json"
_DRAFT = ".draft-"


@contextmanager
def new_version(folder: Path, label: str, facts: dict[str, Any], keep: int) -> Iterator[Path]:
    """Give a draft folder to fill; on a clean exit it becomes version ``<label>-<digest>`` and the current one.

    The digest covers ``facts`` and every file, so equal content is the same version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder))
    try:
        yield draft
        manifest = json.dumps({"facts": facts, "files": _checksums(draft)}, sort_keys=True)
        (draft / MANIFEST).write_text(manifest, encoding="utf-8")
        name = f"{label}-{hashlib.sha256(manifest.encode()).hexdigest()[:12]}"
        _install(draft, folder / name)
        write_durably(folder / POINTER, name.encode())
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _prune(folder, keep)


def current(folder: Path) -> Path:
    """The folder of the version that ``CURRENT`` names.

    Raises:
        SnapshotError: no version was published, or the pointer names none.
    """
    try:
        name = (folder / POINTER).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SnapshotError(f"no snapshot under {folder}: publish recommendations first") from error
    if not name or Path(name).name != name or not (folder / name).is_dir():
        raise SnapshotError(f"{folder / POINTER} names '{name}', which is no version here: publish again")
    return folder / name


def verified_facts(version: Path) -> dict[str, Any]:
    """The facts of a version after every file's size and SHA-256 were found as written.

    Raises:
        SnapshotError: names the first file that is missing or differs.
    """
    try:
        manifest = json.loads((version / MANIFEST).read_bytes())
        expected, facts = dict(manifest["files"]), dict(manifest["facts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{version / MANIFEST} is missing or torn ({error!r}): publish again") from error
    for name, digest in expected.items():
        path = version / name
        found = _digest(path) if path.is_file() else "no file"
        if found != digest:
            raise SnapshotError(f"{path}: expected sha256 {digest[:12]}…, found {found[:12]}…: publish again")
    return facts


def write_durably(path: Path, content: bytes) -> None:
    """Replace ``path`` atomically: written aside, flushed to the disk, renamed."""
    handle, name = tempfile.mkstemp(prefix=_DRAFT, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's own entries, so that a rename survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checksums(draft: Path) -> dict[str, str]:
    return {path.name: _digest(path) for path in sorted(draft.iterdir())}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _install(draft: Path, version: Path) -> None:
    for path in draft.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    draft.chmod(0o755)
    if version.is_dir():
        try:
            verified_facts(version)
        except SnapshotError:
            shutil.rmtree(version)
        else:
            return
    draft.rename(version)
    sync_folder(version.parent)


def _prune(folder: Path, keep: int) -> None:
    named = current(folder)
    others = [path for path in folder.iterdir() if path.is_dir() and path != named]
    drafts = [path for path in others if path.name.startswith(_DRAFT)]
    versions = sorted((path for path in others if path not in drafts), key=lambda path: path.stat().st_mtime)
    for path in versions[: max(0, len(versions) - keep + 1)]:
        shutil.rmtree(path, ignore_errors=True)
