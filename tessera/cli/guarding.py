"""Errors that a person can mend end a command with one message; everything else is a bug and shows its traceback."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

# by name: the modules that define them are heavy, and a command that never met them need not load them
MENDABLE = frozenset(
    {
        "builtins.OSError",
        "httpx.HTTPError",
        "interactions.errors.IngestError",
        "interactions.simulation.scenario.ScenarioError",
        "mlflow.exceptions.MlflowException",
        "recommender.artifact.ArtifactError",
        "segmentation.segmentation.SegmentationFormatError",
        "serving.errors.ServingError",
        "tessera.errors.TesseraError",
        "tessera.platform.errors.PlatformError",
        "training.backtest.FoldsMissingError",
        "warehouse.store.TableMissingError",
    }
)
EXIT_MENDABLE = 2


class GuardedGroup(TyperGroup):
    """Runs a command; exits 2 with the message of a mendable error (``--debug`` lets the traceback through)."""

    def invoke(self, ctx: Any) -> Any:
        """See :class:`typer.core.TyperGroup`."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if ctx.params.get("debug") or not mendable(error):
                raise
            from tessera.cli.console import complain

            complain(str(error) or type(error).__name__)
            raise typer.Exit(EXIT_MENDABLE) from error


def mendable(error: BaseException) -> bool:
    """Whether the message of ``error`` alone tells a person what to do."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    return not MENDABLE.isdisjoint(names)
