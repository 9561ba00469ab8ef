"""Every choice of the global model, with defaults that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, Literal

from recommender.generators.registry import SHARED, GeneratorSettings, Parameter, build
from recommender.preprocessing.settings import PreprocessingSettings

DEFAULT_GENERATORS: Final = (
    GeneratorSettings("Popularity", "popularity", {"half_life_days": 7.0}),
    GeneratorSettings("ItemItem", "item_item", {"neighbours": 200, "half_life_days": 60.0}),
    GeneratorSettings(
        "ALS",
        "als",
        {"factors": 64, "regularisation": 30.0, "alpha": 4.0, "iterations": 10, "half_life_days": 60.0},
    ),
    GeneratorSettings("Content", "content", {"half_life_days": 60.0}),
)
_ORDERS: Final = ("best", "ranker", "blend")
# kinds that say less about the user's own taste count less where nothing was learnt
_USUAL_WEIGHTS: Final = {"Popularity": 0.5, "Content": 0.2}


@dataclass(frozen=True)
class RankerSettings:
    """LightGBM lambdarank and the sample it learns from.

    ``users`` bounds the labelled users of all slices together, ``negatives`` the unlabelled candidates a user; below
    ``minimum_users`` labelled users the linear blend replaces the ranker. With ``monotone`` a better score, share or
    rank of a generator that knows the user never lowers the ranker's score.

    ``patience`` trees without a gain on held-back users end a seed early; 0 grows them all. On Online Retail all trees
    reached .138 NDCG@10 and a patience of 30 .131: a tenth of the users is too few to tell the best number.
    """

    seeds: tuple[int, ...] = (1, 2, 3)
    users: int = 2000
    negatives: int = 30
    minimum_users: int = 50
    trees: int = 100
    leaves: int = 15
    learning_rate: float = 0.08
    minimum_leaf: int = 60
    l2: float = 5.0
    patience: int = 0
    monotone: bool = False

    def __post_init__(self) -> None:
        if not self.seeds:
            raise ValueError("a ranker needs at least one seed; found none: three are averaged by default")
        if self.patience < 0:
            raise ValueError(f"ranker setting 'patience' must be 0 or more; found {self.patience!r}")
        for name in ("users", "negatives", "minimum_users", "trees", "leaves", "learning_rate", "minimum_leaf"):
            if not getattr(self, name) > 0:
                raise ValueError(f"ranker setting '{name}' must be above 0; found {getattr(self, name)!r}")


@dataclass(frozen=True)
class SpineSettings:
    """How the global model is fitted.

    Args:
        generators: who proposes; one must be of kind ``Popularity``, which fills short lists. Names are unique.
        blend: weights by generator name where the linear blend's search starts, and what serves where there is too
            little to search on; generators not named get their kind's usual weight.
        label_days: length of a slice that supplies the ranker's targets; as long as what lists are judged on is best.
        label_slices: how many such slices back from ``as_of``; the generators are fitted once more for each.
        history_days: how far back events are read.
        candidates: the items that every generator proposes.
        taste_half_life: days, of the profile that affinities are computed from.
        threads: of native libraries.
        seed: of everything random but the ranker's own seeds.
        ranker: the second step.
        order: who orders candidates: the ``best`` of ranker and tuned blend on held-out users, or always one of them.
        preprocessing: how columns and ratings are made ready.
        lifts: whose lift the ranker reads (:mod:`recommender.lifts`): ``device``, ``hour``, text columns of the users;
            what the users frame does not tell is left out.

    Raises:
        ValueError: a number that cannot work, or generators that cannot be built.
    """

    generators: tuple[GeneratorSettings, ...] = DEFAULT_GENERATORS
    blend: tuple[tuple[str, float], ...] = ()
    label_days: int = 14
    label_slices: int = 2
    history_days: int = 365
    candidates: int = 50
    taste_half_life: float = 60.0
    threads: int = 1
    seed: int = 7
    ranker: RankerSettings = field(default_factory=RankerSettings)
    order: Literal["best", "ranker", "blend"] = "best"
    preprocessing: PreprocessingSettings = field(default_factory=PreprocessingSettings)
    lifts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("label_days", "label_slices", "history_days", "candidates", "taste_half_life", "threads"):
            if not getattr(self, name) > 0:
                raise ValueError(f"spine setting '{name}' must be above 0; found {getattr(self, name)!r}")
        if self.order not in _ORDERS:
            raise ValueError(f"spine setting 'order' must be one of {_ORDERS}; found {self.order!r}")
        self._refuse_generators()
        if len(set(self.lifts)) != len(self.lifts):
            raise ValueError(f"spine setting 'lifts' names every column once; found {list(self.lifts)}")
        unknown = sorted({name for name, _ in self.blend} - set(self.names))
        if unknown:
            raise ValueError(f"blend weights name {unknown}; this spine's generators are {list(self.names)}")

    def _refuse_generators(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"generators of one spine need different names; found {list(self.names)}")
        if not any(generator.kind == "Popularity" for generator in self.generators):
            raise ValueError(
                "a spine needs a generator of kind 'Popularity', which fills short lists and serves the unknown; "
                f"found {[generator.kind for generator in self.generators]}"
            )
        for generator in self.generators:
            build(generator)

    @property
    def names(self) -> tuple[str, ...]:
        """The generators' names in order."""
        return tuple(generator.name for generator in self.generators)

    @property
    def personal(self) -> tuple[str, ...]:
        """Names of the generators that say different things to different users."""
        return tuple(generator.name for generator in self.generators if generator.kind not in SHARED)

    @property
    def weights(self) -> dict[str, float]:
        """The blend's weight of every generator."""
        usual = {generator.name: _USUAL_WEIGHTS.get(generator.kind, 1.0) for generator in self.generators}
        return usual | dict(self.blend)

    def with_parameters(self, generator: str, **parameters: Parameter) -> SpineSettings:
        """The same settings with some parameters of one generator changed."""
        if generator not in self.names:
            raise ValueError(f"no generator is called '{generator}'; this spine's generators are {list(self.names)}")
        changed = (
            replace(entry, parameters={**entry.parameters, **parameters}) if entry.name == generator else entry
            for entry in self.generators
        )
        return replace(self, generators=tuple(changed))

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SpineSettings:
        """Read what :meth:`to_json` wrote; unknown names are refused."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown spine settings {unknown}: expected some of {sorted(known)}")
        plain = dict(values)
        ranker = dict(plain.pop("ranker", {}))
        if "seeds" in ranker:
            ranker["seeds"] = tuple(ranker["seeds"])
        if "generators" in plain:
            plain["generators"] = tuple(GeneratorSettings.from_json(entry) for entry in plain["generators"])
        if "lifts" in plain:
            plain["lifts"] = tuple(plain["lifts"])
        if "blend" in plain:
            plain["blend"] = tuple((str(name), float(weight)) for name, weight in plain["blend"])
        preprocessing = PreprocessingSettings.from_json(plain.pop("preprocessing", {}))
        return cls(ranker=RankerSettings(**ranker), preprocessing=preprocessing, **plain)
