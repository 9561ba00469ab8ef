"""Finished trials on disk, in Optuna's journal format (``optuna.load_study`` and its dashboard read it)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from warehouse.pruning import use_folder

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

KEPT: Final = 500
"""Labels in a folder of studies: a month of twenty segments that are trained every day."""

_NAME = "study"


class Journal:
    """The trials of one study; ``None`` as a path keeps them in memory only. Open it with :func:`open_journal`."""

    def __init__(self, path: Path | None) -> None:
        from optuna import create_study, logging
        from optuna.storages import InMemoryStorage, JournalStorage
        from optuna.storages.journal import JournalFileBackend

        # its lines say nothing that the result of the study does not
        logging.set_verbosity(logging.ERROR)
        storage = InMemoryStorage() if path is None else JournalStorage(JournalFileBackend(str(path)))
        self._study = create_study(storage=storage, study_name=_NAME, direction="maximize", load_if_exists=True)

    @property
    def trials(self) -> list[FrozenTrial]:
        """Every kept trial, in order."""
        return self._study.get_trials(deepcopy=False)

    @property
    def ending(self) -> str | None:
        """What ended the study; ``None`` while it goes on."""
        return self._study.user_attrs.get("ending")

    def keep(self, trial: FrozenTrial) -> None:
        """Add a finished trial, whole or not at all."""
        self._study.add_trial(trial)

    def close(self, ending: str) -> None:
        """Remember that the study is finished and why."""
        self._study.set_user_attr("ending", ending)


@contextmanager
def open_journal(path: Path | None) -> Iterator[Journal]:
    """The journal at ``path``, this process's alone; what a killed process left half written is cut off."""
    if path is None:
        yield Journal(None)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        _mend(path)
        yield Journal(path)


def journal_path(folder: Path, label: str, key: str) -> Path:
    """Where the study of ``key`` is kept; ``label`` is for people, such as ``s1-2026-03-01``.

    Of the labels in ``folder`` the ``KEPT`` used last stay: a study is resumed within days or never.
    """
    home = folder / label
    home.mkdir(parents=True, exist_ok=True)
    use_folder(home, KEPT)
    return home / f"{key}.jsonl"


def _mend(path: Path) -> None:
    # Optuna's own lock is a file that a killed process leaves behind: everybody then waits 30 s for it
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
