"""Keys and the login, generated once per platform home and readable by the owner only."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

USERNAME = "admin"


@dataclass(frozen=True)
class Credentials:
    """The secrets that Airflow needs, and the login to print."""

    username: str
    password: str
    fernet_key: str
    jwt_secret: str
    session_secret: str


def load_or_create(home: Path) -> Credentials:
    """Read the credentials of ``home``, or generate them: a restart keeps login, sessions and encrypted values."""
    path = home / "credentials.json"
    if not path.exists():
        write_private(path, json.dumps(_generate(), indent=1))
    return Credentials(**json.loads(path.read_text()))


def write_private(path: Path, text: str) -> None:
    """Write ``text`` so that only the owner can read it, never for a moment otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600, exist_ok=False)
    aside.write_text(text)
    aside.replace(path)


def _generate() -> dict[str, str]:
    return {
        "username": USERNAME,
        "password": secrets.token_urlsafe(12),
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt_secret": secrets.token_urlsafe(64),  # Airflow warns on every call below 64 bytes
        "session_secret": secrets.token_urlsafe(32),
    }
