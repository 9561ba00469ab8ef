"""Every kind of generator by its class name, and generators made from plain settings."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final

from recommender.generators.protocol import Generator

Parameter = float | int | str | bool

# the module of every kind: only what a spine uses is imported
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ALS": "als",
        "BPR": "bpr",
        "Content": "content",
        "EASE": "ease",
        "ItemItem": "item_item",
        "LastBasket": "last_basket",
        "NCF": "ncf",
        "NearestContent": "nearest_content",
        "Popularity": "popularity",
        "SASRec": "sequence",
        "Trending": "trending",
        "Word2Vec": "word2vec",
    }
)
# kinds that score alike for everybody
SHARED: Final = ("Popularity", "Trending")


@dataclass(frozen=True)
class GeneratorSettings:
    """One generator of a spine.

    Args:
        kind: class name, a key of ``KINDS``.
        name: unique in the spine; features and blend weights are called by it.
        parameters: what differs from the kind's own defaults.
    """

    kind: str
    name: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> GeneratorSettings:
        """Read what :meth:`to_json` wrote."""
        return cls(str(values["kind"]), str(values["name"]), dict(values.get("parameters", {})))


def build(settings: GeneratorSettings) -> Generator:
    """The unfitted generator.

    Raises:
        ValueError: an unknown kind, an unknown parameter, or a value of another type than the parameter's.
    """
    kind = kind_named(settings.kind)
    known = parameters_of(settings.kind)
    unknown = sorted(set(settings.parameters) - set(known))
    if unknown:
        raise ValueError(
            f"generator '{settings.name}' has unknown parameters {unknown}: a {settings.kind} has {sorted(known)}"
        )
    values = {name: _typed(settings.name, name, known[name], value) for name, value in settings.parameters.items()}
    generator: Generator = kind(**values, name=settings.name)
    return generator


def kind_named(name: str) -> type[Any]:
    """The class called ``name``.

    Raises:
        ValueError: there is none.
    """
    if name not in KINDS:
        raise ValueError(f"unknown kind of generator '{name}': expected one of {sorted(KINDS)}")
    found: type[Any] = getattr(importlib.import_module(f"recommender.generators.{KINDS[name]}"), name)
    return found


def parameters_of(kind: str) -> dict[str, Parameter]:
    """The defaults of a kind's parameters by name; fitted arrays and the name are none."""
    plain = (f for f in fields(kind_named(kind)) if f.default is not MISSING and f.name != "name")
    return {f.name: f.default for f in plain if isinstance(f.default, bool | int | float | str)}


def _typed(generator: str, name: str, default: Parameter, value: Parameter) -> Parameter:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise ValueError(
            f"parameter '{name}' of generator '{generator}' must be of type {type(default).__name__}, "
            f"like {default!r}; found {value!r}"
        )
    return value
