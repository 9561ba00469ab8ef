from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest


@pytest.mark.parametrize("name", ["poll_seconds", "threads", "max_pending", "max_body_bytes", "max_model_bytes"])
def test_a_limit_that_is_not_positive_is_refused_by_name_f33(config: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' must be positive; found 0"):
        replace(config, **{name: 0})
