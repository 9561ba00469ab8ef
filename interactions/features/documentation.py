"""The page ``docs/features.md``: ``python -m interactions.features.documentation > docs/features.md``."""

from __future__ import annotations

from interactions.features.feature import Entity, Feature
from interactions.features.registry import FEATURES
from interactions.features.settings import FeatureSettings

_INTRODUCTION = """# Features

Generated from the registry in `interactions/features` by `python -m interactions.features.documentation`; a test
compares the two. Every feature is an Ibis expression over the daily rollups *before* the as-of day (and the users
and items known then), so the same definition runs on DuckDB and on Spark. Days are UTC days.

**What a new day costs.** Days close month by month: everything before the latest start of a month that lies at least
30 days back is kept in totals (a row a user, an item, a pair that met, a value met), the days since are read one by
one. Counts and decimals add up the same in any order, so features from kept totals and features from nothing but the
rollups are equal to the bit. The totals are a cache in `cache/closings`, named by the files of the closed days, the
half-lives and their own definition: a late event in an open day costs nothing more, one in a closed day makes its
closings anew (what a full pass costs), and deleting them costs time only. The four used last stay. Users and items
have numbers in a closing: millions of pairs join and group by them, texts come back in the last step. `decayed_…`
features of closed days decay to the day of closing, by half-life and rounded to six decimals, and from there on.

*Taste* features say what somebody likes. They serve models, never the clusters: a segment must carry what the
history does not. *Source* names the relation that the expression reads: `days` (totals of closed days, rollups of
open ones), `items` (distinct items met), `users` (distinct users met), `categories` (met, compared by days) or
`profile` (the joined row with the dimension and what is met on most days). A feature without a value for somebody is
missing unless *when absent* says otherwise.
"""

_SHARES = """Beside them, one numeric taste column `share_category_<category>` for each of the most visited
categories: the share of a user's item-days that fall into it.
"""


def features_page() -> str:
    """The whole page as Markdown."""
    parts = [_INTRODUCTION, "## Users\n", _table("user"), _SHARES, "## Items\n", _table("item"), _half_lives()]
    return "\n".join(parts)


def _table(entity: Entity) -> str:
    head = ["| name | meaning | type | family | source | taste | when absent |", "| --- " * 7 + "|"]
    return "\n".join([*head, *(_row(f) for f in FEATURES if f.entity == entity)]) + "\n"


def _row(feature: Feature) -> str:
    absent = "missing" if feature.fill is None else f"{feature.fill:g}"
    cells = [f"`{feature.name}`", feature.meaning, feature.kind, feature.family, f"`{feature.source}`"]
    return f"| {' | '.join([*cells, 'yes' if feature.taste else 'no', absent])} |"


def _half_lives() -> str:
    rows = [f"| `{name}` | {days:g} |" for name, days in FeatureSettings().half_lives.items()]
    head = ["## Half-lives", "", "Of `decayed_events` and `decayed_popularity`, by event type.", ""]
    return "\n".join([*head, "| event type | days |", "| --- | --- |", *rows]) + "\n"


if __name__ == "__main__":
    print(features_page(), end="")
