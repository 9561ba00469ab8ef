"""Which code and which data a model was made from."""

from __future__ import annotations

import hashlib
import importlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from tessera.lake import LakeSource
from training.submission import Provenance

_MAKES_MODELS = ("warehouse", "interactions", "recommender", "segmentation", "training")


def provenance(source: LakeSource) -> Provenance:
    """The snapshots that ``source`` reads and the code that reads them."""
    snapshots = {table: snapshot.version for table, snapshot in source.snapshots.items()}
    return Provenance(snapshots, source.data_hash, code_version())


@cache
def code_version() -> str:
    """The release and a hash of the sources that make models: it changes when they do, with or without a commit."""
    digest = hashlib.sha256()
    for package in _MAKES_MODELS:
        root = Path(importlib.import_module(package).__path__[0])
        for file in sorted(root.rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return f"{version('tessera')}+{digest.hexdigest()[:12]}"
