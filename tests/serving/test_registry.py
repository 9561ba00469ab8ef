from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from serving.errors import ModelRefusedError, RegistryError
from serving.registry import MlflowReader

MODEL = {"name": "tessera-s1", "aliases": [{"alias": "champion", "version": "3"}]}


def reader(answer: httpx.Response | Exception) -> MlflowReader:
    def reply(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return MlflowReader("http://registry", 1.0, httpx.MockTransport(reply))


def test_aliases_come_from_one_search_call() -> None:
    other = {"name": "tessera-s2", "aliases": [{"alias": "challenger", "version": "1"}]}
    found = reader(httpx.Response(200, json={"registered_models": [MODEL, other]})).champions("tessera-")
    assert found.models == {"tessera-s1", "tessera-s2"}
    assert found.versions == {"tessera-s1": "3"}


def test_further_pages_are_read() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        second = request.url.params.get("page_token") == "more"
        page = {"registered_models": [{"name": f"tessera-{'b' if second else 'a'}"}]}
        return httpx.Response(200, json=page if second else page | {"next_page_token": "more"})

    found = MlflowReader("http://registry", 1.0, httpx.MockTransport(reply)).champions("tessera-")
    assert found.models == {"tessera-a", "tessera-b"}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>login</html>"),
        httpx.Response(200, json=["no", "object"]),
        httpx.Response(200, json={"registered_models": [{"aliases": []}]}),
        httpx.Response(200, json={"registered_models": [{"name": "a", "aliases": [{"alias": "champion"}]}]}),
        httpx.Response(200, json={"registered_models": "none"}),
        httpx.Response(200, json={"registered_models": [None]}),
        httpx.Response(302, headers={"location": "http://elsewhere"}),
        httpx.Response(500, text="broken"),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("gone"),
    ],
)
def test_anything_but_an_answer_is_a_registry_error_f24(answer: httpx.Response | Exception) -> None:
    with pytest.raises(RegistryError):
        reader(answer).champions("tessera-")


def test_tags_are_read_by_name() -> None:
    answer = {"model_version": {"tags": [{"key": "parent_version", "value": "7"}, {"key": "empty"}]}}
    assert reader(httpx.Response(200, json=answer)).tags("tessera-s1", "3") == {"parent_version": "7", "empty": ""}


def test_a_version_without_tags_has_none() -> None:
    assert reader(httpx.Response(200, json={"model_version": {}})).tags("tessera-s1", "3") == {}


def test_a_file_is_written_to_its_target(tmp_path: Path) -> None:
    reader(httpx.Response(200, content=b"abc")).fetch("m", "1", "a.json", tmp_path / "a", 3)
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_a_file_larger_than_announced_is_refused_f20(tmp_path: Path) -> None:
    with pytest.raises(ModelRefusedError, match="larger than announced"):
        reader(httpx.Response(200, content=b"abcd")).fetch("m", "1", "a.json", tmp_path / "a", 3)


def test_a_missing_file_is_the_fault_of_that_version_alone(tmp_path: Path) -> None:
    with pytest.raises(ModelRefusedError, match="404"):
        reader(httpx.Response(404)).fetch("m", "1", "a.json", tmp_path / "a", 3)
