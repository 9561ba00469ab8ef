from __future__ import annotations

import pandas as pd

from monitoring.movers import without_movers


def test_who_changed_his_segment_belongs_to_neither_side() -> None:
    before = pd.Series({"stayed": "a", "moved": "a", "left": "b"})
    after = pd.Series({"stayed": "a", "moved": "b", "came": "b"})
    kept = without_movers((before, after))
    assert [side.to_dict() for side in kept] == [{"stayed": "a", "left": "b"}, {"stayed": "a", "came": "b"}]
