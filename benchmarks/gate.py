"""Operating characteristics of the gate, on arrays: how often it is wrong, what it sees, what it saves.

    python -m benchmarks.gate [--repeats 400] [--plot docs/images/gate-power.png]

Cases are drawn as evidence looks (:mod:`benchmarks.cases`); no model is trained.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.cases import Case, Floats
from benchmarks.reporting import finish, say, show
from training.bootstrap import Differences, Estimate
from training.gate import decide, decide_all
from training.gate_settings import GateSettings

EFFECTS = (0.001, 0.002, 0.003, 0.005, 0.01)
USERS = (300, 500, 1000, 1400, 3000, 5000)
WINDOWS = (3, 4, 6)
DEVIATIONS = (0.033, 0.045, 0.12)
SEGMENTS = 4
LEVEL = GateSettings().alpha
# draws behind a standard error: it is then known within 6 %
DRAWS = 150


def main() -> None:
    """Parse the command line, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--repeats", type=int, default=400, help="cases of a cell; false passes take four times as many"
    )
    parser.add_argument("--plot", type=Path, help="where to draw the power")
    asked = parser.parse_args()
    false = _false_passes(4 * asked.repeats)
    show("False passes: nothing is better", false, "share of cells that pass at the level above; 500 users")
    power = _powers(asked.repeats)
    show(
        f"Power at level {LEVEL} over {SEGMENTS} segments",
        _grid(power),
        "windows do not shift; a user is in 6 of 10 windows, alike by .1",
    )
    needed = _needed(power, asked.repeats)
    show(
        "Users needed for 80 % power at SD .045",
        needed,
        "least size tried: 300; the first column counts users of one window, each judged once",
    )
    corrections = _corrections(asked.repeats // 4)
    show("Holm against Bonferroni", corrections, "half of the segments gain .004, the others nothing; 1,000 users")
    harm = _harm(asked.repeats // 4)
    show("Harm avoided", harm, "8 segments of 1,000 users; true effects N(mean, .004), most of them losses")
    beside = _beside(asked.repeats)
    show("Placebo and control: the gate alone, and asking to beat both", beside, "1,000 users, 3 windows, level .0125")
    if asked.plot:
        _draw(power, asked.plot)
    tables = {"power": power, "needed": needed, "corrections": corrections, "harm": harm, "beside": beside}
    finish({"repeats": asked.repeats, "false_passes": false, **tables})


def _false_passes(repeats: int) -> list[dict[str, Any]]:
    rows = []
    for windows in WINDOWS:
        for alike in (0.0, 0.3):
            for shift in (0.0, 1.0, 3.0, 10.0):
                base = Case(users=500, windows=windows, alike=alike)
                case = replace(base, shift=shift * base.window_error)
                found = [_passes(case.draw(rng), seed) for seed, rng in _generators(repeats, windows, shift, alike)]
                setting = {"windows": windows, "alike": alike, "shift (errors of a window)": shift}
                rows.append(setting | _means(found))
        say(f"false passes with {windows} windows")
    return rows


def _passes(rows: Differences, seed: int) -> dict[str, bool]:
    """Three ways to bound the same evidence, at the level alone and shared by four segments."""
    shared = LEVEL / SEGMENTS
    users = Differences(rows.values, np.zeros_like(rows.window), rows.user).estimate(DRAWS, seed)
    gate = rows.estimate(DRAWS, seed)
    draws = rows.draws(800, seed)
    return {
        "users only .05": users.bounds(LEVEL)[0] > 0,
        "percentiles .05": bool(np.quantile(draws, LEVEL) > 0),
        "gate .05": gate.bounds(LEVEL)[0] > 0,
        "users only .0125": users.bounds(shared)[0] > 0,
        "percentiles .0125": bool(np.quantile(draws, shared) > 0),
        "gate .0125": gate.bounds(shared)[0] > 0,
    }


def _powers(repeats: int) -> list[dict[str, Any]]:
    rows = []
    for deviation in DEVIATIONS:
        for windows in WINDOWS:
            for users in USERS:
                for effect in EFFECTS:
                    case = Case(effect, users, windows, deviation)
                    rows.append(
                        {"SD": deviation, "windows": windows, "users": users, "effect": effect, **_power(case, repeats)}
                    )
        say(f"power at SD {deviation}")
    return rows


def _power(case: Case, repeats: int) -> dict[str, float]:
    key = (case.users, case.windows, case.effect, case.deviation)
    found = [case.draw(rng).estimate(DRAWS, seed) for seed, rng in _generators(repeats, *key)]
    return {
        "power .05": _share(found, LEVEL),
        "power": _share(found, LEVEL / SEGMENTS),
    }


def _share(estimates: Sequence[Estimate], alpha: float) -> float:
    return round(float(np.mean([estimate.bounds(alpha)[0] > 0 for estimate in estimates])), 3)


def _grid(power: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    table = pd.DataFrame(power).pivot_table(index=["SD", "windows", "users"], columns="effect", values="power")
    table.columns = [f"+{effect:.3f}" for effect in table.columns]
    return [{str(name): value for name, value in row.items()} for row in table.reset_index().to_dict("records")]


def _needed(power: Sequence[dict[str, Any]], repeats: int) -> list[dict[str, Any]]:
    """Users for a power of 80 %: by the formula of a t-test, and read off the gate's curves."""
    rows = []
    for effect in (0.003, 0.005):
        # (z_.95 + z_.80)^2 (SD / effect)^2
        formula = int(np.ceil((1.6449 + 0.8416) ** 2 * (0.045 / effect) ** 2))
        row: dict[str, Any] = {"effect": effect, "one window, t-test": formula}
        row["its power here"] = _power(Case(effect, formula, 1, alike=0.0, presence=1.0), repeats)["power .05"]
        for windows in WINDOWS:
            curve = pd.DataFrame(power).query("SD == 0.045 and windows == @windows and effect == @effect")
            for name in ("power .05", "power"):
                label = f"{windows} windows, {'.05' if name.endswith('.05') else '.0125'}"
                row[label] = _reaching(curve["users"].to_numpy(np.float64), curve[name].to_numpy(np.float64))
        rows.append(row)
    return rows


def _reaching(users: Floats, power: Floats, wanted: float = 0.8) -> int | None:
    """Log-linear between the sizes that were tried; ``None`` where none reaches it."""
    rising = np.maximum.accumulate(power)
    if rising[-1] < wanted:
        return None
    # two figures are all that the noise allows
    return int(float(f"{np.exp(np.interp(wanted, rising, np.log(users))):.2g}"))


def _corrections(repeats: int) -> list[dict[str, Any]]:
    rows = []
    for segments in (4, 8, 20):
        effects = [0.004 if number % 2 else 0.0 for number in range(segments)]
        for name in ("Bonferroni", "Holm"):
            found = [_family(effects, name, rng) for _, rng in _generators(repeats, segments)]
            passed = np.array([[row[place] for place in range(segments)] for row in found])
            truly = np.array(effects) > 0
            rows.append(
                {
                    "segments": segments,
                    "correction": name,
                    "power": round(float(passed[:, truly].mean()), 3),
                    "families with a false pass": round(float(passed[:, ~truly].any(axis=1).mean()), 3),
                }
            )
    return rows


def _family(effects: Sequence[float], correction: str, rng: np.random.Generator, windows: int = 3) -> list[bool]:
    settings = GateSettings(resamples=DRAWS)
    frames = {f"s{n:02d}": Case(effect, windows=windows).evaluation(rng) for n, effect in enumerate(effects)}
    if correction == "Holm":
        together = decide_all(frames, settings)
        return [together[key].serves for key in frames]
    return [decide(frame, settings, len(frames)).serves for frame in frames.values()]


def _harm(repeats: int) -> list[dict[str, Any]]:
    rows = []
    for mean in (-0.004, -0.002, 0.0):
        for windows in (3, 6):
            outcomes = [_portfolio(mean, windows, rng) for _, rng in _generators(repeats, windows, mean)]
            rows.append({"mean effect": mean, "windows": windows} | _means(outcomes))
    return rows


def _portfolio(mean: float, windows: int, rng: np.random.Generator) -> dict[str, float]:
    effects = rng.normal(mean, 0.004, 8)
    passed = np.array(_family(list(effects), "Bonferroni", rng, windows))
    return {
        "worse than the parent": float((effects < 0).mean()),
        "ungated": float(effects.mean()),
        "gated": float(np.where(passed, effects, 0).mean()),
        "oracle": float(np.maximum(effects, 0).mean()),
        "pass": float(passed.mean()),
        "pass and worse": float((passed & (effects < 0)).mean()),
    }


def _beside(repeats: int) -> list[dict[str, Any]]:
    """``tuning`` is gained by anybody who is tuned, a random group too; ``segment`` only by the real one."""
    rows = []
    for tuning, segment in ((0.0, 0.0), (0.004, 0.0), (0.004, 0.002), (0.0, 0.004), (0.004, 0.004)):
        found = [_compared(tuning, segment, seed, rng) for seed, rng in _generators(repeats, tuning, segment)]
        passes = np.array([gate for gate, _ in found])
        beats = np.array([beaten for _, beaten in found])
        rows.append(
            {
                "gained by tuning": tuning,
                "by the segment": segment,
                "gate": round(float(passes.mean()), 3),
                "beats both": round(float(beats.mean()), 3),
                "gate and both": round(float((passes & beats).mean()), 3),
            }
        )
    return rows


def _compared(tuning: float, segment: float, seed: int, rng: np.random.Generator) -> tuple[bool, bool]:
    estimate = Case(tuning + segment).draw(rng).estimate(DRAWS, seed)
    placebo, control = (float(Case(tuning).draw(rng).values.mean()) for _ in range(2))
    return estimate.bounds(LEVEL / SEGMENTS)[0] > 0, estimate.mean > max(placebo, control)


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    return {name: round(float(np.mean([row[name] for row in rows])), 5) for name in rows[0]}


def _generators(repeats: int, *key: float) -> Iterable[tuple[int, np.random.Generator]]:
    numbers = [int(abs(entry) * 1e6) for entry in key]
    return ((seed, np.random.default_rng((*numbers, seed))) for seed in range(repeats))


def _draw(power: Sequence[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullFormatter

    figure, axes = pyplot.subplots(1, len(WINDOWS), figsize=(10, 3.2), sharey=True, constrained_layout=True)
    rows = pd.DataFrame(power).query("SD == 0.045")
    for axis, windows in zip(axes, WINDOWS, strict=True):
        for effect, line in rows[rows["windows"] == windows].groupby("effect"):
            axis.plot(line["users"], line["power"], marker="o", markersize=3, label=f"+{effect:.3f}")
        axis.axhline(0.8, color="grey", linewidth=0.7, linestyle=":")
        axis.set(title=f"{windows} windows", xlabel="evaluated users", xscale="log", xticks=[300, 1000, 3000])
        axis.set_xticklabels(["300", "1,000", "3,000"])
        axis.xaxis.set_minor_formatter(NullFormatter())
    axes[0].set_ylabel("chance to pass")
    figure.legend(*axes[0].get_legend_handles_labels(), title="true gain", loc="outside right center", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


if __name__ == "__main__":
    main()
