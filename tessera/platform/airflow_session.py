"""A logged-in HTTP session with Airflow: tokens, pages, patience with a restarting server, errors that say why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx

from tessera.platform.errors import PlatformError

PAGE_ROWS = 100
ATTEMPTS = 5


class AirflowError(PlatformError):
    """Airflow refused a request, or something did not end in time."""


class AirflowSession:
    """Requests to ``/api/v2``; logs in when needed."""

    def __init__(self, address: str, username: str, password: str, timeout: float) -> None:
        self._login = {"username": username, "password": password}
        self._http = httpx.Client(base_url=address, timeout=timeout, trust_env=False)  # never through a proxy

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The JSON answer to ``method /api/v2/path``.

        Raises:
            AirflowError: Airflow refused, with its reason, or cannot be reached.
        """
        answer = self._send(method, f"/api/v2/{path}", **options)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._http.headers["Authorization"] = f"Bearer {self._token()}"
            answer = self._send(method, f"/api/v2/{path}", **options)
        if answer.is_error:
            raise AirflowError(f"{method} {path} was refused with {answer.status_code}: {_reason(answer)}")
        found: dict[str, Any] = answer.json()
        return found

    def pages(self, path: str, member: str, **params: Any) -> Iterator[dict[str, Any]]:
        """All rows of a listing, page after page."""
        offset = 0
        while True:
            answer = self.request("GET", path, params={**params, "limit": PAGE_ROWS, "offset": offset})
            yield from answer[member]
            offset += PAGE_ROWS
            if offset >= answer["total_entries"]:
                return

    def _token(self) -> str:
        answer = self._send("POST", "/auth/token", json=self._login)
        if answer.is_error:
            raise AirflowError(f"login as {self._login['username']} was refused: {_reason(answer)}")
        return str(answer.json()["access_token"])

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A lost answer to a POST may have been a success, so only questions are asked again."""
        attempts = ATTEMPTS if method == "GET" else 1
        for attempt in range(attempts):
            try:
                return self._http.request(method, path, **options)
            except httpx.TransportError as error:
                if attempt == attempts - 1:
                    raise AirflowError(f"Airflow at {self._http.base_url} does not answer: {error!r}") from error
                time.sleep(2.0**attempt)
        raise AssertionError("unreachable")


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("detail", answer.text))
    except (ValueError, AttributeError):
        return answer.text[:500]
