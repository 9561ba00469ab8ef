"""What can go wrong in serving, as one tree: ``except ServingError`` catches all of it."""

from __future__ import annotations


class ServingError(Exception):
    """Base of every error that serving raises on purpose."""


class SnapshotError(ServingError):
    """A snapshot is missing, torn or altered; the one served before stays."""


class RegistryError(ServingError):
    """The registry cannot be reached, is too slow or answers with something that is not an answer."""


class ModelRefusedError(ServingError):
    """A model version failed a check (checksums, segment, trial load); the one served before stays."""
