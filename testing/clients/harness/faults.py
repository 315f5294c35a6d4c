"""A proxy in front of a store that answers some requests itself, as troubled stores do."""

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    @property
    def acl(self) -> str | None:
        return self.headers.get("x-amz-acl")

    @property
    def is_signed(self) -> bool:
        return "authorization" in self.headers


@dataclass
class Fault:
    """An answer in place of the store's."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def s3_error(status: int, code: str, extra: str = "", **headers: str) -> Fault:
    """An answer as Amazon writes them."""
    body = f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message>{extra}</Error>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status, body.encode(), {"Content-Type": "application/xml"} | named)


Rule = Callable[[Asked], Fault | None]


class FaultProxy:
    """Passes requests on unless the rule answers them; remembers all of them."""

    def __init__(self, upstream: str, rule: Rule = lambda asked: None):
        self.upstream = urlsplit(upstream)
        self.rule = rule
        self.asked: list[Asked] = []
        self.changes: list[Callable[[Asked, list[tuple[str, str]]], list[tuple[str, str]]]] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def log_message(self, *arguments):
                pass

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return lambda: proxy.answer(self)
                raise AttributeError(name)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "FaultProxy":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, path, query, headers)
        self.asked.append(asked)
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        fault = self.rule(asked)
        if fault is None:
            status, given, content = self.forward(handler, body)
        else:
            status, given, content = fault.status, list(fault.headers.items()), fault.body
        for change in self.changes:
            given = change(asked, given)
        handler.send_response_only(status)
        for name, value in given:
            handler.send_header(name, value)
        if handler.command == "HEAD":
            content = b""
        if not any(name.lower() == "content-length" for name, _ in given):
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def forward(self, handler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.upstream.netloc, timeout=60)
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in ("connection", "expect"):
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        is_head = handler.command == "HEAD"
        kept = [(name, value) for name, value in answer.getheaders()
                if name.lower() not in HOP_BY_HOP or (is_head and name.lower() == "content-length")]
        connection.close()
        return answer.status, kept, content
