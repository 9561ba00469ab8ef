"""Reading MLflow's registry over plain HTTP: its client library would cost the API 160 MB and 4 s of start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import httpx

from serving.errors import ModelRefusedError, RegistryError

CHAMPION = "champion"
_PAGE = 1000
_MAX_ANSWER_BYTES = 20_000_000


@dataclass(frozen=True)
class Champions:
    """The registry at one moment: every model it knows, and the version that holds each ``champion`` alias."""

    models: frozenset[str]
    versions: Mapping[str, str]


class RegistryReader(Protocol):
    """What the follower needs of a registry; tests put a forty-line fake in its place."""

    def champions(self, prefix: str) -> Champions:
        """All models whose name starts with ``prefix``."""
        ...

    def tags(self, name: str, version: str) -> Mapping[str, str]:
        """The tags of one version."""
        ...

    def fetch(self, name: str, version: str, path: str, target: Path, limit: int) -> None:
        """Write one file of a version to ``target``; refuse more than ``limit`` bytes."""
        ...


class MlflowReader:
    """A ``RegistryReader`` over MLflow's REST interface, with proxied artifacts.

    Raises (every method):
        RegistryError: unreachable, slow, an error status, or an answer of an unexpected shape.
    """

    def __init__(self, uri: str, timeout_seconds: float, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=uri, timeout=timeout_seconds, transport=transport, trust_env=False, follow_redirects=False
        )

    def __enter__(self) -> MlflowReader:
        return self

    def __exit__(self, *details: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def champions(self, prefix: str) -> Champions:
        """One cheap search call a page of a thousand models."""
        found = list(self._models(prefix))
        versions = {name: aliases[CHAMPION] for name, aliases in found if CHAMPION in aliases}
        return Champions(frozenset(name for name, _ in found), versions)

    def tags(self, name: str, version: str) -> Mapping[str, str]:
        """The tags of one version, such as ``parent_version`` and ``as_of``."""
        answer = self._json("/api/2.0/mlflow/model-versions/get", name=name, version=version)
        with _shape("a model version"):
            return {str(tag["key"]): str(tag.get("value", "")) for tag in answer["model_version"].get("tags", [])}

    def fetch(self, name: str, version: str, path: str, target: Path, limit: int) -> None:
        """Stream one file; a stalled transfer ends with the client's timeout, an endless one at ``limit``.

        Raises:
            ModelRefusedError: the registry has no such file, or a larger one: this version's fault, not the registry's.
        """
        parameters = {"name": name, "version": version, "path": path}
        with _transport(), self._client.stream("GET", "/model-versions/get-artifact", params=parameters) as answer:
            if answer.status_code != httpx.codes.OK:
                raise ModelRefusedError(f"{name} {version}: file '{path}' answered {answer.status_code}")
            with target.open("wb") as file:
                for chunk in answer.iter_bytes():
                    limit -= len(chunk)
                    if limit < 0:
                        raise ModelRefusedError(f"{name} {version}: file '{path}' is larger than announced: not loaded")
                    file.write(chunk)

    def _models(self, prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
        token = ""
        while True:
            page = self._json(
                "/api/2.0/mlflow/registered-models/search",
                filter=f"name LIKE '{prefix}%'",
                max_results=str(_PAGE),
                page_token=token,
            )
            with _shape("a page of registered models"):
                for model in page.get("registered_models", []):
                    aliases = {str(alias["alias"]): str(alias["version"]) for alias in model.get("aliases", [])}
                    yield str(model["name"]), aliases
                token = str(page.get("next_page_token", ""))
            if not token:
                return

    def _json(self, path: str, **parameters: str) -> dict[str, Any]:
        with _transport():
            answer = self._client.get(path, params={key: value for key, value in parameters.items() if value})
        if answer.status_code != httpx.codes.OK:
            raise RegistryError(f"{path} answered {answer.status_code}: {answer.text[:200]}")
        if len(answer.content) > _MAX_ANSWER_BYTES:
            raise RegistryError(f"{path} answered {len(answer.content)} bytes: not a registry's answer")
        with _shape("a JSON object"):
            return dict(json.loads(answer.content))


@contextmanager
def _transport() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RegistryError(f"the registry cannot be read: {type(error).__name__}: {error}") from error


@contextmanager
def _shape(what: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RegistryError(f"the registry answered something that is not {what}: {error!r}") from error
