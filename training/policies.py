"""What holds for one segment: how its model is made, tuned, judged and promoted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from training.settings import TrainingSettings
from training.strategies import strategy
from training.studies import Sampler

Promotion = Literal["auto", "manual", "never"]
OnDrift = Literal["retrain", "alert-only", "approve"]


@dataclass(frozen=True)
class SegmentPolicy:
    """The effective settings of one segment.

    Args:
        strategy: how its challenger is made, one of :data:`training.strategies.STRATEGIES`.
        features: what its model may use: ``prior``, generators, and for a model of its own user and item features;
            ``*`` stands for any part of a name.
        diversity: the least mean diversity of categories that its lists must have to serve, 0 (any) to 1.
        promotion: ``auto``: the gate moves the champion; ``manual``: it proposes a challenger; ``never``: it only
            registers.
        value: what a user of it counts when trials are shared out.
        sampler: of its tuning, see :class:`training.studies.StudySettings`.
        seconds: that its tuning may take.
        half_lives: days, tried for its prior.
        on_drift: ``retrain``: at once; ``alert-only``: only tell; ``approve``: retrain, and a person answers whether
            what is proved serves (no answer: it does not).
        hold_days: days after a person moved the champion in which the machine only proposes, 0 for none.

    Raises:
        ValueError: an unknown strategy, or a value out of its range.
    """

    strategy: str = "head"
    features: tuple[str, ...] = ("*",)
    diversity: float = 0.0
    promotion: Promotion = "auto"
    value: float = 1.0
    sampler: Sampler = "coordinate"
    seconds: float = 60.0
    half_lives: tuple[float, ...] = (14.0, 60.0)
    on_drift: OnDrift = "retrain"
    hold_days: int = 7

    def __post_init__(self) -> None:
        strategy(self.strategy)
        if not 0 <= self.diversity <= 1:
            raise ValueError(f"a floor of diversity lies between 0 and 1; found {self.diversity}")
        if not self.value >= 0:
            raise ValueError(f"a segment's value must be >= 0; found {self.value}")
        if not self.hold_days >= 0:
            raise ValueError(f"a hold lasts 0 days or more; found {self.hold_days}")
        if not self.features:
            raise ValueError("a feature list needs at least one name; found none: '*' allows all")

    @classmethod
    def of(cls, training: TrainingSettings, promotion: Promotion = "auto") -> SegmentPolicy:
        """What holds for every segment without settings of its own."""
        head = training.head
        return cls(
            features=head.features,
            diversity=training.diversity,
            promotion=promotion,
            sampler=head.sampler,
            seconds=head.seconds,
            half_lives=head.half_lives,
        )

    def applied(self, training: TrainingSettings, trials: int) -> TrainingSettings:
        """``training`` as this segment's model is trained, with its share of the trials (at least the parent's one)."""
        head = replace(
            training.head,
            trials=max(trials, 1),
            features=self.features,
            sampler=self.sampler,
            seconds=self.seconds,
            half_lives=self.half_lives,
        )
        return replace(training, head=head, diversity=self.diversity)

    def flat(self) -> dict[str, str]:
        """As parameters for MLflow and cells of a table."""
        return {name: _text(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class SegmentPolicies:
    """Policies of all segments: a default, and changes to it by segment id or name.

    Args:
        default: for segments that nothing matches.
        changes: patterns (``s3``, ``New users``, ``*mobile*``) with the fields they change, in order: of all that match
            a segment, later ones win.
    """

    default: SegmentPolicy = field(default_factory=SegmentPolicy)
    changes: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def __post_init__(self) -> None:
        for pattern, change in self.changes:
            unknown = sorted(set(change) - {entry.name for entry in fields(SegmentPolicy)})
            if unknown:
                raise ValueError(f"segment '{pattern}': there is no setting {', '.join(unknown)}")
            _named(pattern, self.default, change)

    def of(self, segment_id: str, name: str = "") -> SegmentPolicy:
        """What holds for a segment.

        Raises:
            ValueError: changes that are right each alone contradict each other together.
        """
        merged: dict[str, Any] = {}
        for _, change in self._matching(segment_id, name):
            merged |= change
        return _named(segment_id, self.default, merged)

    def matched(self, segment_id: str, name: str = "") -> list[str]:
        """The patterns that match a segment, in the order in which they apply."""
        return [pattern for pattern, _ in self._matching(segment_id, name)]

    def idle(self, segments: Mapping[str, str]) -> list[str]:
        """The patterns that match none of ``segments`` (id to name)."""
        used = {pattern for segment, name in segments.items() for pattern in self.matched(segment, name)}
        return [pattern for pattern, _ in self.changes if pattern not in used]

    def _matching(self, segment_id: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for pattern, change in self.changes:
            if matches(pattern, segment_id, name):
                yield pattern, change


def matches(pattern: str, segment_id: str, name: str = "") -> bool:
    """Whether a pattern means a segment: by its id or its name, in any case; ``*`` stands for any part."""
    return any(fnmatchcase(known.casefold(), pattern.casefold()) for known in (segment_id, name) if known)


def unknown_features(policy: SegmentPolicy, known: Sequence[str]) -> list[str]:
    """The entries of the feature list that match nothing in ``known``."""
    return [entry for entry in policy.features if not any(fnmatchcase(name, entry) for name in known)]


def _named(label: str, default: SegmentPolicy, change: Mapping[str, Any]) -> SegmentPolicy:
    try:
        return replace(default, **change)
    except ValueError as error:
        raise ValueError(f"segment '{label}': {error}") from error


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
