"""Plain Python functions as machine code, where numba's cache may be written and where it may not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` compiled by numba: once a machine, or once a process where no cache can be written.

    Args:
        function: a module's own function over numpy arrays and numbers.
    """
    import numba

    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba's way of saying that neither the package's nor the user's cache can be written
        return numba.njit(nogil=True)(function)
