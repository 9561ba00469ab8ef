from __future__ import annotations

from typing import Any


def test_a_user_of_a_segment_with_a_proved_head_is_served_by_it(client_of: Any, config: Any, registry: Any) -> None:
    client = client_of(config, registry)
    answer = client.get("/recommendations/u03?k=7").json()
    assert (answer["segment_id"], answer["model"], answer["version"]) == ("s1", "tessera-s1", "1"), answer
    assert len(answer["items"]) == 7
    print(answer)
