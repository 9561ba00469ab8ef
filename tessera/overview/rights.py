"""What the person who looks may do; Airflow decides it, and its API enforces it again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rights:
    """Args: ``user``: by name. ``train``: start trainings. ``move``: move champions. ``approve``: answer approvals."""

    user: str = ""
    train: bool = False
    move: bool = False
    approve: bool = False
