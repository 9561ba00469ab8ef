"""Final models of a top-N benchmark, each ranking the whole catalogue for every test user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.pairs import Pairs
from benchmarks.reporting import measured
from recommender.catalogue import aligned
from recommender.generators import Generator, TrainingData
from recommender.generators.registry import GeneratorSettings, build
from recommender.history import History
from recommender.metrics import Truth, per_user, truth_of
from recommender.retrieval import batches
from recommender.settings import SpineSettings
from recommender.topk import top_k, top_k_products
from training.tuning.blend import proposed
from warehouse.columns import ITEM, TS, WEIGHT

AS_OF = date(2000, 1, 2)  # pairs have no time: all lie one day before

Lists = NDArray[np.int64]


def training_data(pairs: Pairs, seed: int, threads: int) -> TrainingData:
    """Pairs as a history whose events all lie on one day with weight 1."""
    events = pairs.copy()
    events[TS], events[WEIGHT] = datetime(2000, 1, 1, tzinfo=UTC), 1.0
    history = History.from_events(events, AS_OF)
    items = aligned(pd.DataFrame({ITEM: history.items.ids.astype(object)}), history.items)
    return TrainingData(history, items, seed, threads)


@dataclass(eq=False)
class FinalModels:
    """Fits models on what is known and judges them on the test pairs.

    Args:
        training: all that is known; all of it is masked.
        truth: the test pairs, without known ones.
        k: length of the lists.
        fit_seconds: wall seconds of every fit by name, filled on the way.
    """

    training: TrainingData
    truth: Truth
    k: int
    fit_seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Pairs, test: Pairs, k: int, seed: int, threads: int) -> FinalModels:
        """Models of the ``known`` pairs."""
        training = training_data(known, seed, threads)
        return cls(training, truth_of(test, training.history), k)

    @cached_property
    def history(self) -> History:
        """Of the test users; those without any known pair have empty rows."""
        return self.training.history.of_users(self.truth.users.ids)

    def fit(self, settings: GeneratorSettings) -> Generator:
        """One generator, and how long that took."""
        fitted, cost = measured(lambda: build(settings).fit(self.training))
        self.fit_seconds[settings.name] = round(cost.wall_seconds, 2)
        return fitted

    def alone(self, generator: Generator) -> pd.DataFrame:
        """Metrics by user of one generator's own ranking of the catalogue."""
        return self._judged(lambda rows: top_k(generator.score(rows), self.k, rows.seen())[0])

    def blended(self, generators: Sequence[Generator], settings: SpineSettings) -> pd.DataFrame:
        """Metrics by user of the candidates of all generators, ordered by the spine's linear blend."""

        def lists(rows: History) -> Lists:
            candidates = proposed(generators, rows, settings.candidates)
            return candidates.top(candidates.blended(settings.weights), self.k)[0]

        return self._judged(lists)

    def implicit_defaults(self) -> pd.DataFrame:
        """Metrics by user of implicit's ALS as it comes, with the users' factors as it fitted them."""
        from implicit.cpu.als import AlternatingLeastSquares

        known = self.training.history
        model = AlternatingLeastSquares(random_state=self.training.seed, num_threads=self.training.threads)
        _, cost = measured(lambda: model.fit(known.liked(), show_progress=False))
        self.fit_seconds["als_default"] = round(cost.wall_seconds, 2)
        codes = known.users.codes(self.truth.users.ids)
        factors = np.where((codes >= 0)[:, None], model.user_factors[np.maximum(codes, 0)], np.float32(0))
        lists, _ = top_k_products(factors, model.item_factors, self.k, self.history.seen())
        return per_user(lists, self.truth, self.k)

    def _judged(self, lists: Callable[[History], Lists]) -> pd.DataFrame:
        parts = [lists(self.history.rows(codes)) for codes in batches(self.history)]
        return per_user(np.concatenate(parts), self.truth, self.k)
