"""Commands of what users get: publish, recommend."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from tessera.cli.arguments import AsOf, day


def publish(as_of: AsOf) -> None:
    """Write what users get as of a day.

    The table of recommendations, and the snapshot that the API serves from.

    Example: `tessera publish --as-of 2026-06-29`
    """
    from tessera import steps
    from tessera.cli.console import show, working
    from tessera.cli.servers import require_mlflow

    require_mlflow()
    with working(f"publish as of {as_of}"):
        done = steps.publish(as_of.isoformat())
    kept = f"the API serves {done['snapshot']}" if done["snapshot"] else "the API keeps a newer snapshot"
    show(f"{done['rows']:,} recommendations of {done['users']:,} users; {kept}")


def recommend(
    user: Annotated[str, typer.Argument(help="User id; an unknown one is a new user.")],
    k: Annotated[int, typer.Option("--k", min=1, max=100, help="How many items.")] = 10,
    as_of: Annotated[
        date | None,
        typer.Option(
            "--as-of", parser=day, metavar="DAY", help="From the table published as of this day, not the API."
        ),
    ] = None,
) -> None:
    """Show what a user is recommended.

    By asking the API; with `--as-of`, what was published as of that day.

    Examples: `tessera recommend u000042`, `tessera recommend u000042 --as-of 2026-06-29`
    """
    from tessera.cli.console import table

    title, rows = _asked(user, k) if as_of is None else _published(user, k, as_of)
    table(title, ("#", "Item", "Title", "Layer", "Score"), rows, ("#", "Score"))


def _asked(user: str, k: int) -> tuple[str, list[tuple[str, ...]]]:
    answer = _ask(user, k)
    by = f"{answer['model']} v{answer['version']}" if answer.get("model") else "popularity"
    who = f"{user} ({answer.get('segment_name') or 'no segment'}{'' if answer['known'] else ', a new user'})"
    rows: list[tuple[str, ...]] = [
        (str(place), item["item_id"], item.get("title") or "", item["layer"], _score(item.get("score")))
        for place, item in enumerate(answer["items"], start=1)
    ]
    return f"For {who} by {by}, as of {answer['as_of']}{', degraded' if answer['degraded'] else ''}", rows


def _ask(user: str, k: int) -> dict[str, Any]:
    from urllib.parse import quote

    import httpx

    from tessera.errors import NotReadyError, TesseraError
    from tessera.settings import load

    address = load().api_url
    try:
        reply = httpx.get(f"{address}/recommendations/{quote(user, safe='')}", params={"k": k}, timeout=10)
    except httpx.TransportError as error:
        raise NotReadyError(
            f"the API does not answer at {address} ({error}): start it ('tessera demo' starts everything), set "
            "'api_url' (TESSERA_API_URL), or read what was published with --as-of DAY"
        ) from error
    if reply.is_error:
        raise TesseraError(f"the API at {address} answered {reply.status_code}: {reply.text[:500]}")
    answer: dict[str, Any] = reply.json()
    return answer


def _published(user: str, k: int, as_of: date) -> tuple[str, list[tuple[str, ...]]]:
    from tessera.errors import NotReadyError
    from tessera.settings import load
    from warehouse.store import Store
    from warehouse.windows import Window

    store = Store(load().lake)
    if as_of not in store.dates("recommendations"):
        raise NotReadyError(f"nothing was published as of {as_of}: run 'tessera publish --as-of {as_of}' first")
    lists = store.frame("recommendations", window=Window.day(as_of))
    own = lists[lists["user_id"] == user].sort_values("rank").head(k)
    if own.empty:
        raise NotReadyError(f"'{user}' had no events before {as_of}, so nothing was published for them: ask the API")
    titles = store.frame("items", columns=["item_id", "title"]).set_index("item_id")["title"]
    rows: list[tuple[str, ...]] = [
        (str(row["rank"]), row["item_id"], str(titles.get(row["item_id"], "")), row["layer"], _score(row["score"]))
        for row in own.to_dict("records")
    ]
    return f"Published for {user} as of {as_of} by {own['model_version'].iloc[0]}", rows


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
