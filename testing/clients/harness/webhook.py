"""A webhook on loopback: keeps what it gets, and answers as the test wants."""

import hashlib
import hmac
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAIT_SECONDS_MAX = 30


class Webhook:
    """Every request is kept with its answer; `statuses` are given out one by one, then 200. With a certificate it
    speaks TLS."""

    def __init__(self, statuses=(), port: int = 0, certificate=None):
        self.requests: list[dict] = []
        self.statuses = list(statuses)
        self.changed = threading.Condition()
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (the name is the library's)
                body = self.rfile.read(int(self.headers["content-length"]))
                with webhook.changed:
                    status = webhook.statuses.pop(0) if webhook.statuses else 200
                    webhook.requests.append({
                        "path": self.path, "headers": dict(self.headers.items()), "body": body, "status": status})
                    webhook.changed.notify_all()
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # The handshake is the thread's of the connection, so that one that fails holds nobody up.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/events"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def taken(self) -> list[dict]:
        """The messages that were answered with 200, as JSON."""
        with self.changed:
            return [json.loads(one["body"]) for one in self.requests if one["status"] == 200]

    def events(self) -> list[dict]:
        """The records of all messages that were taken, without test events."""
        return [record for message in self.taken() for record in message.get("Records", [])]

    def wait_for(self, count: int, what=None) -> list[dict]:
        """Waits until so many events were taken."""
        what = what or self.events
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while len(what()) < count:
            with self.changed:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(what())} of {count} came: {what()}"
                self.changed.wait(min(left, 0.2))
        return what()


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
