"""The command demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_FREE = "0 takes any free one."


def demo(
    once: Annotated[bool, typer.Option("--once", help="Check the closed loop and leave; else stay up.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Your own events; default: a simulated shop.")] = None,
    mapping: Annotated[
        str | None, typer.Option("--format", help="movielens, online-retail, complete-journey, events, or a file.")
    ] = None,
    home: Annotated[Path | None, typer.Option("--home", help="Folder to write to; emptied first.")] = None,
    airflow_port: Annotated[int, typer.Option(help=f"Airflow. {_FREE}")] = 8080,
    mlflow_port: Annotated[int, typer.Option(help=f"MLflow. {_FREE}")] = 5000,
    api_port: Annotated[int, typer.Option(help=f"The recommendation API. {_FREE}")] = 8000,
    smtp_port: Annotated[int, typer.Option(help=f"The mail sink. {_FREE}")] = 1025,
    mailbox_port: Annotated[int, typer.Option(help=f"The page of its mails. {_FREE}")] = 8025,
) -> None:
    """Run the whole loop through Airflow.

    Starts every server, shows the table at the end and stays up until Ctrl-C.

    Examples: `tessera demo`, `tessera demo --once --data events/ --format online-retail`
    """
    from tessera.demo.run import run_demo
    from tessera.platform.plan import Ports

    ports = Ports(airflow=airflow_port, mlflow=mlflow_port, api=api_port, smtp=smtp_port, mailbox=mailbox_port)
    raise typer.Exit(run_demo(data, mapping, home, once, ports))
