"""All that is wrong with the events of a span of days."""

from __future__ import annotations

import pandas as pd

from monitoring.trouble.bots import find_bot_waves
from monitoring.trouble.copies import find_doubled_days
from monitoring.trouble.log import Log
from monitoring.trouble.missing_days import find_missing_days
from monitoring.trouble.nulls import find_null_columns
from monitoring.trouble.renames import find_renames
from monitoring.trouble.trouble import Trouble
from monitoring.trouble_settings import TroubleSettings
from warehouse.windows import Window

_CHECKS = (find_missing_days, find_doubled_days, find_null_columns, find_renames, find_bot_waves)


def find_troubles(events: pd.DataFrame, span: Window, settings: TroubleSettings | None = None) -> tuple[Trouble, ...]:
    """Tell broken data from drift, before anything is compared.

    Each check holds every day against the healthy days before it in ``span``, so the answer depends on nothing else
    and is the same on repetition. Those that matter today are ``[t for t in troubles if t.touches(current)]``.

    Args:
        events: ``event_id user_id item_id event_type ts`` and whatever of ``settings.columns`` there is
            (`tessera.lake.LakeSource.watched`), before popularity is added; other days than the span's are ignored.
        span: all days that were read, also those without events; at least three weeks, or nothing can be said.
        settings: the limits.

    Returns:
        At most one trouble a kind and column, in a fixed order; none if the events are sound.
    """
    limits = settings or TroubleSettings()
    log = Log.of(events, span)
    return tuple(trouble for check in _CHECKS for trouble in check(log, limits))
