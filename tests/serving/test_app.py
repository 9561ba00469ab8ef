from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

EVENT = {"user_id": "u03", "item_id": "i39", "event_type": "purchase", "value": 9.5, "ts": "2026-02-15T10:00:00+02:00"}


@pytest.fixture
def client(client_of: Any, config: Any, registry: Any) -> Any:
    return client_of(config, registry)


def spooled(config: Any) -> list[dict[str, Any]]:
    found = sorted(Path(config.spool).glob("events/date=2026-02-15/*.jsonl"))
    return [json.loads(line) for path in found for line in path.read_text().splitlines()]


def test_an_answer_says_who_made_it_and_where_each_item_came_from(client: Any) -> None:
    answer = client.get("/recommendations/u03?k=7").json()
    assert {key: answer[key] for key in ("segment_id", "segment_name", "model", "version", "parent_version")} == {
        "segment_id": "s1",
        "segment_name": "Early birds",
        "model": "tessera-s1",
        "version": "1",
        "parent_version": "1",
    }
    assert (answer["as_of"], answer["known"], answer["degraded"]) == ("2026-02-15", True, False)
    assert len(answer["items"]) == 7
    assert answer["items"][0]["title"] == "Item i39"
    assert answer["items"][0]["layer"] == "segment"


def test_the_same_question_gives_the_same_bytes(client: Any) -> None:
    assert client.get("/recommendations/u03").content == client.get("/recommendations/u03").content


def test_an_unknown_user_gets_the_same_shape(client: Any) -> None:
    known, unknown = (client.get(f"/recommendations/{user}") for user in ("u03", "nobody"))
    assert unknown.status_code == 200
    assert set(known.json()) == set(unknown.json())
    assert len(unknown.json()["items"]) == 10


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/recommendations/u03?k=0", 422, "query k"),
        ("/recommendations/u03?k=101", 422, "found '101'"),
        ("/recommendations/u03?k=ten", 422, "query k"),
        ("/recommendations/u03?exclude_seen=perhaps", 422, "query exclude_seen"),
        ("/recommendations/" + "u" * 257, 422, "at most 256"),
        ("/recommendations/u03%00", 422, "path user_id"),
        ("/recommendations/", 404, "Not Found"),
        ("/nothing", 404, "Not Found"),
    ],
)
def test_a_bad_question_is_a_problem_that_teaches(client: Any, path: str, status: int, told: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("user", ["%ff%fe", "..%2f..", "%F0%9F%92%A9", "u03 ", "'--", "%7B%7B7*7%7D%7D"])
def test_strange_ids_are_just_unknown_users(client: Any, user: str) -> None:
    assert client.get(f"/recommendations/{user}").status_code in (200, 404)


def test_events_are_on_the_disk_before_the_answer_in_the_layout_of_deliveries(client: Any, config: Any) -> None:
    answer = client.post("/events", json={"events": [EVENT, {**EVENT, "item_id": "i01", "event_id": "mine"}]})
    assert answer.status_code == 202
    rows = spooled(config)
    assert answer.json() == {"accepted": 2, "event_ids": [row["event_id"] for row in rows]}
    assert rows[0]["ts"] == "2026-02-15T08:00:00.000000+00:00"
    assert rows[1]["event_id"] == "mine"
    assert rows[0]["event_id"] != rows[1]["event_id"]


def test_spooled_events_pass_ingest(client: Any, config: Any) -> None:
    sources = pytest.importorskip("interactions.sources")
    mappings = pytest.importorskip("interactions.mappings")
    from warehouse.windows import Window

    client.post("/events", json={"events": [EVENT, {**EVENT, "event_type": "view", "context": {"page": "home"}}]})
    source = sources.open_source(config.spool, mappings.load_mapping("events"))
    batches = list(source.batches(Window.parse("2026-02-15", "2026-02-16")))
    assert sum(batch.num_rows for batch in batches) == 2


def test_sending_an_event_twice_gives_it_the_same_id(client: Any) -> None:
    first, second = (client.post("/events", json={"events": [EVENT]}).json()["event_ids"] for _ in range(2))
    assert first == second


def test_an_item_just_bought_is_not_recommended_again(client: Any) -> None:
    assert client.get("/recommendations/u03").json()["items"][0]["item_id"] == "i39"
    client.post("/events", json={"events": [EVENT]})
    assert "i39" not in {item["item_id"] for item in client.get("/recommendations/u03").json()["items"]}


def test_an_item_only_shown_may_be_recommended_again(client: Any) -> None:
    client.post("/events", json={"events": [{**EVENT, "event_type": "impression"}]})
    assert client.get("/recommendations/u03").json()["items"][0]["item_id"] == "i39"


def test_a_restart_remembers_what_was_just_bought(client_of: Any, config: Any, registry: Any) -> None:
    client_of(config, registry).post("/events", json={"events": [EVENT]})
    again = client_of(config, registry).get("/recommendations/u03").json()
    assert "i39" not in {item["item_id"] for item in again["items"]}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"event_type": "teleport"}, "event_type"),
        ({"ts": "2026-02-15T10:00:00"}, "timezone"),
        ({"ts": "2031-01-01T00:00:00Z"}, "future"),
        ({"value": -1}, "greater than or equal to 0"),
        ({"user_id": ""}, "at least 1 character"),
        ({"user_id": "u\u0000"}, "user_id"),
        ({"event_type": "dwell", "value": None}, "says nothing without a value"),
        ({"colour": "red"}, "Extra inputs"),
        ({"context": {"a": "x" * 20000}}, "16384"),
    ],
)
def test_a_bad_event_is_refused_whole_and_nothing_is_kept_f9(
    client: Any, config: Any, change: dict[str, Any], told: str
) -> None:
    answer = client.post("/events", json={"events": [EVENT, {**EVENT, **change}]})
    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    assert spooled(config) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events": []}', b'{"events": [NaN]}', b"\xff\xfe"])
def test_a_body_that_is_no_batch_is_refused(client: Any, body: bytes) -> None:
    answer = client.post("/events", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_above_the_limit_is_refused_announced_or_not(client_of: Any, config: Any, registry: Any) -> None:
    client = client_of(replace(config, max_body_bytes=2000), registry)
    big = json.dumps({"events": [EVENT] * 50}).encode()
    announced = client.post("/events", content=big, headers={"content-type": "application/json"})
    chunks = (big[n : n + 500] for n in range(0, len(big), 500))
    sent = client.post("/events", content=chunks, headers={"content-type": "application/json"})
    assert (announced.status_code, sent.status_code) == (413, 413)
    assert "2000 bytes" in sent.json()["detail"]


def test_an_overfull_house_says_when_to_come_back_f23(client_of: Any, config: Any, registry: Any) -> None:
    import asyncio

    import httpx

    client = client_of(replace(config, max_pending=2, threads=1), registry)

    async def rush() -> list[httpx.Response]:
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as browser:
            return await asyncio.gather(*(browser.get("/recommendations/u03") for _ in range(20)))

    answers = asyncio.run(rush())
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 2
    shed = next(answer for answer in answers if answer.status_code == 503)
    assert shed.headers["retry-after"] == "1"
    assert client.get("/health/live").status_code == 200
    assert client.get("/recommendations/u03").status_code == 200


def test_before_a_snapshot_the_api_lives_but_is_not_ready_f25(client_of: Any, config: Any, registry: Any) -> None:
    (config.snapshots / "CURRENT").unlink()
    client = client_of(config, registry, ready=False)
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503
    answer = client.get("/recommendations/u03")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert client.get("/").status_code == 200
    assert client.get("/segments").status_code == 503


def test_without_any_verified_model_popular_items_are_served_but_the_api_is_not_ready_f25(
    client_of: Any, config: Any, registry: Any, eventually: Any
) -> None:
    registry.down = True
    client = client_of(config, registry, ready=False)
    eventually(lambda: client.get("/recommendations/u03").status_code == 200)
    answer = client.get("/recommendations/u03").json()
    assert (answer["degraded"], answer["model"], len(answer["items"])) == (True, "popular", 10)
    assert client.get("/health/ready").status_code == 503


def test_readiness_tells_versions_and_the_state_of_the_registry(client: Any, registry: Any, eventually: Any) -> None:
    state = client.get("/health/ready").json()
    assert state["models"] == {"tessera-global": "1", "tessera-s1": "1"}
    assert state["registry"]["up"] is True
    registry.down = True
    eventually(lambda: client.get("/health/ready").json()["registry"]["error"] == "connection refused")
    assert client.get("/health/ready").status_code == 200
    assert b"tessera_registry_up 0.0" in client.get("/metrics").content


def test_segments_say_who_serves_and_why(client: Any) -> None:
    lines = {line["segment_id"]: line for line in client.get("/segments").json()}
    assert lines["s1"]["serves"] == "segment"
    assert lines["s1"]["reason"] == "champion version 1, measured against global version 1"
    assert lines["s2"]["serves"] == "global"
    assert lines["s2"]["reason"] == "no champion: the global model serves"
    assert lines["s2"]["users"] == 30


def test_metrics_count_requests_by_template_layers_and_versions(client: Any) -> None:
    client.get("/recommendations/u03")
    text = client.get("/metrics").text
    assert 'tessera_requests_total{method="GET",route="/recommendations/{user_id}",status="200"} 1.0' in text
    assert 'tessera_items_total{layer="segment"}' in text
    assert 'tessera_model_version{model="tessera-s1"} 1.0' in text
    assert "tessera_registry_age_seconds" in text
    assert "u03" not in text


def test_no_user_id_is_logged_even_when_a_model_breaks(
    client: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender.head import SegmentHead

    def broken(*_: Any) -> None:
        raise RuntimeError("corrupt")

    monkeypatch.setattr(SegmentHead, "recommend", broken)
    with caplog.at_level(logging.INFO, logger="serving"):
        assert client.get("/recommendations/u03").json()["degraded"] is True
    assert "raised; the next rung answers" in caplog.text
    assert "u03" not in caplog.text


def test_the_openapi_page_has_examples(client: Any) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    answer = paths["/recommendations/{user_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["example"]["items"][0]["layer"] == "segment"
    assert "/events" in paths


def test_the_page_shows_who_serves_and_a_users_list(client: Any) -> None:
    page = client.get("/?user=u03&k=5").text
    assert "Early birds" in page
    assert "own model" in page
    assert "Item i39" in page
    assert "http://" not in page.replace('href="http://', "")


def test_the_page_shows_markup_in_an_id_as_text(client: Any) -> None:
    page = client.get("/", params={"user": "<script>alert(1)</script>"}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_api_loads_none_of_the_batch_libraries() -> None:
    import subprocess

    program = (
        "import sys, serving.app\n"
        "heavy = {'mlflow', 'airflow', 'evidently', 'optuna', 'sklearn', 'implicit', 'lightgbm', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"
