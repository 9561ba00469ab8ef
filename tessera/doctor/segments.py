"""Whether the settings of single segments can be read, and mean anybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tessera.doctor.finding import Finding
from tessera.errors import SettingsError

if TYPE_CHECKING:
    from tessera.settings import Settings
    from warehouse.store import Store

NAME = "segments file"


def segments_file(settings: Settings) -> Iterator[Finding]:
    """The file's fields, and patterns that match none of the newest segments."""
    from tessera.alert_routes import load_routes
    from tessera.segment_policies import load_policies
    from warehouse.store import Store

    if settings.segments_file is None:
        yield Finding(NAME, "ok", "none: every segment has the installation's settings")
        return
    try:
        policies = load_policies(settings)
    except SettingsError as error:
        yield Finding(NAME, "problem", str(error), "correct the named fields: nothing is trained until then")
        return
    names = _newest(Store(settings.lake))
    idle = [*policies.idle(names), *load_routes(settings).idle(names)] if names else []
    if idle:
        seen = f"{settings.segments_file}: {', '.join(idle)} match none of the {len(names)} living segments"
        yield Finding(NAME, "warning", seen, "compare with 'tessera segments settings': ids and names, * for any part")
        return
    yield Finding(NAME, "ok", f"{settings.segments_file}: {len(policies.changes)} patterns over the default")


def _newest(store: Store) -> dict[str, str]:
    """Id to name of the segments that were fitted last."""
    from warehouse.windows import Window

    days = store.dates("segments")
    if not days:
        return {}
    rows = store.frame("segments", window=Window.day(days[-1]), columns=["segment_id", "name"])
    return dict(zip(rows["segment_id"], rows["name"], strict=True))
