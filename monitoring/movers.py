"""Who changed his segment between two assignments."""

from __future__ import annotations

import pandas as pd

Assignments = tuple["pd.Series[str]", "pd.Series[str]"]


def without_movers(assignments: Assignments) -> Assignments:
    """Both assignments (user id → segment id) without the users that they put into different segments.

    While the mix drifts, a segment that others stream into looks as if its own people had changed. Its behaviour is
    then judged on those who stayed, and on newcomers; the movers are the mix's.
    """
    before, after = assignments
    earlier = before.reindex(after.index)
    moved = after.index[earlier.notna() & (earlier != after)]
    return before.drop(moved), after.drop(moved)
