"""Models as folders of data: arrays, LightGBM text and JSON under a manifest of checksums.

Nothing in such a folder is code: no pickle is written, and a folder that holds anything the manifest does not name is
refused. Every byte is checked before any parser sees it, because a truncated LightGBM file aborts the process.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from recommender.head import SegmentHead
from recommender.schema import schema_hash
from recommender.spine import Spine
from recommender.storage import KINDS, kind_of

Model = Spine | SegmentHead

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_MOST_BYTES: Final = 4 * 2**30
_MOST_FILES: Final = 64
_MANIFEST_BYTES: Final = 4 * 2**20
_FILE_NAME: Final = re.compile(r"[a-z0-9_]{1,64}(\.[a-z0-9_]{1,64})?\.(safetensors|txt|json)")
_CHUNK: Final = 2**20


class ArtifactError(ValueError):
    """A model folder is not what its manifest says, or is not a model at all."""


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` says.

    Args:
        kind: ``spine`` or ``head``.
        format: version of this layout.
        segment_id: whose users the model may serve; ``global`` for the parent.
        files: SHA-256 and size in bytes by file name.
        feature_schema: the columns the model reads; empty for a head.
        feature_schema_hash: SHA-256 of its canonical JSON.
        facts: how the model came about; plain values.
    """

    kind: str
    format: int
    segment_id: str
    files: dict[str, tuple[str, int]]
    feature_schema: dict[str, Any]
    feature_schema_hash: str
    facts: dict[str, Any]


def save(model: Model, folder: str | Path, facts: Mapping[str, Any] | None = None) -> Manifest:
    """Write the model aside, then rename: ``folder`` is complete or absent. An existing model is replaced.

    Equal models with equal facts give equal bytes.
    """
    target = Path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        manifest = _write(model, aside, dict(facts or {}))
        aside.chmod(0o755)  # mkdtemp makes it private; a serving process may be another user
        _swap(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifest


def verify(folder: str | Path, expect_segment: str | None = None) -> Manifest:
    """Check every byte against the manifest; parses nothing but the manifest itself.

    Raises:
        ArtifactError: what is wrong, where, and what to do.
    """
    root = Path(folder)
    manifest = _read_manifest(root)
    _refuse_stray_files(root, manifest)
    for name, (digest, size) in manifest.files.items():
        _refuse_changed(root / name, digest, size)
    if schema_hash(manifest.feature_schema) != manifest.feature_schema_hash:
        raise ArtifactError(f"{root}: the feature schema does not match its hash; fetch the model again")
    if expect_segment is not None and manifest.segment_id != expect_segment:
        raise ArtifactError(
            f"{root}: expected the model of segment '{expect_segment}', found that of '{manifest.segment_id}': "
            "a model is never served to another segment's users"
        )
    return manifest


def load(folder: str | Path, expect_segment: str | None = None) -> Model:
    """Verify, then read the model.

    Raises:
        ArtifactError: the folder fails :func:`verify`, or its parts do not fit together.
    """
    manifest = verify(folder, expect_segment)
    try:
        model: Model = KINDS[manifest.kind].read(Path(folder))
    except (KeyError, ValueError, TypeError) as error:
        raise ArtifactError(f"{folder}: a {manifest.kind} cannot be read from these files: {error}") from error
    if model.segment_id != manifest.segment_id:
        raise ArtifactError(f"{folder}: manifest says '{manifest.segment_id}', the model says '{model.segment_id}'")
    if _schema_of(model) != manifest.feature_schema:
        raise ArtifactError(f"{folder}: the model reads other features than its manifest names: train it again")
    return model


def _write(model: Model, folder: Path, facts: dict[str, Any]) -> Manifest:
    kind = kind_of(model)
    KINDS[kind].write(model, folder)
    files = {path.name: (_digest(path), path.stat().st_size) for path in sorted(folder.iterdir())}
    schema = _schema_of(model)
    manifest = Manifest(kind, FORMAT, model.segment_id, files, schema, schema_hash(schema), facts)
    text = json.dumps(asdict(manifest), indent=1, sort_keys=True, allow_nan=False)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def _schema_of(model: Model) -> dict[str, Any]:
    return model.schema.to_json() if isinstance(model, Spine) else {}


def _swap(aside: Path, target: Path) -> None:
    if not target.exists():
        aside.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    try:
        target.rename(old / target.name)
        aside.rename(target)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _read_manifest(root: Path) -> Manifest:
    path = root / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise ArtifactError(f"{root} is not a model: it has no {MANIFEST}")
    if path.stat().st_size > _MANIFEST_BYTES:
        raise ArtifactError(f"{path} has {path.stat().st_size} bytes; at most {_MANIFEST_BYTES} are read")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): (str(digest), int(size)) for name, (digest, size) in values.pop("files").items()}
        manifest = Manifest(files=files, **values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ArtifactError(f"{path} is not a manifest ({error}): fetch or train the model again") from error
    _refuse_strange(root, manifest)
    return manifest


def _refuse_strange(root: Path, manifest: Manifest) -> None:
    if manifest.format != FORMAT or manifest.kind not in KINDS:
        raise ArtifactError(
            f"{root}: expected format {FORMAT} and one of {sorted(KINDS)}, "
            f"found format {manifest.format!r} of kind {manifest.kind!r}: it was written by another version"
        )
    strange = [name for name in manifest.files if not _FILE_NAME.fullmatch(name) or name == MANIFEST]
    if strange:
        raise ArtifactError(f"{root}: file names {strange[:3]} are not a model's (plain .safetensors, .txt or .json)")
    total = sum(size for _, size in manifest.files.values())
    if len(manifest.files) > _MOST_FILES or not 0 <= total <= _MOST_BYTES:
        raise ArtifactError(f"{root}: {len(manifest.files)} files of {total} bytes are more than a model may have")


def _refuse_stray_files(root: Path, manifest: Manifest) -> None:
    found = {path.name for path in root.iterdir()} - {MANIFEST}
    if found != set(manifest.files):
        missing, strange = sorted(set(manifest.files) - found), sorted(found - set(manifest.files))
        raise ArtifactError(f"{root}: files missing {missing}, not in the manifest {strange}: fetch the model again")


def _refuse_changed(path: Path, digest: str, size: int) -> None:
    if path.is_symlink() or not path.is_file():
        raise ArtifactError(f"{path} is not a plain file")
    if path.stat().st_size != size:
        raise ArtifactError(f"{path}: expected {size} bytes, found {path.stat().st_size}: it is truncated or replaced")
    if _digest(path) != digest:
        raise ArtifactError(f"{path}: the checksum differs from the manifest: it was damaged or replaced")


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()
