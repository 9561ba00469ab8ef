"""Ports are chosen and checked before anything starts."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace

import psutil

from tessera.platform.errors import PortTakenError
from tessera.platform.plan import Ports


def settle(ports: Ports, wanted: tuple[str, ...], bind: str) -> Ports:
    """Replace every 0 by a free port and refuse taken ones.

    Args:
        ports: as asked for.
        wanted: names of the addresses that will really be used.
        bind: the interface they will listen on.

    Raises:
        PortTakenError: naming the port, who wants it, who has it, and what to do.
    """
    chosen: dict[str, int] = {}
    with contextlib.ExitStack() as held:  # held until all are chosen, so that no port is given out twice
        for name in wanted:
            chosen[name] = _claim(name, ports.as_dict()[name], bind, held)
    return replace(ports, **chosen)


def _claim(name: str, port: int, bind: str, held: contextlib.ExitStack) -> int:
    listener = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
    try:
        listener.bind((bind, port))
        listener.listen(1)
    except OSError as error:
        raise PortTakenError(_explain(name, port, error)) from error
    return int(listener.getsockname()[1])


def _explain(name: str, port: int, error: OSError) -> str:
    return (
        f"{name} wants port {port}, but {_owner(port) or error.strerror}. Stop that process, "
        f"or give {name} another port (ports.{name}; 0 lets the machine choose a free one)."
    )


def _owner(port: int) -> str:
    with contextlib.suppress(psutil.Error, PermissionError):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return _describe(connection.pid)
    return ""


def _describe(pid: int | None) -> str:
    if pid is None:
        return "another user's process listens there"
    return f"process {pid} ({psutil.Process(pid).name()}) listens there"
