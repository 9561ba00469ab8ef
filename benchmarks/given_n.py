"""MovieLens-1M cut into history bands: users of whom the first n likes are known (given n, strong generalisation)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.metrics import truth_of
from recommender.settings import SpineSettings
from recommender.source import FrameSource
from recommender.spine import Spine
from training.backtest import Fold
from training.evaluation import Cohort
from warehouse.windows import Window

AS_OF = date(2003, 3, 1)  # the day after MovieLens-1M ends
_LIKED = 4
_FEWEST = 4  # liked items below which a user cannot be cut into a past and a future

PROTOCOL = (
    "MovieLens-1M, ratings >= 4 are likes; users are dealt into {folds} parts, each part once for test, the next one "
    "for tuning, the spine fitted on the others alone (strong generalisation, no decay); a user's truth is the later "
    "half of his likes by time, his known history the first n of the earlier half, n drawn once per user and band "
    "(10+: the whole earlier half); a user is judged in every band that he has enough likes for; full ranking over all "
    "items, known ones masked; NDCG@10; macro: mean over the four bands of the band's mean over users"
)


class Band(NamedTuple):
    """How many liked items are known: from ``low`` to ``high``, drawn; ``None``: all there are."""

    name: str
    low: int
    high: int | None


BANDS = (Band("0", 0, 0), Band("1-2", 1, 2), Band("3-9", 3, 9), Band("10+", 10, None))


@dataclass(frozen=True, eq=False)
class Parts:
    """Who fits, tunes and tests in one fold: user ids."""

    fitting: NDArray[np.object_]
    tuning: NDArray[np.object_]
    testing: NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class GivenN:
    """All likes with each one's place in its user's sequence, and how many are known in every band.

    Args:
        likes: ``user_id item_id ts event_type weight positive place``, by user and time.
        people: ``user_id gender age_band group``.
        catalogue: the items.
        known: by user id, a column per band: how many likes are known; NaN where the user has too few.
        half: by user id, the place where the truth begins.
    """

    likes: pd.DataFrame
    people: pd.DataFrame
    catalogue: pd.DataFrame
    known: pd.DataFrame
    half: pd.Series

    @classmethod
    def read(cls, folder: Path, seed: int) -> GivenN:
        """Read the Parquet files of ``ml-1m``."""
        likes = _likes(pd.read_parquet(folder / "events.parquet"))
        people = pd.read_parquet(folder / "users.parquet").astype({"user_id": str})[["user_id", "gender", "age_band"]]
        people = people.assign(group=people["gender"] + " " + people["age_band"])
        items = pd.read_parquet(folder / "items.parquet").astype({"item_id": str})[["item_id", "title"]]
        half = likes.groupby("user_id").size() // 2
        half = half[half >= _FEWEST // 2]
        return cls(likes, people, items, _known(half, seed), half)

    def parts(self, folds: int, seed: int) -> Iterator[Parts]:
        """Every user tests once."""
        users = self.people["user_id"].to_numpy(dtype=object)
        part = np.random.default_rng(seed).permutation(len(users)) % folds
        for fold in range(folds):
            tune = (fold + 1) % folds
            yield Parts(users[(part != fold) & (part != tune)], users[part == tune], users[part == fold])

    def spine(self, users: NDArray[np.object_], settings: SpineSettings) -> Spine:
        """Fitted on all likes of ``users`` and of nobody else."""
        log = self.likes[self.likes["user_id"].isin(users)]
        days = Window(log["ts"].min().date(), AS_OF)
        return Spine.fit(FrameSource(log, self.catalogue, self.people, days), AS_OF, settings)

    def cohort(self, spine: Spine, users: NDArray[np.object_], band: Band) -> Cohort:
        """Those of ``users`` who have enough likes for ``band``, with the band's known history."""
        known = self.known.loc[self.known.index.isin(users), band.name].dropna()
        mine = self.likes[self.likes["user_id"].isin(known.index)]
        place, owner = mine["place"].to_numpy(), mine["user_id"]
        history = spine.history(mine[place < owner.map(known).to_numpy()], AS_OF)
        truth = truth_of(mine[place >= owner.map(self.half).to_numpy()], history)
        window = Window(AS_OF, AS_OF + timedelta(days=1))
        people = self.people[self.people["user_id"].isin(known.index)]
        return Cohort(Fold(AS_OF, window, "gate", spine), history.of_users(truth.users.ids), truth, people)


def _likes(events: pd.DataFrame) -> pd.DataFrame:
    likes = events[events["value"] >= _LIKED].astype({"user_id": str, "item_id": str})
    likes = likes.sort_values(["user_id", "ts", "file_row"], kind="stable", ignore_index=True)
    likes = likes[["user_id", "item_id", "ts", "event_type"]].assign(weight=1.0, positive=True)
    return likes.assign(session_id=None, price=np.nan, place=likes.groupby("user_id").cumcount())


def _known(half: pd.Series, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    drawn = {band.name: _drawn(half, band, rng) for band in BANDS}
    return pd.DataFrame(drawn, index=half.index)


def _drawn(half: pd.Series, band: Band, rng: np.random.Generator) -> NDArray[np.float64]:
    most = half.to_numpy() if band.high is None else np.minimum(half.to_numpy(), band.high)
    enough = most >= band.low
    lot = rng.integers(band.low, np.maximum(most, band.low) + 1) if band.high is not None else most
    return np.where(enough, lot, np.nan)
