"""Who serves, as the registry says it right now; a silent registry is said, and nothing waits for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from serving.errors import RegistryError
from serving.registry import MlflowReader
from training.versions import GLOBAL, model_name

TIMEOUT_SECONDS = 2.0
PREFIX = "tessera-"


@dataclass(frozen=True)
class ServingState:
    """The champions of every model by its name; ``trouble`` says why they are not known."""

    champions: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""

    @property
    def known(self) -> bool:
        """Whether the registry answered."""
        return not self.trouble

    @property
    def parent(self) -> str:
        """The version of the global model that serves, empty when there is none."""
        return self.champions.get(model_name(GLOBAL), "")

    def champion(self, segment_id: str) -> str:
        """The version of a segment's own model that has the alias, empty when there is none."""
        return self.champions.get(model_name(segment_id), "")


class RegistryWatch:
    """Asks MLflow at most once in ``every`` seconds; a slow registry costs a page two seconds once, not each time."""

    def __init__(self, uri: str, every: float = 2.0, quiet: float = 20.0) -> None:
        self._uri = uri
        self._every, self._quiet = every, quiet
        self._state, self._due = ServingState(), 0.0

    def state(self) -> ServingState:
        """The state of a moment ago, or of now."""
        if time.monotonic() >= self._due:
            self._state = _asked(self._uri)
            self._due = time.monotonic() + (self._every if self._state.known else self._quiet)
        return self._state


def _asked(uri: str) -> ServingState:
    if not uri.startswith("http"):
        return ServingState(trouble=f"the registry {uri} is no server that could be asked")
    try:
        with MlflowReader(uri, TIMEOUT_SECONDS) as reader:
            return ServingState(reader.champions(PREFIX).versions)
    except RegistryError as error:
        return ServingState(trouble=str(error))
