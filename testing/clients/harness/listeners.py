"""Those whom `grantry watch` tells or asks: a mail server and web servers."""

import json
import socket
import ssl
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def free_port() -> int:
    """A port that nobody uses; the controller cannot say which it got for port 0."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class MailServer:
    """Takes mail with this login only, by STARTTLS or, if `implicit`, by TLS from the first byte."""

    LOGIN, PASSWORD = "watch", "mail-secret"

    def __init__(self, certificate, key, *, implicit: bool = False):
        self.mails: list[Message] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        server = self

        class Taker:
            async def handle_DATA(self, _smtp, session, envelope):
                assert (implicit or session.ssl) and session.authenticated
                server.mails.append(message_from_bytes(envelope.content))
                return "250 taken"

        class StartTlsController(Controller):
            def factory(self):
                return SMTP(self.handler, tls_context=server.context, require_starttls=True,
                            auth_required=True, authenticator=server.authenticate)

        class TlsController(Controller):
            def factory(self):
                # It takes only STARTTLS for encryption.
                return SMTP(self.handler, auth_required=True, auth_require_tls=False,
                            authenticator=server.authenticate)

            def _trigger_server(self):
                # Its own way speaks to itself with the context of a server.
                with socket.create_connection(("127.0.0.1", self.port), 10):
                    pass

        self.port = free_port()
        kind, security = (TlsController, {"ssl_context": self.context}) if implicit else (StartTlsController, {})
        self.controller = kind(Taker(), hostname="127.0.0.1", port=self.port, **security)

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        given = isinstance(data, LoginPassword) and (data.login, data.password)
        return AuthResult(success=given == (self.LOGIN.encode(), self.PASSWORD.encode()))

    def __enter__(self) -> "MailServer":
        self.controller.start()
        return self

    def __exit__(self, *_) -> None:
        self.controller.stop()


@dataclass
class Post:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Hook:
    """Takes POSTs and answers each with `status`."""

    def __init__(self):
        self.posts: list[Post] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                hook.posts.append(Post(self.path, headers, self.rfile.read(length)))
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "Hook":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


class Pages:
    """Answers GETs with JSON, each page only to those with the token that it demands."""

    def __init__(self):
        self.pages: dict[str, tuple[object, dict[str, str]]] = {}
        self.token: str | None = None
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                document, headers = pages.pages.get(self.path, (None, {}))
                given = self.headers.get("authorization")
                if pages.token and given != f"Bearer {pages.token}":
                    document = None
                body = json.dumps(document).encode()
                self.send_response(404 if document is None else 200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "Pages":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()
