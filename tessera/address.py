"""A mail address in the settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

# whoever it reaches: only what would break a mail's head is refused
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$", max_length=320)]
