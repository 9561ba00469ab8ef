"""Champions as models in memory: downloaded once, verified before every load."""

from __future__ import annotations

from datetime import date

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


def load_parent(registry: Registry, settings: Settings, as_of: date) -> tuple[Version, Spine]:
    """The global model that a step as of a day stands on: the live champion, or in a backfill what was there by then.

    A champion trained on later days must not judge or serve an earlier one: it has seen what is to be predicted.

    Raises:
        NotReadyError: no global model as of that day or before it.
    """
    champion = registry.champion(model_name(GLOBAL))
    parent = champion if champion and champion.as_of <= as_of else _newest_before(registry, as_of)
    if parent is None:
        raise NotReadyError(
            f"no global model as of {as_of} or before: run 'tessera train --as-of {as_of}' (train_segments, no names)"
        )
    model = load_version(registry, settings, parent)
    if not isinstance(model, Spine):
        raise TypeError(f"expected a spine in {parent.name} v{parent.version}; found {type(model).__name__}")
    return parent, model


def _newest_before(registry: Registry, as_of: date) -> Version | None:
    known = [version for version in registry.versions(model_name(GLOBAL)) if version.as_of <= as_of]
    return max(known, key=lambda version: (version.as_of, int(version.version)), default=None)


def serving_version(registry: Registry, segment_id: str, parent: Version | None) -> Version | None:
    """Who serves a segment: its own champion while it is proved on the live parent, else the parent."""
    own = registry.champion(model_name(segment_id))
    proved = own is not None and parent is not None and own.parent_version == parent.version
    return own if proved else parent
