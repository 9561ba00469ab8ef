from __future__ import annotations

import pandas as pd
import pytest

from monitoring.paid import with_paid


def test_a_piece_of_a_purchase_is_held_against_the_catalogue_and_nothing_else_is() -> None:
    events = pd.DataFrame(
        {
            "event_type": ["purchase", "purchase", "purchase", "purchase", "purchase", "purchase", "rating", "view"],
            "value": [12.0, 8.0, 36.0, 3.0, 5.0, 7.0, 4.0, None],
            "price": [10.0, 10.0, 10.0, 10.0, None, 0.0, 10.0, 10.0],
        }
    )
    paid = with_paid(events)["paid"]
    assert paid.to_list()[:4] == pytest.approx([1.2, 0.8, 0.9, 0.3])
    assert paid[4:].isna().all()
