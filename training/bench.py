"""The tuning users of one window, ready for many trials of a head's weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import Candidates
from recommender.head import SegmentHead
from recommender.metrics import hit_pairs, ideal_dcg
from recommender.prior import Base
from training.evaluation import Cohort

PriorKey = tuple[float, float, Base]
Scores = NDArray[np.float32]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class HeadParameters:
    """What is tuned: all zero is exactly the parent.

    Args:
        prior_weight: of the segment's popularity lift.
        half_life: days, of the prior's events.
        strength: pseudo-events of the prior.
        base: what the prior's values are.
        blend: weight by generator name.
    """

    prior_weight: float = 0.0
    half_life: float = 60.0
    strength: float = 500.0
    base: Base = "lift"
    blend: Mapping[str, float] = field(default_factory=dict)

    def head(self, segment_id: str, prior: Mapping[str, float], parent_version: str = "") -> SegmentHead:
        """The head with these weights and a prior fitted by :attr:`key`."""
        return SegmentHead(segment_id, prior, self.prior_weight, dict(self.blend), parent_version, base=self.base)

    @property
    def key(self) -> PriorKey:
        """How the prior is fitted: half-life, strength and base."""
        return self.half_life, self.strength, self.base

    def flat(self) -> dict[str, float | str]:
        """As parameters for MLflow."""
        flat: dict[str, float | str] = {"prior_weight": self.prior_weight, "half_life": self.half_life}
        flat |= {"strength": self.strength, "base": self.base}
        return flat | {f"blend.{name}": weight for name, weight in self.blend.items()}


@dataclass(frozen=True, eq=False)
class Bench:
    """One tuning window: z-scores and priors are computed once, a trial is a weighted sum and a few comparisons.

    NDCG needs the ranks of the relevant candidates only, and those are counted without sorting. Agrees with
    :meth:`SegmentHead.score` (a test holds it to that).

    Args:
        cohort: the evaluated users.
        candidates: theirs, with the extra items of every prior in ``priors``.
        priors: a prior by half-life, strength and base.
        segment_id: whose.
        k: length of the lists.
    """

    cohort: Cohort
    candidates: Candidates
    priors: Mapping[PriorKey, Mapping[str, float]]
    segment_id: str
    k: int

    def ndcg(self, parameters: HeadParameters) -> NDArray[np.float64]:
        """NDCG@k of every user of the cohort under ``parameters``."""
        return self.part(np.arange(len(self.cohort))).ndcg(parameters)

    def parts(self, users: int) -> list[BenchPart]:
        """The cohort dealt out into parts of at most ``users`` users each."""
        count = max(1, -(-len(self.cohort) // users))
        # dealt, not cut: ids often follow the day of registration, and a part shall be like the whole
        return [self.part(np.arange(start, len(self.cohort), count)) for start in range(count)]

    def part(self, users: Codes) -> BenchPart:
        """Only these users (ascending codes)."""
        position = np.full(len(self.cohort), -1, dtype=np.int64)
        position[users] = np.arange(len(users))
        rows = np.flatnonzero(position[self.candidates.user_code] >= 0)
        return BenchPart(
            user_code=position[self.candidates.user_code[rows]],
            from_parent=self.candidates.from_parent[rows],
            parent=self._parent[rows],
            generators={name: scores[rows] for name, scores in self._generators.items()},
            priors={key: (scores[rows], extra[rows]) for key, (scores, extra) in self._prior_rows.items()},
            hit=self._hit[rows],
            relevant=self.cohort.truth.relevant[users],
            k=self.k,
        )

    @cached_property
    def _parent(self) -> Scores:
        return self.candidates.standardised(self.candidates.parent)

    @cached_property
    def _generators(self) -> dict[str, Scores]:
        return {name: self.candidates.standardised(scores) for name, scores in self.candidates.scores.items()}

    @cached_property
    def _prior_rows(self) -> dict[PriorKey, tuple[Scores, NDArray[np.bool_]]]:
        found = {}
        for key, prior in self.priors.items():
            head = SegmentHead(self.segment_id, prior, prior_weight=1.0, base=key[-1])
            extra = np.isin(self.candidates.item_code, self.candidates.items.codes(list(head.extra())))
            found[key] = (head.prior_scores(self.candidates), extra)
        return found

    @cached_property
    def _hit(self) -> NDArray[np.bool_]:
        return hit_pairs(self.candidates.user_code, self.candidates.item_code, self.cohort.truth)


@dataclass(frozen=True, eq=False)
class BenchPart:
    """Some users of a bench: flat arrays, one entry per candidate row, sorted by user, then item.

    Args:
        user_code: 0-based within the part.
        from_parent: False where only a prior asked for the row.
        parent: z-scores.
        generators: z-scores by name.
        priors: values, and the rows that the prior would add, by half-life, strength and base.
        hit: which rows are relevant.
        relevant: relevant items per user, those that nobody proposed included.
        k: length of the lists.
    """

    user_code: Codes
    from_parent: NDArray[np.bool_]
    parent: Scores
    generators: Mapping[str, Scores]
    priors: Mapping[PriorKey, tuple[Scores, NDArray[np.bool_]]]
    hit: NDArray[np.bool_]
    relevant: Codes
    k: int

    def ndcg(self, parameters: HeadParameters) -> NDArray[np.float64]:
        """NDCG@k per user (Järvelin & Kekäläinen 2002), as :func:`recommender.metrics.per_user` has it."""
        ranking = self.ranking(parameters)
        owner, rival, before = self._rivals
        mine, theirs = ranking[self._hits][owner], ranking[rival]
        # ties go to the lower item code, as in a list
        ahead = (theirs > mine) | ((theirs == mine) & before)
        rank = np.bincount(owner, weights=ahead, minlength=len(self._hits))
        listed = (rank < self.k) & np.isfinite(ranking[self._hits])
        gain = np.where(listed, 1 / np.log2(rank + 2), 0.0)
        found = np.bincount(self.user_code[self._hits], weights=gain, minlength=len(self.relevant))
        return np.asarray(found / self._best, dtype=np.float64)

    def ranking(self, parameters: HeadParameters) -> Scores:
        """One score per candidate row; minus infinity where the head would not propose it."""
        total = self.parent.copy()
        for name, weight in parameters.blend.items():
            if weight:
                total += np.float32(weight) * self.generators[name]
        allowed = self.from_parent
        if parameters.prior_weight:
            rows, extra = self.priors[parameters.key]
            total += np.float32(parameters.prior_weight) * rows
            allowed = allowed | extra
        return np.where(allowed, total, -np.inf).astype(np.float32)

    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits over everything that a trial reads: equal parts give equal trials."""
        seen = hashlib.blake2b(f"{self.k}".encode(), digest_size=8)
        named: dict[str, NDArray[Any]] = {f"g{name}": scores for name, scores in self.generators.items()}
        for key, (rows, extra) in self.priors.items():
            named |= {f"p{key}": rows, f"e{key}": extra}
        named |= {"parent": self.parent, "own": self.from_parent, "user": self.user_code}
        named |= {"hit": self.hit, "relevant": self.relevant}
        for name, array in sorted(named.items()):
            seen.update(name.encode())
            seen.update(np.ascontiguousarray(array).tobytes())
        return seen.hexdigest()

    @cached_property
    def _hits(self) -> Codes:
        return np.flatnonzero(self.hit)

    @cached_property
    def _rivals(self) -> tuple[Codes, Codes, NDArray[np.bool_]]:
        """Every relevant row beside every row of its user: its number, the other row, whether that comes before."""
        offsets = np.searchsorted(self.user_code, np.arange(len(self.relevant) + 1))
        users = self.user_code[self._hits]
        counts = np.diff(offsets)[users]
        owner = np.repeat(np.arange(len(users)), counts)
        start = np.cumsum(counts) - counts
        rival = np.arange(counts.sum()) - start[owner] + offsets[users][owner]
        return owner, rival, rival < self._hits[owner]

    @cached_property
    def _best(self) -> NDArray[np.float64]:
        return ideal_dcg(self.relevant, self.k)


def bench(
    cohort: Cohort, priors: Mapping[PriorKey, Mapping[str, float]], segment_id: str, k: int, exclude_seen: bool
) -> Bench:
    """Score the cohort's candidates once, with the extra items that any of ``priors`` would propose."""
    heads = [SegmentHead(segment_id, prior, prior_weight=1.0, base=key[-1]) for key, prior in priors.items()]
    extra = sorted({item for head in heads for item in head.extra()})
    candidates = cohort.fold.spine.candidates(cohort.history, cohort.users, extra or None, exclude_seen)
    return Bench(cohort, candidates, priors, segment_id, k)
