"""Load a model in a process of its own: ``python -m serving.trial FOLDER SEGMENT`` exits 0 when it can be used."""

from __future__ import annotations

import sys
from pathlib import Path

from recommender import artifact


def main(folder: str, segment: str) -> None:
    """Load the artifact; a file that makes a parser abort ends this process and not the API."""
    artifact.load(Path(folder), expect_segment=segment)


if __name__ == "__main__":
    main(*sys.argv[1:3])
