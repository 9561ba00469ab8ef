"""Champions as models in memory: downloaded once, verified before every load."""

from __future__ import annotations

from recommender import artifact
from recommender.head import SegmentHead
from recommender.spine import Spine
from tessera.errors import NotReadyError
from tessera.settings import Settings
from training.registry import Registry
from training.versions import GLOBAL, Version, model_name


def load_version(registry: Registry, settings: Settings, version: Version) -> Spine | SegmentHead:
    """A registered model; refused when it is damaged or another segment's.

    Raises:
        recommender.artifact.ArtifactError: the files are not those that were registered.
    """
    path = registry.download(version.name, version.version, settings.home / "models")
    model = artifact.load(path, expect_segment=version.tags["segment_id"])
    if not isinstance(model, Spine | SegmentHead):
        raise TypeError(
            f"expected a spine or a head in {version.name} v{version.version}; found {type(model).__name__}"
        )
    return model


def load_parent(registry: Registry, settings: Settings) -> tuple[Version, Spine]:
    """The live global champion.

    Raises:
        NotReadyError: there is none.
    """
    parent = registry.champion(model_name(GLOBAL))
    if parent is None:
        raise NotReadyError("no global champion: run 'tessera train' (train_segments without segment names) first")
    model = load_version(registry, settings, parent)
    if not isinstance(model, Spine):
        raise TypeError(f"expected a spine in {parent.name} v{parent.version}; found {type(model).__name__}")
    return parent, model


def serving_version(registry: Registry, segment_id: str, parent: Version | None) -> Version | None:
    """Who serves a segment: its own champion while it is proved on the live parent, else the parent."""
    own = registry.champion(model_name(segment_id))
    proved = own is not None and parent is not None and own.parent_version == parent.version
    return own if proved else parent
