"""Local copies of registered models: downloaded aside, verified, tried, and only then used."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from recommender import artifact
from serving.errors import ModelRefusedError
from serving.sealed import write_durably

if TYPE_CHECKING:
    from recommender.artifact import Model
    from serving.registry import RegistryReader

GLOBAL: Final = "global"
MANIFEST: Final = "manifest.json"
_LAST_GOOD: Final = "last_good.json"
_MAX_MANIFEST_BYTES: Final = 5_000_000
_TRIAL_SECONDS: Final = 120
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A verified model in memory, and what the registry says about its version."""

    name: str
    version: str
    model: Model
    tags: Mapping[str, str]

    @property
    def parent_version(self) -> str:
        """The global version that the model was measured against; empty for the global model."""
        return self.tags.get("parent_version", "")


class ModelStore:
    """The folder of local copies: ``<folder>/<name>/<version>/`` and the note of the last good state.

    Args:
        folder: kept over restarts.
        prefix: what registered names start with.
        max_bytes: largest accepted version.
        trial_load: load a new copy in a child process first.
    """

    def __init__(self, folder: Path, prefix: str, max_bytes: int, *, trial_load: bool) -> None:
        self._folder = folder
        self._prefix = prefix
        self._max_bytes = max_bytes
        self._trial_load = trial_load
        folder.mkdir(parents=True, exist_ok=True)

    def segment_of(self, name: str) -> str:
        """The segment id that a registered name stands for (``global`` for the parent)."""
        return name.removeprefix(self._prefix)

    def load(self, name: str, version: str, tags: Mapping[str, str]) -> ServedModel:
        """Load a local copy after its checksums and its segment are verified.

        Raises:
            ModelRefusedError: no copy, an altered one, or another segment's model.
        """
        try:
            model = artifact.load(self._path(name, version), expect_segment=self.segment_of(name))
        except (artifact.ArtifactError, OSError, ValueError) as error:
            raise ModelRefusedError(f"{name} version {version} is refused: {error}") from error
        return ServedModel(name, version, model, tags)

    def obtain(self, reader: RegistryReader, name: str, version: str, tags: Mapping[str, str]) -> ServedModel:
        """The local copy, downloaded first where it is missing or no longer verifies.

        Raises:
            ModelRefusedError: the registry's version fails a check.
            RegistryError: the download failed.
        """
        try:
            return self.load(name, version, tags)
        except ModelRefusedError:
            self._download(reader, name, version)
        return self.load(name, version, tags)

    def remember(self, served: Collection[ServedModel]) -> None:
        """Note what serves now, for a start without a registry; older copies are removed."""
        note = [{"name": each.name, "version": each.version, "tags": dict(each.tags)} for each in served]
        note.sort(key=lambda row: str(row["name"]))
        write_durably(self._folder / _LAST_GOOD, json.dumps(note, indent=1, sort_keys=True).encode())
        self._prune({(each.name, each.version) for each in served})

    def remembered(self) -> list[ServedModel]:
        """The last good state from disk; copies that no longer verify are left out."""
        try:
            rows = json.loads((self._folder / _LAST_GOOD).read_bytes())
        except (OSError, ValueError):
            return []
        return [model for row in rows if (model := self._reloaded(row)) is not None]

    def _reloaded(self, row: dict[str, Any]) -> ServedModel | None:
        try:
            return self.load(str(row["name"]), str(row["version"]), row["tags"])
        except (ModelRefusedError, KeyError, TypeError):
            return None

    def _path(self, name: str, version: str) -> Path:
        if not (_NAME.fullmatch(name) and _NAME.fullmatch(version)):
            raise ModelRefusedError(f"'{name}' version '{version}' cannot name a folder: not loaded")
        return self._folder / name / version

    def _download(self, reader: RegistryReader, name: str, version: str) -> None:
        home = self._path(name, version)
        home.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self._folder))
        try:
            self._fetch_files(reader, name, version, draft)
            self._try(draft, name, version)
            shutil.rmtree(home, ignore_errors=True)
            draft.rename(home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _fetch_files(self, reader: RegistryReader, name: str, version: str, draft: Path) -> None:
        reader.fetch(name, version, MANIFEST, draft / MANIFEST, _MAX_MANIFEST_BYTES)
        left = self._max_bytes
        for file, size in announced_files(draft / MANIFEST).items():
            left -= size
            if left < 0:
                raise ModelRefusedError(f"{name} {version} announces more than {self._max_bytes} bytes: not loaded")
            target = draft / file
            target.parent.mkdir(parents=True, exist_ok=True)
            reader.fetch(name, version, file, target, size)

    def _try(self, draft: Path, name: str, version: str) -> None:
        # checksums first: a truncated LightGBM text would abort whatever process parses it
        segment = self.segment_of(name)
        try:
            manifest = artifact.verify(draft, expect_segment=segment)
        except (artifact.ArtifactError, OSError, ValueError) as error:
            raise ModelRefusedError(f"{name} version {version} is refused: {error}") from error
        if self._trial_load and manifest.kind == "spine":
            _load_in_child(draft, segment)

    def _prune(self, served: set[tuple[str, str]]) -> None:
        for name in {name for name, _ in served}:
            copies = sorted((self._folder / name).iterdir(), key=lambda path: path.stat().st_mtime)
            for path in copies[:-3]:  # the newest three stay, so that a rollback needs no download
                if (name, path.name) not in served:
                    shutil.rmtree(path, ignore_errors=True)


def announced_files(manifest: Path) -> dict[str, int]:
    """The files that a manifest lists, with their sizes in bytes.

    Raises:
        ModelRefusedError: not a manifest, or a path that leaves the folder.
    """
    try:
        files = {str(name): int(size) for name, (_, size) in dict(json.loads(manifest.read_bytes())["files"]).items()}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelRefusedError(f"manifest.json is not a model's manifest: {error!r}") from error
    for name, size in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts or size < 0:
            raise ModelRefusedError(f"manifest.json lists '{name}' ({size} bytes), which is no file of the model")
    return files


def _load_in_child(folder: Path, segment: str) -> None:
    command = [sys.executable, "-m", "serving.trial", str(folder), segment]
    root = Path(__file__).resolve().parents[1]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=_TRIAL_SECONDS, cwd=root, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelRefusedError(f"the trial load took more than {_TRIAL_SECONDS} s: not loaded") from error
    if child.returncode != 0:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        raise ModelRefusedError(f"the trial load ended with code {child.returncode}: {last}")
