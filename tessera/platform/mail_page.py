"""The page that shows the kept mails: a list, one mail, its source. Nothing can be changed through it."""

from __future__ import annotations

import html
import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

# A mail's own HTML is shown in a frame that may neither run scripts nor load anything from elsewhere.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; frame-ancestors 'self'"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}} td,th{{text-align:left;padding:.4rem;border-bottom:1px solid #ddd}}
h1{{font-size:1.4rem}} th:only-of-type{{text-transform:capitalize;width:1%;white-space:nowrap;padding-right:2rem}}
iframe{{width:100%;height:75vh;border:1px solid #ccc}} pre{{white-space:pre-wrap}}
</style></head><body><h1>{title}</h1>{body}</body></html>"""


class Mails(Protocol):
    """Where the mails are."""

    def names(self) -> list[str]:
        """Names, oldest first."""
        ...

    def read(self, name: str) -> bytes:
        """One mail; KeyError when there is none."""
        ...


def page_server(mails: Mails, host: str, port: int) -> ThreadingHTTPServer:
    """A server for ``/``, ``/mails.json``, ``/mails/<name>``, its ``/html``, ``/text`` and ``/source``, ``/health``."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            try:
                kind, text = answer(mails, self.path)
                status = HTTPStatus.OK
            except KeyError:
                kind, text, status = "text/plain", "no such page", HTTPStatus.NOT_FOUND
            self._send(status, kind, text.encode())

        def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", _POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet: health checks would fill the log."""

    return ThreadingHTTPServer((host, port), Pages)


def answer(mails: Mails, path: str) -> tuple[str, str]:
    """Content type and text of the page at ``path``.

    Raises:
        KeyError: there is no such page or mail.
    """
    match path.split("?")[0].strip("/").split("/"):
        case [""]:
            return "text/html", _list(mails)
        case ["health"]:
            return "text/plain", "ok"
        case ["mails.json"]:
            return "application/json", json.dumps([_summary(mails, name) for name in mails.names()])
        case ["mails", name]:
            return "text/html", _show(mails, name)
        case ["mails", name, ("html" | "text" | "source") as part]:
            return _part(mails.read(name), part)
    raise KeyError(path)


def _summary(mails: Mails, name: str) -> dict[str, str]:
    mail = _parse(mails.read(name))
    fields = {field: str(mail.get(field, "")) for field in ("subject", "from", "to", "date")}
    return {"name": name, **fields}


def _list(mails: Mails) -> str:
    rows = "".join(_row(_summary(mails, name)) for name in reversed(mails.names()))
    body = f"<table><tr><th>Subject</th><th>To</th><th>Date</th></tr>{rows}</table>" if rows else "<p>No mail yet.</p>"
    return _PAGE.format(title="Mailbox", body=body)


def _row(mail: dict[str, str]) -> str:
    shown = {name: html.escape(value) for name, value in mail.items()}
    link = f'<a href="/mails/{shown["name"]}">{shown["subject"] or "(no subject)"}</a>'
    return f"<tr><td>{link}</td><td>{shown['to']}</td><td>{shown['date']}</td></tr>"


def _show(mails: Mails, name: str) -> str:
    mail = _summary(mails, name)
    head = "".join(f"<tr><th>{field}</th><td>{html.escape(mail[field])}</td></tr>" for field in ("from", "to", "date"))
    links = " · ".join(f'<a href="/mails/{name}/{part}">{part}</a>' for part in ("html", "text", "source"))
    frame = f'<iframe sandbox="allow-popups" src="/mails/{name}/html" title="mail"></iframe>'
    body = f'<p><a href="/">all mails</a> · {links}</p><table>{head}</table><p></p>{frame}'
    return _PAGE.format(title=html.escape(mail["subject"]) or "(no subject)", body=body)


def _part(content: bytes, part: str) -> tuple[str, str]:
    if part == "source":
        return "text/plain", content.decode(errors="replace")
    found = _parse(content).get_body(("html", "plain") if part == "html" else ("plain", "html"))
    text = str(found.get_content()) if found is not None else ""
    if part == "html" and (found is None or found.get_content_subtype() != "html"):
        return "text/html", f"<pre>{html.escape(text)}</pre>"
    return ("text/html" if part == "html" else "text/plain"), text


def _parse(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    if not isinstance(mail, EmailMessage):
        raise TypeError(f"expected an EmailMessage from the default policy, found {type(mail).__name__}")
    return mail
