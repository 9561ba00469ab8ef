"""Whether the servers answer, asked before a command waits for one in vain."""

from __future__ import annotations


def require_mlflow() -> None:
    """Return if MLflow answers.

    Raises:
        NotReadyError: it does not; the client alone would retry for minutes before it says so.
    """
    from tessera.doctor.servers import answers
    from tessera.errors import NotReadyError
    from tessera.settings import load

    address = load().mlflow_uri
    problem = answers(f"{address}/health") if address.startswith("http") else ""
    if problem:
        raise NotReadyError(
            f"MLflow does not answer at {address} ({problem}): start it ('tessera demo' starts everything), "
            "or set 'mlflow_uri' (TESSERA_MLFLOW_URI) to where it is"
        )
