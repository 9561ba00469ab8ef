"""Top-N on any split of user,item pairs: the searched spine beside its parts, popularity and plain defaults.

    make bench-topn TRAIN=train.parquet TEST=test.parquet [VALID=valid.parquet] [K=20] [MASK=train|train+valid]
                    [BUDGET_MINUTES=10]

Tables are Parquet with two id columns, or text with one line a user, ``user item item ...``. Parameters and blend
weights are tuned on VALID, or on a seeded tenth of TRAIN where there is none; the test pairs are read once, at the
end. MASK=train: models know TRAIN alone and validation items stay in the ranking. MASK=train+valid: models are fitted
again on both, and both are masked. Recall is hits / test items, NDCG is binary; means over users, full ranking.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.final_models import FinalModels, training_data
from benchmarks.pairs import Pairs, held_out, read_pairs
from benchmarks.reporting import finish, say, show
from recommender.generators import Generator
from recommender.generators.registry import GeneratorSettings
from recommender.metrics import interval
from recommender.metrics.protocol import EvaluationProtocol
from recommender.settings import SpineSettings
from training.tuning import SpineSearch, SpineSearchSettings, TuningWindow, search_spine, usual_generators
from warehouse.columns import ITEM, USER

MASKS = ("train", "train+valid")
_SEARCH_SHARE = 0.6  # of the budget, at most; the rest is for fitting the final models and ranking for all test users
_LEAST_SHARE = 0.15
_CELLS_PER_SECOND = 15_000_000  # users x items that the blend of a spine ranks on a slow core
_HELD = 0.1
_CELLS = 40_000_000  # users x items scored in a trial
_MOST_USERS = 6500  # judged in a trial


@dataclass(frozen=True, eq=False)
class Split:
    """One data set, cut into three."""

    train: Pairs
    valid: Pairs
    test: Pairs
    valid_given: bool

    @classmethod
    def read(cls, train: Path, test: Path, valid: Path | None, seed: int) -> Split:
        """Read the tables; without ``valid`` a tenth of ``train`` is held out."""
        pairs = read_pairs(train)
        fitted, held = (pairs, read_pairs(valid)) if valid else held_out(pairs, _HELD, seed)
        return cls(fitted, held, read_pairs(test), valid is not None)

    def known(self, mask: str) -> Pairs:
        """What the final models are fitted on, and what is masked."""
        whole = mask == "train+valid" or not self.valid_given
        return pd.concat([self.train, self.valid], ignore_index=True) if whole else self.train

    def protocol(self, mask: str, k: int, users: int) -> EvaluationProtocol:
        """The words under the table."""
        if not self.valid_given:
            tuned = "tuned on a seeded tenth of train, fitted on all of it"
        elif mask == "train":
            tuned = "tuned on valid, fitted on train alone (valid items stay in the ranking)"
        else:
            tuned = "tuned on valid, fitted on train and valid"
        return EvaluationProtocol(
            "given split", f"all {len(self.test):,} test pairs, {tuned}", f"{mask} masked", k, users
        )


@dataclass
class Budget:
    """Wall seconds from the start of the program's work."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> float:
        """So far."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Until the budget ends; below 0 after it."""
        return self.seconds - self.spent


def tune(split: Split, options: Options, seconds: float) -> SpineSearch:
    """Search generators and blend on the validation pairs."""
    training = training_data(split.train, options.seed, options.threads)
    items = len(training.items)
    window = TuningWindow.of(training, split.valid, users=int(np.clip(_CELLS // items, 1000, _MOST_USERS)))
    settings = SpineSearchSettings(
        seconds=max(seconds, 1.0),
        trials=options.trials,
        blend_trials=4 * options.trials,
        k=options.k,
        candidates=options.candidates,
        timed=False,
        seed=options.seed,
    )
    users = len(training.history.users)
    say(f"search for {seconds:.0f} s: {len(split.train):,} pairs of {users:,} users and {items:,} items")
    return search_spine(usual_generators(items), [window], settings, say)


@dataclass(eq=False)
class Table:
    """Rows of the result; what the budget leaves no time for is named and left out."""

    budget: Budget
    rows: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def add(self, name: str, judged: Callable[[], pd.DataFrame], expected_seconds: float = 0.0) -> None:
        """Measure one model, if it can end in time."""
        if self.rows and expected_seconds > self.budget.left:
            self.skipped.append(name)
            return
        users = judged()
        recall, ndcg = interval(users["recall"]), interval(users["ndcg"])
        self.rows.append({"model": name, "recall": recall.value, "ndcg": ndcg.value, **_bounds(recall, ndcg)})
        say(f"{name}: recall {recall}, NDCG {ndcg}")

    def figures(self, name: str) -> dict[str, Any] | None:
        """The row called ``name``; None where it was skipped."""
        return next((row for row in self.rows if row["model"] == name), None)


def measure(split: Split, search: SpineSearch, mask: str, options: Options, budget: Budget) -> dict[str, Any]:
    """Fit what the search chose on what ``mask`` allows to know, and judge it on the test pairs beside the others."""
    models = FinalModels.of(split.known(mask), split.test, options.k, options.seed, options.threads)
    table, began = Table(budget), time.monotonic()
    settings = search.settings(SpineSettings(candidates=options.candidates, threads=options.threads))
    fitted = [models.fit(entry) for entry in settings.generators]
    table.add("spine", lambda: models.blended(fitted, settings))
    whole = time.monotonic() - began
    for tuned in search.generators:
        table.add(tuned.settings.name, partial(_alone, models, tuned.settings, settings, fitted), whole / len(fitted))
    table.add("als_default", models.implicit_defaults, 2 * models.fit_seconds["als"])
    table.add("default_search", lambda: _plain_defaults(models, options), whole)
    protocol = str(split.protocol(mask, options.k, len(models.truth.users)))
    show(f"Top-{options.k}, {len(models.training.items):,} items", table.rows, protocol)
    return _figures(table, search, models, protocol)


def _alone(
    models: FinalModels, wanted: GeneratorSettings, spine: SpineSettings, fitted: Sequence[Generator]
) -> pd.DataFrame:
    """One generator as tuned alone; that of the spine may have been tuned to complement the others."""
    same = [generator for entry, generator in zip(spine.generators, fitted, strict=True) if entry == wanted]
    return models.alone(same[0] if same else models.fit(wanted))


def _plain_defaults(models: FinalModels, options: Options) -> pd.DataFrame:
    """What Tessera's settings give as they stand, nothing searched."""
    settings = SpineSettings(candidates=options.candidates, threads=options.threads)
    return models.blended([models.fit(entry) for entry in settings.generators], settings)


def _figures(table: Table, search: SpineSearch, models: FinalModels, protocol: str) -> dict[str, Any]:
    best = search.best_single.settings.name
    tuned, plain = table.figures("als"), table.figures("als_default")
    gain = tuned["ndcg"] / plain["ndcg"] - 1 if tuned and plain and plain["ndcg"] else None
    return {
        "protocol": protocol,
        "k": models.k,
        "test_users": len(models.truth.users),
        "items": len(models.training.items),
        "spine": table.figures("spine"),
        "best_single": table.figures(best),
        "popularity": table.figures("popularity"),
        "default_search": table.figures("default_search"),
        "als_tuned": tuned,
        "als_default": plain,
        "als_gain": gain,
        "fit_seconds": models.fit_seconds,
        "skipped": table.skipped,
    }


def _bounds(recall: Any, ndcg: Any) -> dict[str, float]:
    return {
        "recall_low": recall.lower,
        "recall_high": recall.upper,
        "ndcg_low": ndcg.lower,
        "ndcg_high": ndcg.upper,
        "users": recall.users,
    }


def searched(search: SpineSearch) -> dict[str, Any]:
    """What the search chose, on what evidence, at what cost."""
    trials = search.trials()
    return {
        "parameters": {tuned.settings.name: dict(tuned.settings.parameters) for tuned in search.generators},
        "blend": search.blend.weights,
        "validation_ndcg": {tuned.settings.name: tuned.ndcg for tuned in search.generators}
        | {"blend": search.blend.ndcg},
        "validation_ndcg_before": {tuned.settings.name: tuned.first_ndcg for tuned in search.generators},
        "trials": trials.groupby("of", sort=False).size().to_dict(),
        "search_seconds": round(search.seconds, 1),
    }


@dataclass(frozen=True)
class Options:
    """What the command line says beside the tables."""

    k: int
    seconds: float
    seed: int
    threads: int
    trials: int

    @property
    def candidates(self) -> int:
        """Items that every generator proposes."""
        return max(100, 5 * self.k)


def run(split: Split, masks: list[str], options: Options, budget: Budget) -> dict[str, Any]:
    """Search once, then measure under every mask; the first mask's figures stand at the top."""
    search = tune(split, options, _search_seconds(split, len(masks), budget))
    found = [measure(split, search, mask, options, budget) for mask in masks]
    rest = dict(zip(masks[1:], found[1:], strict=True))
    spent = {"budget_seconds": budget.seconds, "spent_seconds": round(budget.spent, 1)}
    return {"mask": masks[0], **found[0], **searched(search), **rest, **spent}


def _search_seconds(split: Split, masks: int, budget: Budget) -> float:
    """What the budget leaves when the final spines have ranked for every test user."""
    ranking = masks * split.test[USER].nunique() * split.train[ITEM].nunique() / _CELLS_PER_SECOND
    share = 0.9 - ranking / budget.seconds
    return budget.seconds * min(max(share, _LEAST_SHARE), _SEARCH_SHARE) - budget.spent


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every top-N benchmark has."""
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--budget-minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help="of native libraries")
    parser.add_argument("--trials", type=int, default=40, help="of one generator, at most")


def options_of(given: argparse.Namespace) -> Options:
    """What was parsed."""
    return Options(given.k, given.budget_minutes * 60, given.seed, given.threads, given.trials)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--valid", type=Path)
    parser.add_argument("--mask", choices=MASKS, default="train")
    arguments(parser)
    given = parser.parse_args()
    options = options_of(given)
    budget = Budget(options.seconds)
    split = Split.read(given.train, given.test, given.valid, options.seed)
    finish(run(split, [given.mask], options, budget))


if __name__ == "__main__":
    main()
