"""Which columns of two windows can be compared, and what is wrong with the others."""

from __future__ import annotations

import pandas as pd

from monitoring.coding import filled, missing_share, percent, varies
from monitoring.settings import ColumnRule, DriftSettings
from warehouse import columns as c


def usable_columns(
    reference: pd.DataFrame, current: pd.DataFrame, settings: DriftSettings
) -> tuple[list[ColumnRule], tuple[str, ...]]:
    """The rules whose columns can be compared, and a sentence for each that cannot.

    Columns that are empty on both sides are not spoken of: a shop that never fills one would hear of it day after day.
    Nor are numbers of fewer users than a segment needs (``paid``, which only purchases fill): the purchases of a
    handful of people are no evidence, however many other events lie around them.
    """
    watched = [rule for rule in settings.columns if _speaks(reference, rule) or _speaks(current, rule)]
    found = {rule: _trouble(reference, current, rule, settings) for rule in watched}
    sound = [rule for rule, trouble in found.items() if trouble is None]
    usable = [rule for rule in sound if _filled(reference, current, rule, settings)]
    return usable, tuple(t for t in found.values() if t)


def _speaks(side: pd.DataFrame, rule: ColumnRule) -> bool:
    return rule.name in side and missing_share(side[rule.name], rule) < 1.0 and varies(side[rule.name], rule)


def _filled(reference: pd.DataFrame, current: pd.DataFrame, rule: ColumnRule, settings: DriftSettings) -> bool:
    if rule.kind == "categorical":
        return True  # a null is a category of its own
    users = (side.loc[filled(side[rule.name], rule), c.USER].nunique() for side in (reference, current))
    return all(found >= settings.min_users for found in users)


def _trouble(reference: pd.DataFrame, current: pd.DataFrame, rule: ColumnRule, settings: DriftSettings) -> str | None:
    if rule.name not in reference or rule.name not in current:
        return f"{rule.name}: absent from one of the windows"
    before, after = (missing_share(side[rule.name], rule) for side in (reference, current))
    if max(before, after) == 1.0 or abs(after - before) > settings.missing_change:
        return f"{rule.name}: missing {percent(before)} → {percent(after)}"
    if not varies(reference[rule.name], rule):
        return f"{rule.name}: constant in the reference, so there is no spread to measure a move in"
    return None
