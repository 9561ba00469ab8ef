from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from training.ledger import Ledger, Move


def test_only_confirmed_moves_count_and_names_are_kept_apart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "moves.jsonl")
    ledger.intend(Move("a", "promote", "1", None))
    ledger.intend(Move("b", "promote", "9", None))
    ledger.settle("a", confirmed=True)
    ledger.settle("b", confirmed=False)
    ledger.intend(Move("a", "promote", "2", "1"))
    assert [move.version for move in ledger.moves("a")] == ["1"]
    assert ledger.moves("b") == []
    assert ledger.pending("a") == Move("a", "promote", "2", "1")
    assert ledger.pending("b") is None


@given(st.integers(1, 200))
@settings(max_examples=25, deadline=None)
def test_a_line_that_a_crash_cut_off_costs_only_that_line(tmp_path_factory: object, cut: int) -> None:
    path = tmp_path_factory.mktemp("ledger") / "moves.jsonl"  # type: ignore[attr-defined]
    ledger = Ledger(path)
    ledger.intend(Move("a", "promote", "1", None))
    ledger.settle("a", confirmed=True)
    whole = path.read_bytes()
    ledger.intend(Move("a", "promote", "2", "1"))
    written = path.read_bytes()
    path.write_bytes(written[: max(len(whole), len(written) - cut)])
    ledger.intend(Move("a", "promote", "3", "1"))
    ledger.settle("a", confirmed=True)
    assert [move.version for move in ledger.moves("a")] == ["1", "3"]
