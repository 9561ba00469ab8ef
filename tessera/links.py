"""Where a person reads on: the same addresses in mails, in MLflow's descriptions and on the page of segments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from tessera.settings import Settings
from training.versions import model_name

PAGE_PREFIX = "/tessera"
PAGE_ROUTE = "segments"


@dataclass(frozen=True)
class Links:
    """Addresses of the installation that ``settings`` describe."""

    settings: Settings

    @property
    def overview(self) -> str:
        """The page of all segments, inside Airflow's own frame."""
        return f"{self.settings.airflow_url}/plugin/{PAGE_ROUTE}"

    def page(self, segment_id: str) -> str:
        """The page of one segment, inside Airflow's own frame."""
        return f"{self.overview}{PAGE_PREFIX}/segments/{_part(segment_id)}"

    def run(self, dag_id: str, run_id: str) -> str:
        """A run in Airflow."""
        return f"{self.settings.airflow_url}/dags/{_part(dag_id)}/runs/{_part(run_id)}"

    def model(self, segment_id: str) -> str:
        """The registered model of a segment in MLflow."""
        return f"{self.settings.mlflow_uri}/#/models/{_part(model_name(segment_id))}"

    def version(self, segment_id: str, version: str) -> str:
        """One version of it."""
        return f"{self.model(segment_id)}/versions/{_part(version)}"

    def report(self, as_of: date, segment_id: str) -> str:
        """Evidently's page of a drifted segment, which the API shows."""
        return f"{self.settings.api_url}/reports/{as_of}/{_part(segment_id)}.html"


def _part(text: str) -> str:
    return quote(text, safe="")
