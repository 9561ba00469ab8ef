"""MLflow as the truth about who serves: registering, reading champions, and the one writer of promotions."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from filelock import FileLock

from training.description import describe, describe_model, tags
from training.ledger import Ledger
from training.promotion import Promoter, Promotion
from training.versions import CHALLENGER, CHAMPION, MODEL_FOLDER, Registration, Version

_EXPERIMENT = "tessera"
_IDENTITY = "identity"


class Registry:
    """Models in MLflow under ``tracking_uri``; ``ledger`` is the file of promotions (its folder holds the locks)."""

    def __init__(self, tracking_uri: str, ledger: Path) -> None:
        from mlflow import MlflowClient

        # its own lines between ours say nothing that the caller does not know
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        self._client = MlflowClient(tracking_uri=tracking_uri)
        self._locks = Path(ledger).parent
        self._promoter = Promoter(self, Ledger(Path(ledger)))

    def register(self, registration: Registration) -> str:
        """Register a model and return its version; the same model again returns the version it already has.

        The same means equal data, code, settings, as-of, strategy and parent. A lost reply makes MLflow's client
        send again, which may create twins: they are found by their tag and only the oldest is kept (fault F17).
        """
        identity = _identity(registration)
        self._locks.mkdir(parents=True, exist_ok=True)
        with FileLock(self._locks / f".{registration.name}.register.lock"):
            known = self._twins(registration.name, identity)
            if not known:
                run_id = self._run(registration)
                self._version(registration, run_id, identity)
                known = self._twins(registration.name, identity)
            for twin in known[1:]:
                self._client.delete_model_version(registration.name, twin)
        return known[0]

    def champion(self, name: str) -> Version | None:
        """The version that serves, or ``None``: the parent serves (for the parent: popularity)."""
        return self._by_alias(name, CHAMPION)

    def challenger(self, name: str) -> Version | None:
        """The version proposed to serve, or ``None``."""
        return self._by_alias(name, CHALLENGER)

    def version(self, name: str, version: str) -> Version:
        """One version by its number."""
        return _read(self._client.get_model_version(name, version))

    def versions(self, name: str) -> list[Version]:
        """All versions of a model, oldest first; empty when it was never registered."""
        found = self._client.search_model_versions(f"name = '{name}'")
        return sorted((_read(entry) for entry in found), key=lambda v: int(v.version))

    def names(self) -> list[str]:
        """The registered models of this project."""
        found = self._client.search_registered_models("name LIKE 'tessera-%'")
        return sorted(entry.name for entry in found)

    def promote(
        self, name: str, version: str, expected: str | None, reason: str = "", hold_days: int | None = None
    ) -> Promotion:
        """Make ``version`` the champion if the champion still is ``expected`` and is not younger. See `Promoter`."""
        return self._promoter.promote(name, version, expected, reason, hold_days)

    def held(self, name: str, as_of: date, hold_days: int) -> str:
        """Why the machine may not move a champion that a person chose, in words; empty when it may. See `Promoter`."""
        return self._promoter.held(name, as_of, hold_days)

    def rollback(self, name: str, reason: str = "") -> Promotion:
        """Make the champion before this one the champion again; without one, the parent serves."""
        return self._promoter.rollback(name, reason)

    def withdraw(self, name: str, expected: str | None, reason: str = "") -> Promotion:
        """Take the champion away, so that the parent serves."""
        return self._promoter.withdraw(name, expected, reason)

    def propose(self, name: str, version: str) -> None:
        """Set the alias ``challenger``: what the policy ``manual`` leaves to a person."""
        self._client.set_registered_model_alias(name, CHALLENGER, version)

    def annotate(self, name: str, version: str, tags: Mapping[str, str]) -> None:
        """Set further tags of a version, such as what asked for it."""
        for key, value in tags.items():
            self._client.set_model_version_tag(name, version, key, value)

    def point(self, name: str, version: str | None) -> None:
        """Move the champion alias as it is, without a check; only the promoter calls it."""
        if version is None:
            self._client.delete_registered_model_alias(name, CHAMPION)
            return
        self._client.set_registered_model_alias(name, CHAMPION, version)
        proposed = self.challenger(name)
        if proposed is not None and proposed.version == version:
            self._client.delete_registered_model_alias(name, CHALLENGER)

    def download(self, name: str, version: str, folder: Path) -> Path:
        """Copy a version's files to ``folder/<name>/<version>`` and return that path; verify before loading.

        The folder is complete or absent; one that is there is not fetched again.
        """
        target = folder / name / version
        if target.exists():
            return target
        run_id = self.version(name, version).run_id
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".download-") as aside:
            fetched = Path(self._client.download_artifacts(run_id, MODEL_FOLDER, aside))
            try:
                fetched.rename(target)
            except OSError:
                # another process may have been faster: its copy is the same
                if not target.exists():
                    raise
        return target

    def _by_alias(self, name: str, alias: str) -> Version | None:
        from mlflow.exceptions import MlflowException

        try:
            return _read(self._client.get_model_version_by_alias(name, alias))
        except MlflowException as error:
            # MLflow answers "not found" by another code when the model exists and the alias does not
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _twins(self, name: str, identity: str) -> list[str]:
        found = self._client.search_model_versions(f"name = '{name}' and tags.{_IDENTITY} = '{identity}'")
        return sorted((str(entry.version) for entry in found), key=int)

    def _run(self, registration: Registration) -> str:
        from mlflow.entities import Metric, Param, RunTag

        label = f"{registration.segment_id} {registration.as_of} {registration.strategy}"
        run = self._client.create_run(self._experiment(), run_name=label)
        run_id = str(run.info.run_id)
        # the metric's time is the data's day: the chart's axis is then the as-of, not the hour of the run
        stamp = _millis(registration)
        self._client.log_batch(
            run_id,
            # MLflow refuses the @ of ndcg@10
            metrics=[Metric(k.replace("@", "_"), float(v), stamp, 0) for k, v in registration.metrics.items()],
            params=[Param(key, str(value)[:500]) for key, value in registration.parameters.items()],
            tags=[RunTag(key, value) for key, value in tags(registration).items()],
        )
        self._client.log_inputs(run_id, datasets=_datasets(registration))
        self._client.log_artifacts(run_id, str(registration.artifact), MODEL_FOLDER)
        for plot in registration.plots:
            self._client.log_artifact(run_id, str(plot), "plots")
        self._client.set_terminated(run_id)
        return run_id

    def _version(self, registration: Registration, run_id: str, identity: str) -> None:
        self._ensure_model(registration)
        run = self._client.get_run(run_id)
        self._client.create_model_version(
            registration.name,
            source=f"{run.info.artifact_uri}/{MODEL_FOLDER}",
            run_id=run_id,
            tags=tags(registration) | {_IDENTITY: identity},
            description=describe(registration),
            await_creation_for=0,
        )

    def _ensure_model(self, registration: Registration) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(
                registration.name,
                tags={"segment_id": registration.segment_id, "segment_name": registration.segment_name},
                description=describe_model(registration),
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _experiment(self) -> str:
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(_EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        try:
            return str(self._client.create_experiment(_EXPERIMENT))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return self._experiment()


def _identity(registration: Registration) -> str:
    parts = (
        registration.name,
        registration.as_of.isoformat(),
        registration.strategy,
        registration.data_hash,
        registration.code_version,
        registration.settings_hash,
        registration.parent_version or "",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _millis(registration: Registration) -> int:
    from warehouse.windows import midnight

    return int(midnight(registration.as_of).timestamp() * 1000)


def _datasets(registration: Registration) -> list[Any]:
    from mlflow.entities import Dataset, DatasetInput

    return [
        DatasetInput(Dataset(table, f"v{version}", "delta", f'{{"table": "{table}", "version": {version}}}'), [])
        for table, version in sorted(registration.snapshots.items())
    ]


def _read(entry: Any) -> Version:
    return Version(
        name=str(entry.name),
        version=str(entry.version),
        run_id=str(entry.run_id),
        tags=dict(entry.tags),
        description=str(entry.description or ""),
    )
