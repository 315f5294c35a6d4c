"""Those whom `grantry watch` tells: a mail server and a web server."""

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
    """Takes mail by STARTTLS and with this login only."""

    LOGIN, PASSWORD = "watch", "mail-secret"

    def __init__(self, certificate, key):
        self.mails: list[Message] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        server = self

        class Taker:
            async def handle_DATA(self, _smtp, session, envelope):
                assert session.ssl and session.authenticated
                server.mails.append(message_from_bytes(envelope.content))
                return "250 taken"

        class StartTlsController(Controller):
            def factory(self):
                return SMTP(self.handler, tls_context=server.context, require_starttls=True,
                            auth_required=True, authenticator=server.authenticate)

        self.port = free_port()
        self.controller = StartTlsController(Taker(), hostname="127.0.0.1", port=self.port)

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
