"""The global two-stage model: generators propose, a ranker orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.candidates import Candidates, Scores
from recommender.catalogue import Catalogue
from recommender.features import UserRows, assemble
from recommender.filling import filled
from recommender.generators import Generator, Popularity
from recommender.history import History
from recommender.matrices import csr
from recommender.mmr import POOL, diversified
from recommender.preprocessing import Preprocessing
from recommender.ranker import LambdaRanker
from recommender.recommendations import LAYER_GLOBAL, Recommendations
from recommender.retrieval import Pairs, batches, retrieve
from recommender.schema import FeatureSchema
from recommender.settings import SpineSettings
from recommender.source import TrainingSource
from recommender.vocabulary import Vocabulary
from warehouse.columns import USER

Extra = Sequence[str] | Mapping[str, Sequence[str]]
GLOBAL = "global"
# a column of the users that a ranker shared by all segments reads
SEGMENT_FEATURE = "segment"


@dataclass(frozen=True, eq=False)
class Spine:
    """The parent of every segment model, fitted by :meth:`fit`.

    Args:
        as_of: nothing on or after this day was read.
        settings: how it was fitted.
        generators: fitted on all history before ``as_of``.
        schema: the ranker's columns.
        catalogue: the items as of ``as_of``.
        ranker: None where labels were too few or the blend was better; then the blend orders.
        facts: counts, what the rivals reached, the learning curve, feature importances: plain values.
        segment_id: ``global``, or the segment whose users alone it was fitted on.
        preprocessing: what made the columns of users and items; the same at training and at serving.
        weights: of the blend by generator name; empty for those of the settings.
        stranger: the generator that orders for users of whom nothing is liked; empty where they are like all others.
        calibration: weights by generator name of what is added to the standardised order; empty adds nothing.
        diversity: how much its lists are re-ranked for unlike categories (:mod:`recommender.mmr`), 0 (not) to 1.
    """

    as_of: date
    settings: SpineSettings
    generators: tuple[Generator, ...]
    schema: FeatureSchema
    catalogue: Catalogue
    ranker: LambdaRanker | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    segment_id: str = GLOBAL
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    weights: Mapping[str, float] = field(default_factory=dict)
    stranger: str = ""
    calibration: Mapping[str, float] = field(default_factory=dict)
    diversity: float = 0.0

    @classmethod
    def fit(
        cls,
        source: TrainingSource,
        as_of: date,
        settings: SpineSettings,
        progress: Callable[[str], None] | None = None,
        segment_id: str = GLOBAL,
    ) -> Spine:
        """Fit on events before ``as_of``, in the leak-safe order of :func:`recommender.two_stage.fit_spine`.

        Raises:
            ValueError: no item and no event before ``as_of``.
        """
        from recommender.two_stage import fit_spine

        return fit_spine(source, as_of, settings, progress or (lambda _: None), segment_id)

    @property
    def items(self) -> Vocabulary:
        """Everything that can be recommended."""
        return self.catalogue.items

    def history(self, events: pd.DataFrame, as_of: date) -> History:
        """The events as a history over the spine's own items."""
        return History.from_events(self.preprocessing.weighted(events, as_of), as_of, self.items)

    def candidates(
        self, history: History, users: pd.DataFrame, extra: Extra | None = None, exclude_seen: bool = True
    ) -> Candidates:
        """Candidate rows of every user of ``history``, with all scores.

        Args:
            history: over ``self.items``.
            users: user features with ``user_id``; users and columns may be absent.
            extra: item ids to add, for all users (a sequence) or per user id (a mapping); unknown ids are ignored.
            exclude_seen: never propose an item of the history (set False where repeat purchases are wanted).

        Raises:
            ValueError: the history lies over other items.
        """
        self._refuse_other_items(history)
        described = self._described(users, history)
        wanted = self._wanted(extra, history)
        parts = [
            self._score_batch(
                history.rows(codes), described.pick(codes), None if wanted is None else wanted[codes], seen
            )
            for codes, seen in ((codes, exclude_seen) for codes in batches(history))
        ]
        return self._joined(history, parts)

    def columns(self, history: History, users: pd.DataFrame) -> Iterator[tuple[Pairs, NDArray[np.float32]]]:
        """The candidate rows with the ranker's matrix, a batch of users at a time; user codes are ``history``'s."""
        self._refuse_other_items(history)
        described = self._described(users, history)
        for codes in batches(history):
            batch = history.rows(codes)
            pairs = retrieve(self.generators, batch, self.settings.candidates)
            rows = described.pick(codes)
            matrix = assemble(pairs, batch, self.catalogue, rows, self.settings.taste_half_life)
            yield replace(pairs, user_code=pairs.user_code + codes[0]), matrix

    def recommend(self, history: History, users: pd.DataFrame, k: int, exclude_seen: bool = True) -> Recommendations:
        """The best ``k`` items of every user of ``history``.

        Short lists are filled up with popular items; only a catalogue with fewer than ``k`` unseen items ends early.
        """
        candidates = self.candidates(history, users, exclude_seen=exclude_seen)
        ranking = candidates.parent_ranking()
        return self.listed(candidates, ranking, history, k, LAYER_GLOBAL, exclude_seen, self.diversity)

    def listed(
        self,
        candidates: Candidates,
        ranking: Scores,
        history: History,
        k: int,
        layer: str,
        exclude_seen: bool = True,
        diversity: float = 0.0,
    ) -> Recommendations:
        """Turn a ranking of candidate rows into full lists whose ranked items carry ``layer``."""
        if k < 1:
            raise ValueError(f"a list needs k >= 1 items; found k={k}")
        codes, scores = candidates.top(ranking, POOL * k if diversity else k)
        if diversity:
            codes, scores = diversified(codes, scores, self.catalogue.categories, k, diversity)
        return filled(codes, scores, history, self._popular, layer, exclude_seen)

    @cached_property
    def _popular(self) -> NDArray[np.int64]:
        """Item codes by falling popularity, ties by code."""
        nobody = History.empty(Vocabulary(np.array([""])), self.items, self.as_of)
        scores = next(g for g in self.generators if isinstance(g, Popularity)).score(nobody)[0]
        return np.argsort(-scores, kind="stable").astype(np.int64)

    def _described(self, users: pd.DataFrame, history: History) -> UserRows:
        if SEGMENT_FEATURE in self.preprocessing.users.categorical and SEGMENT_FEATURE not in users:
            # a model of one segment need not be told whose users it sees, not even of strangers
            told = pd.DataFrame({USER: history.users.ids.astype(object), SEGMENT_FEATURE: self.segment_id})
            users = told.merge(users, on=USER, how="left")
        return UserRows.of(users, history.users.ids, self.preprocessing.users, self.catalogue)

    def _refuse_other_items(self, history: History) -> None:
        if history.items is not self.items and not np.array_equal(history.items.ids, self.items.ids):
            raise ValueError(
                f"a spine scores histories over its own {len(self.items)} items; found one over "
                f"{len(history.items)} others: build it with spine.history(events, as_of)"
            )

    def _score_batch(
        self, history: History, users: UserRows, extra: sparse.csr_matrix | None, exclude_seen: bool
    ) -> tuple[Pairs, Scores]:
        pairs = retrieve(self.generators, history, self.settings.candidates, exclude_seen, extra)
        if self.ranker is None:
            return pairs, np.zeros(len(pairs.user_code), dtype=np.float32)
        matrix = assemble(pairs, history, self.catalogue, users, self.settings.taste_half_life)
        return pairs, self.ranker.score(matrix)

    def _joined(self, history: History, parts: Sequence[tuple[Pairs, Scores]]) -> Candidates:
        starts = [int(codes[0]) for codes in batches(history)]
        scores = _concatenated([pairs.scores for pairs, _ in parts], np.float32, len(self.generators))
        users = [pairs.user_code + start for (pairs, _), start in zip(parts, starts, strict=True)]
        rows = Candidates(
            users=history.users,
            items=self.items,
            user_code=_concatenated(users, np.int64),
            item_code=_concatenated([pairs.item_code for pairs, _ in parts], np.int64),
            scores={g.name: np.ascontiguousarray(scores[:, n]) for n, g in enumerate(self.generators)},
            parent=_concatenated([parent for _, parent in parts], np.float32),
            from_parent=_concatenated([pairs.from_parent for pairs, _ in parts], np.bool_),
        )
        ordered = rows if self.ranker else rows.with_parent(rows.blended(self.weights or self.settings.weights))
        told = self._with_strangers(ordered, history) if self.stranger else ordered
        return self._calibrated(told) if self.calibration else told

    def _with_strangers(self, rows: Candidates, history: History) -> Candidates:
        unknown = np.diff(history.liked().indptr) == 0
        return rows.with_parent(np.where(unknown[rows.user_code], rows.scores[self.stranger], rows.parent))

    def _calibrated(self, rows: Candidates) -> Candidates:
        return rows.with_parent(rows.standardised(rows.parent) + rows.blended(self.calibration))

    def _wanted(self, extra: Extra | None, history: History) -> sparse.csr_matrix | None:
        if not extra:
            return None
        if isinstance(extra, Mapping):
            per_user = [self.items.codes(list(extra.get(str(user), ()))) for user in history.users.ids]
        else:
            per_user = [self.items.codes(list(extra))] * len(history.users)
        columns = [np.unique(codes[codes >= 0]) for codes in per_user]
        indptr = np.concatenate([[0], np.cumsum([len(c) for c in columns])])
        flat = _concatenated(columns, np.int64)
        shape = (len(history.users), len(self.items))
        return csr(np.ones(len(flat), dtype=np.bool_), flat, indptr, shape)


def _concatenated(arrays: Sequence[NDArray[Any]], kind: Any, width: int | None = None) -> NDArray[Any]:
    if not arrays:
        return np.empty(0 if width is None else (0, width), dtype=kind)
    return np.concatenate(arrays).astype(kind, copy=False)
