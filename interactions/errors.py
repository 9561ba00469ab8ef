"""What stops an ingest before it writes; catch ``IngestError`` for all of them."""

from __future__ import annotations


class IngestError(Exception):
    """An ingest that stopped before it wrote anything."""


class SourceError(IngestError):
    """A source that is not there, or a file that cannot be read at all."""


class MappingError(IngestError):
    """A column mapping that cannot be understood."""


class SchemaChangeError(IngestError):
    """A required column is missing, was renamed, or changed its type."""


class RejectShareError(IngestError):
    """More rows were refused than the rules allow."""
