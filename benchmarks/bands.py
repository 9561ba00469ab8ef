"""Cold and short histories of MovieLens-1M: what bands and segment heads add to the tuned global model.

    python benchmarks/bands.py [--folds 5] [--seed 7]

Four rows per band. *spine*: ALS, EASE and popularity, their blend tuned on everybody. *bands*: blend weights tuned per
band. *heads*: those and a prior of the user's gender and age, all tuned per band. *placebo*: the same heads for random
groups of the same sizes. All four are tuned on the same users with the same number of trials. The last line is JSON.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.given_n import BANDS, PROTOCOL, GivenN, Parts
from benchmarks.paired_means import PairedMeans
from benchmarks.reporting import data_folder, finish, say, show
from recommender.generators.registry import GeneratorSettings
from recommender.metrics import evaluate
from recommender.prior import DecayedCounts, Prior
from recommender.settings import RankerSettings, SpineSettings
from recommender.spine import Spine
from training.bench import Bench, HeadParameters, bench
from training.evaluation import Cohort
from training.search import prior_keys, search
from training.settings import HeadSettings

K = 10
_FOREVER = 1e6  # half-life in days: nothing fades
_GENERATORS = ("popularity", "als", "ease")
_SPINE = SpineSettings(
    generators=(
        GeneratorSettings("Popularity", "popularity", {"half_life_days": _FOREVER, "logarithmic": True}),
        GeneratorSettings(
            "ALS",
            "als",
            {"factors": 96, "regularisation": 60.0, "alpha": 4.0, "iterations": 12, "half_life_days": _FOREVER},
        ),
        GeneratorSettings("EASE", "ease", {"half_life_days": _FOREVER}),
    ),
    # the others' weights are tuned in units of popularity's
    blend=(("popularity", 1.0), ("als", 0.0), ("ease", 0.0)),
    label_days=3650,  # before all events: the generators are fitted once, there is no ranker
    history_days=3650,
    candidates=100,
    ranker=RankerSettings(minimum_users=10**9),
)
_TRIALS = HeadSettings(
    trials=150,
    passes=2,
    prior_weights=(0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 32.0),
    half_lives=(_FOREVER,),
    strengths=(100.0, 300.0, 1000.0),
    bases=("lift", "popularity"),
    blend_weights=(-0.5, -0.25, -0.1, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0),
    seconds=600.0,
    evidence=0.5,
)
_BLEND = replace(_TRIALS, features=_GENERATORS)
ROWS = ("spine", "bands", "heads", "placebo")


@dataclass(frozen=True, eq=False)
class Segments:
    """Whose prior a user gets: the group of every user and what each group's fitting users liked."""

    groups: pd.Series
    counts: DecayedCounts
    fitting: NDArray[np.object_]

    def prior(self, group: str, key: tuple[Any, ...]) -> Prior:
        """Of the fitting users of ``group``."""
        members = self.fitting[(self.groups.reindex(self.fitting) == group).to_numpy()]
        return self.counts.prior(members, key[1], key[2])

    def split(self, cohort: Cohort) -> Iterator[tuple[str, Cohort]]:
        """The users of every group."""
        groups = self.groups.reindex(cohort.truth.users.ids).to_numpy(dtype=object)
        for group in sorted(set(groups)):
            truth = cohort.truth.rows(np.flatnonzero(groups == group))
            people = cohort.users[cohort.users["user_id"].isin(truth.users.ids)]
            yield group, Cohort(cohort.fold, cohort.history.of_users(truth.users.ids), truth, people)


def tuned_spine(data: GivenN, parts: Parts) -> Spine:
    """The parent: its blend tuned on the tuning users of all bands together, any gain taken."""
    spine = data.spine(parts.fitting, _SPINE)
    benches = [bench(data.cohort(spine, parts.tuning, band), {}, "global", K, True) for band in BANDS]
    found = search(benches, replace(_BLEND, evidence=0.0)).parameters.blend
    weights = {name: weight + found.get(name, 0.0) for name, weight in _SPINE.blend}
    say(f"spine: {weights}")
    return replace(spine, weights=weights)


def tuned_heads(segments: Segments, tuning: Cohort) -> HeadParameters:
    """One set of weights per band; every group brings its own prior."""
    benches: list[Bench] = []
    for group, cohort in segments.split(tuning):
        priors = {key: segments.prior(group, key) for key in prior_keys(_TRIALS)}
        benches.append(bench(cohort, priors, group, K, True))
    return search(benches, _TRIALS).parameters


def judged(cohort: Cohort, parameters: HeadParameters, prior: Mapping[str, float], group: str) -> pd.Series:
    """NDCG by user id of the real head's lists."""
    head = parameters.head(group, prior)
    lists = head.recommend(cohort.fold.spine, cohort.history, cohort.users, K)
    values: pd.Series = evaluate(lists, cohort.truth, K).set_index("user_id")["ndcg"]
    return values


def judged_heads(segments: Segments, testing: Cohort, parameters: HeadParameters) -> pd.Series:
    """The test users of every group under the group's own head."""
    values: pd.Series = pd.concat(
        judged(cohort, parameters, segments.prior(group, parameters.key), group)
        for group, cohort in segments.split(testing)
    )
    return values


def fold_rows(data: GivenN, parts: Parts, seed: int) -> pd.DataFrame:
    """``user_id band spine bands heads placebo``: NDCG of every test user in every band."""
    spine = tuned_spine(data, parts)
    history = spine.history(data.likes[data.likes["user_id"].isin(parts.fitting)], spine.as_of)
    counts = DecayedCounts.of(history, _FOREVER)
    groups = data.people.set_index("user_id")["group"]
    lots = np.random.default_rng(seed).permutation(groups.to_numpy())
    real, random = (Segments(labels, counts, parts.fitting) for labels in (groups, pd.Series(lots, groups.index)))
    frames = []
    for band in BANDS:
        tuning, testing = (data.cohort(spine, users, band) for users in (parts.tuning, parts.testing))
        blend = search([bench(tuning, {}, "band", K, True)], _BLEND).parameters
        columns = {"spine": judged(testing, HeadParameters(), {}, "global"), "bands": judged(testing, blend, {}, "b")}
        for name, segments in (("heads", real), ("placebo", random)):
            parameters = tuned_heads(segments, tuning)
            columns[name] = judged_heads(segments, testing, parameters)
            say(f"band {band.name}: {name} {parameters.flat()}")
        say(f"band {band.name}: bands {dict(blend.blend)}; {pd.DataFrame(columns).mean().round(4).to_dict()}")
        frames.append(pd.DataFrame(columns).assign(band=band.name).rename_axis("user_id").reset_index())
    return pd.concat(frames, ignore_index=True)


def measured(data: GivenN, folds: int, seed: int, only: int | None) -> pd.DataFrame:
    """The rows of all folds (or of the first ``only``)."""
    frames = []
    for number, parts in islice(enumerate(data.parts(folds, seed)), only):
        say(f"fold {number + 1} of {folds}")
        frames.append(fold_rows(data, parts, seed + number))
    return pd.concat(frames, ignore_index=True)


def report(frame: pd.DataFrame, people: pd.DataFrame, protocol: str) -> dict[str, Any]:
    """Print the tables; the figures for the JSON."""
    names = tuple(band.name for band in BANDS)
    means = PairedMeans(frame, names)
    rows = [_row(means, band, int((frame["band"] == band).sum())) for band in names]
    show("ML-1M by length of history: NDCG@10, gains over the spine in percent", [*rows, _row(means, None)], protocol)
    cold = frame[frame["band"] == names[0]].merge(people, on="user_id")
    groups = [(label, cold[cold[kind] == label]) for kind in ("gender", "age_band") for label in _labels(people, kind)]
    shown = [(label, PairedMeans(rows, names[:1]), len(rows)) for label, rows in groups if len(rows)]
    table = [{"cold users": label} | _row(means, names[0], users) for label, means, users in shown]
    show("Users without history, by gender and age", table, protocol)
    return {
        "bands": {name: _figures(means, name) for name in names},
        "macro": _figures(means, None),
        "placebo_over_bands": means.gain("placebo", "bands").figures(),
        "heads_over_bands": means.gain("heads", "bands").figures(),
        "heads_mean_of_band_gains": round(float(np.mean([means.gain("heads", "spine", b).percent for b in names])), 3),
        "cold": {label: {"users": users, **_figures(means, names[0])} for label, means, users in shown},
    }


def _labels(people: pd.DataFrame, kind: str) -> list[str]:
    # "under 18" is the youngest
    return sorted(people[kind].unique(), key=lambda label: (label != "under 18", label))


def _row(means: PairedMeans, band: str | None, users: int | None = None) -> dict[str, Any]:
    gains = {name: str(means.gain(name, "spine", band)) for name in ROWS[1:]}
    return {"known": band or "macro", "users": users, "spine": means.mean("spine", band), **gains}


def _figures(means: PairedMeans, band: str | None) -> dict[str, Any]:
    values = {name: round(means.mean(name, band), 5) for name in ROWS}
    return values | {f"{name}_gain": means.gain(name, "spine", band).figures() for name in ROWS[1:]}


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", type=int, help="measure this many of the folds")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    folder = data_folder("ml-1m", ("events.parquet", "users.parquet", "items.parquet"))
    data = GivenN.read(folder, arguments.seed)
    frame = measured(data, arguments.folds, arguments.seed, arguments.only)
    protocol = PROTOCOL.format(folds=arguments.folds)
    figures = report(frame, data.people, protocol)
    finish({"benchmark": "bands", "protocol": protocol, "seed": arguments.seed, **figures})


if __name__ == "__main__":
    main()
