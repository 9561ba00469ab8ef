"""What ranker, blend and single generators reached beside each other when a spine was fitted."""

from __future__ import annotations

from recommender.spine import Spine

_NAMES = {"ranker": "the ranker", "blend": "the tuned blend"}


def rival_metrics(spine: Spine) -> dict[str, float]:
    """NDCG@10 on the users whom fitting left out, as ``rival.<name>.ndcg@10``; empty without a contest."""
    return {f"rival.{name}.ndcg@10": groups["all"] for name, groups in spine.facts.get("rivals", {}).items()}


def rivals_told(spine: Spine) -> str:
    """One sentence for the version's page: who orders, and what the others reached."""
    rivals, facts = spine.facts.get("rivals", {}), spine.facts
    if not rivals:
        return str(facts.get("ranker_reason", ""))
    reached = {name: rivals[name]["all"] for name in ("ranker", "blend", facts["best_single"])}
    said = ", ".join(f"{_NAMES.get(name, f'{name} alone')} {value:.4f}" for name, value in reached.items())
    strangers = facts["strangers"]
    return f"NDCG@10 on users left out of fitting: {said}. {_NAMES[facts['order']].capitalize()} orders" + (
        f"; users without history get `{strangers}`." if strangers != facts["order"] else "."
    )
