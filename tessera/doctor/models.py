"""Whether the champions are whole, and really serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tessera.doctor.finding import Finding

if TYPE_CHECKING:
    from tessera.settings import Settings
    from training.registry import Registry
    from training.versions import Version


def champions(settings: Settings) -> Iterator[Finding]:
    """Every champion's files against their checksums, and heads that were proved on a parent that is gone."""
    from tessera.status import registry_of
    from training.versions import GLOBAL, model_name

    registry = registry_of(settings)
    parent = registry.champion(model_name(GLOBAL))
    if parent is None:
        yield Finding("champions", "warning", "no global champion: popularity serves", "run 'tessera train'")
    for name in registry.names():
        champion = registry.champion(name)
        if champion is not None:
            yield _champion(registry, champion, parent)


def _champion(registry: Registry, champion: Version, parent: Version | None) -> Finding:
    label = f"{champion.name} v{champion.version}"
    problem = _damage(registry, champion)
    if problem:
        return Finding(
            label, "problem", problem, f"roll back: tessera rollback --segment {champion.tags['segment_id']}"
        )
    proved_on = champion.parent_version
    if proved_on and (parent is None or proved_on != parent.version):
        seen = f"whole, but proved on global v{proved_on}, which is not live: the parent serves"
        return Finding(label, "warning", seen, f"prove it again: tessera train --segment {champion.tags['segment_id']}")
    return Finding(label, "ok", f"files match their checksums; as of {champion.as_of}")


def _damage(registry: Registry, champion: Version) -> str:
    """Why the registered files cannot be trusted; fetched anew, as a copy from before would say nothing of them."""
    import tempfile
    from pathlib import Path

    from recommender import artifact

    with tempfile.TemporaryDirectory() as aside:
        try:
            artifact.verify(registry.download(champion.name, champion.version, Path(aside)))
        except (artifact.ArtifactError, OSError) as error:
            return str(error)
    return ""
