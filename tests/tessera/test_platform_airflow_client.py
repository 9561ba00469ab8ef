from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tessera.platform.airflow_client import AirflowClient, AirflowError
from tessera.platform.airflow_records import DagRun
from warehouse.windows import Window


def run_row(run_id: str, state: str, logical_date: str | None = None) -> dict[str, Any]:
    row = {"dag_id": "d", "dag_run_id": run_id, "state": state, "run_type": "manual", "logical_date": logical_date}
    return row | {"data_interval_start": None, "data_interval_end": None, "conf": None, "duration": None}


class FakeAirflow:
    """Answers as Airflow does: one token is good, lists come in pages, a run ends at the third look."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.looks = 0
        self.stays = ""

    def answer(  # noqa: C901 - one case a path
        self, method: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, dict[str, Any]]:
        match method, path.removeprefix("/api/v2/").split("/"):
            case "GET", ["dags"]:
                start, end = int(query["offset"]), int(query["offset"]) + int(query["limit"])
                return 200, {"dags": [{"dag_id": f"d{n}"} for n in range(230)][start:end], "total_entries": 230}
            case "GET", ["importErrors"]:
                return 200, {"import_errors": [{"filename": "x.py", "stack_trace": "SyntaxError"}], "total_entries": 1}
            case "GET", ["dags", _, "dagRuns", run_id]:
                self.looks += 1
                state = self.stays or ["queued", "running", "success"][min(self.looks, 3) - 1]
                return 200, run_row(run_id, state)
            case "POST", ["dags", "unknown", "dagRuns"]:
                return 404, {"detail": "The DAG with dag_id: `unknown` was not found"}
            case "POST", ["dags", _, "dagRuns"]:
                self.bodies.append(body)
                return 200, run_row("r1", "queued", body["logical_date"])
            case "GET", ["pools"]:
                return 200, {"pools": [{"name": "default_pool"}], "total_entries": 1}
            case "POST", ["pools"]:
                self.bodies.append(body)
                return 201, body
            case "POST", ["backfills"]:
                self.bodies.append(body)
                row = {name: body[name] for name in ("dag_id", "from_date", "to_date")}
                return 200, {**row, "id": 4, "completed_at": None}
        return 404, {"detail": f"no such path {path}"}


@contextmanager
def served(fake: FakeAirflow) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            path, _, query = self.path.partition("?")
            if path == "/auth/token":
                good = body == {"username": "admin", "password": "pw"}
                self.reply(*((201, {"access_token": "good"}) if good else (401, {"detail": "Invalid credentials"})))
            elif self.headers.get("Authorization") != "Bearer good":
                self.reply(401, {"detail": "Not authenticated"})
            else:
                self.reply(*fake.answer(self.command, path, dict(p.split("=") for p in query.split("&") if p), body))

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def reply(self, status: int, body: dict[str, Any]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def fake() -> FakeAirflow:
    return FakeAirflow()


@pytest.fixture
def client(fake: FakeAirflow) -> Iterator[AirflowClient]:
    with served(fake) as address, AirflowClient(address, "admin", "pw", poll=0.01) as connected:
        yield connected


def test_all_pages_of_a_listing_are_read_after_logging_in(client: AirflowClient) -> None:
    assert client.dags() == [f"d{n}" for n in range(230)]


def test_a_wrong_password_is_said(fake: FakeAirflow) -> None:
    with (
        served(fake) as address,
        AirflowClient(address, "admin", "wrong") as client,
        pytest.raises(AirflowError, match="login as admin was refused: Invalid credentials"),
    ):
        client.dags()


def test_an_interval_is_sent_as_two_midnights_and_its_start_as_logical_date(
    client: AirflowClient, fake: FakeAirflow
) -> None:
    client.trigger("d", interval=Window.parse("2026-02-01", "2026-03-01"), conf={"reason": "test"})
    assert fake.bodies == [
        {
            "logical_date": "2026-02-01T00:00:00+00:00",
            "data_interval_start": "2026-02-01T00:00:00+00:00",
            "data_interval_end": "2026-03-01T00:00:00+00:00",
            "conf": {"reason": "test"},
        }
    ]


def test_a_backfill_of_a_half_open_window_ends_on_its_last_day(client: AirflowClient, fake: FakeAirflow) -> None:
    window = Window.parse("2026-01-01", "2026-01-04")
    backfill = client.backfill("d", window, reprocess="completed", backwards=True)
    assert fake.bodies[0]["to_date"] == "2026-01-03T00:00:00+00:00"
    assert fake.bodies[0]["run_backwards"] is True
    assert backfill.window == window


def test_every_state_of_an_awaited_run_is_told_once(client: AirflowClient) -> None:
    told: list[DagRun] = []
    ended = client.wait_for_run(client.trigger("d"), progress=told.append)
    assert [run.state for run in told] == ["queued", "running", "success"]
    assert ended.state == "success"


def test_a_run_that_does_not_end_is_given_up_with_its_state(client: AirflowClient, fake: FakeAirflow) -> None:
    fake.stays = "running"
    with pytest.raises(AirflowError, match="run r1 of d is still running"):
        client.wait_for_run(client.trigger("d"), timeout=0.05)


def test_a_missing_dag_is_reported_with_the_files_that_do_not_parse(client: AirflowClient) -> None:
    with pytest.raises(AirflowError, match=r"\['absent'\] are not parsed\n?x\.py:\nSyntaxError"):
        client.wait_for_dags(["d1", "absent"], timeout=0.05)


def test_a_refusal_carries_airflows_reason(client: AirflowClient) -> None:
    with pytest.raises(AirflowError, match="404: The DAG with dag_id: `unknown` was not found"):
        client.trigger("unknown")


def test_a_request_that_changes_something_is_not_repeated_when_its_answer_is_lost() -> None:
    with AirflowClient("http://127.0.0.1:9", "admin", "pw") as client, pytest.raises(AirflowError, match="not answer"):
        client.trigger("d")
