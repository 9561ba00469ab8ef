"""What the page of segments shows: values from the lake, pages from values; nothing here knows Airflow."""

from tessera.overview.pages import Pages, Selection, UnknownSegmentError
from tessera.overview.rights import Rights

__all__ = ["Pages", "Rights", "Selection", "UnknownSegmentError"]
