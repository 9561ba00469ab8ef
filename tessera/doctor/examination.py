"""All checks, in the order in which one mends them."""

from __future__ import annotations

from collections.abc import Iterator

from tessera.doctor.finding import Finding
from tessera.doctor.folders import folders, source
from tessera.doctor.mail import outbox
from tessera.doctor.models import champions
from tessera.doctor.segments import segments_file
from tessera.doctor.servers import servers
from tessera.doctor.tables import spool, tables
from tessera.doctor.versions import libraries, python
from tessera.errors import SettingsError


def examine() -> Iterator[Finding]:
    """Every finding about this machine and these settings; without readable settings only the versions."""
    from tessera.settings import load, settings_file

    yield python()
    yield from libraries()
    try:
        settings = load()
    except SettingsError as error:
        yield Finding("settings", "problem", str(error), "correct the named fields; nothing else was looked at")
        return
    file = settings_file()
    yield Finding("settings", "ok", str(file.resolve()) if file.exists() else "no file: environment and defaults")
    yield from folders(settings)
    yield source(settings)
    yield from tables(settings)
    yield from spool(settings)
    yield from segments_file(settings)
    yield from outbox(settings)
    answered = list(servers(settings))
    yield from answered
    if any(one.name == "MLflow" and one.level == "ok" for one in answered):
        yield from champions(settings)
