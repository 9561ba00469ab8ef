"""Python and the libraries against the bounds that this release declares."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tessera.doctor.finding import Finding

_ADVICE = "install the locked versions: 'make demo' or 'make test' does, or 'uv sync --frozen'"


def python() -> Finding:
    """The interpreter against ``requires-python``."""
    bounds = SpecifierSet(metadata("tessera")["Requires-Python"])
    found = platform.python_version()
    fits = bounds.contains(found, prereleases=True)
    seen = f"{found}, expected {bounds}"
    return Finding("Python", "ok" if fits else "problem", seen, "" if fits else "name another: make PYTHON=python3.12")


def libraries() -> Iterator[Finding]:
    """One finding if all fit, else one for each that does not."""
    declared = [Requirement(line) for line in requires("tessera") or []]
    needed = [one for one in declared if one.marker is None or one.marker.evaluate({"extra": ""})]
    wrong = [finding for finding in map(library, needed) if finding is not None]
    yield from wrong
    if not wrong:
        yield Finding("libraries", "ok", f"{len(needed)} within their bounds")


def library(needed: Requirement) -> Finding | None:
    """A finding if the library is absent or outside its bounds."""
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return Finding(needed.name, "problem", f"not installed, expected {needed.specifier}", _ADVICE)
    if needed.specifier.contains(found, prereleases=True):
        return None
    return Finding(needed.name, "problem", f"{found}, expected {needed.specifier}", _ADVICE)
