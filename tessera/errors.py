"""The errors that a person at the command line or in a task log is meant to read."""

from __future__ import annotations


class TesseraError(Exception):
    """Something a person can mend; the message says what was expected, what was found and what to do."""


class SettingsError(TesseraError):
    """A setting is wrong; nothing was started."""


class NotReadyError(TesseraError):
    """A step was asked for before the one it builds on has run."""
