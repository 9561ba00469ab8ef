"""What can go wrong with the servers: ``except PlatformError`` catches all of it."""

from __future__ import annotations


class PlatformError(RuntimeError):
    """The servers cannot be started, or do not answer."""


class PortTakenError(PlatformError):
    """Another process already listens on a port of the plan."""


class ComponentFailedError(PlatformError):
    """A server did not come up, or died more often than it may be restarted."""
