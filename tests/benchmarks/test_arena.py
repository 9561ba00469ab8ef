from __future__ import annotations

from dataclasses import replace

from benchmarks.arena import SETTINGS, Arena
from benchmarks.worlds import World
from training.strategies import strategy

TINY = World(users=150, segments=2, items=40, contrast=1.5, seed=3)
QUICK = replace(SETTINGS, head=replace(SETTINGS.head, trials=8))


def test_heads_are_the_same_whether_or_not_the_gates_windows_are_fitted() -> None:
    arenas = [Arena.of(TINY, QUICK, gated=gated) for gated in (True, False)]
    assert [len(arena.folds) for arena in arenas] == [8, 2]
    settled = [strategy("head").settle(arena.task(arena.segments[0])).parameters for arena in arenas]
    assert settled[0] == settled[1]
    gated, judged = arenas
    assert judged.fresh.cutoff == gated.fresh.cutoff >= max(fold.window.end for fold in gated.folds)
