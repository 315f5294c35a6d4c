"""HTTP without a helping hand: what is given is sent, what comes back is shown."""

import base64
import hashlib
import http.client
import socket
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from .accounts import Account
from .sigv4 import sign_headers

TIMEOUT_SECONDS = 60
S3_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass(frozen=True)
class Response:
    """A response with its S3 error, if it has one, taken apart."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The elements of the error document in their order; empty if the body is none."""
        if not self.body.lstrip().startswith(b"<"):
            return []
        root = ElementTree.fromstring(self.body)
        if root.tag != "Error":  # an `Error` in a namespace is wrong as well (§0.3)
            return []
        return [(child.tag, child.text or "") for child in root]

    @property
    def error(self) -> dict[str, str]:
        return dict(self.fields)

    @property
    def code(self) -> str | None:
        return self.error.get("Code")

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    def texts(self, path: str) -> list[str]:
        """The texts of all elements on a path such as `Contents/Key`, S3's namespace understood."""
        steps = "/".join(S3_NAMESPACE + step for step in path.split("/"))
        return [element.text or "" for element in self.xml.findall(steps)]

    def text(self, path: str) -> str:
        (only,) = self.texts(path)
        return only


def object_path(bucket: str | None = None, key: str | None = None) -> str:
    """The path of a bucket or an object, percent-encoded the way S3's signature wants it."""
    if bucket is None:
        return "/"
    if key is None:
        return f"/{bucket}"
    return f"/{bucket}/{quote(key, safe='/-_.~')}"


def send(
    address: tuple[str, int],
    method: str,
    target: str,
    headers: dict[str, str],
    body=b"",
    timeout_seconds: int = TIMEOUT_SECONDS,
) -> Response:
    """Sends exactly these headers; `Content-Length` is the caller's business."""
    connection = http.client.HTTPConnection(*address, timeout=timeout_seconds)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        for block in [body] if isinstance(body, bytes) else body:
            connection.send(block)
        response = connection.getresponse()
        return Response(response.status, response.headers, response.read())
    finally:
        connection.close()


def send_bytes(address: tuple[str, int], request: bytes, half_close: bool = False) -> bytes:
    """Sends bytes that need not be HTTP and reads until the server closes."""
    with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as connection:
        try:
            connection.sendall(request)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may answer and close before it has read everything
        received = b""
        while True:
            try:
                block = connection.recv(65536)
            except ConnectionResetError:
                return received
            if not block:
                return received
            received += block


class RawClient:
    """Requests of one account (or of nobody) to one server, signed unless nobody sends them."""

    def __init__(self, url: str, account: Account | None):
        parts = urlsplit(url)
        self.url = url
        self.address = (parts.hostname, parts.port)
        self.host = parts.netloc
        self.account = account

    def request(
        self,
        method: str,
        bucket: str | None = None,
        key: str | None = None,
        query: str = "",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        unsigned_headers: dict[str, str] | None = None,
        **signing,
    ) -> Response:
        """One request by bucket and key; `unsigned_headers` are added after the signature."""
        target = object_path(bucket, key) + (f"?{query}" if query else "")
        return self.to(method, target, headers, body, unsigned_headers, **signing)

    def to(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        unsigned_headers: dict[str, str] | None = None,
        **signing,
    ) -> Response:
        """One request to a target that is sent as it is."""
        own = {"Host": self.host} | dict(headers or {})
        if body or method in ("PUT", "POST"):
            own.setdefault("Content-Length", str(len(body)))
        if self.account is not None:
            own = sign_headers(
                self.account, method, f"http://{own['Host']}{target}", own, body, **signing
            )
        return send(self.address, method, target, own | dict(unsigned_headers or {}), body)

    def document(self, method: str, bucket: str, query: str, text: str, key=None, **more) -> Response:
        """A request whose body is an XML or JSON document, with its Content-MD5."""
        body = text.encode()
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        headers = {"Content-MD5": digest} | more.pop("headers", {})
        return self.request(method, bucket, key, query, headers, body, **more)

    def get(self, bucket=None, key=None, query="", headers=None, **more) -> Response:
        return self.request("GET", bucket, key, query, headers, **more)

    def head(self, bucket=None, key=None, query="", headers=None, **more) -> Response:
        return self.request("HEAD", bucket, key, query, headers, **more)

    def put(self, bucket, key=None, body=b"", query="", headers=None, **more) -> Response:
        return self.request("PUT", bucket, key, query, headers, body, **more)

    def post(self, bucket, key=None, body=b"", query="", headers=None, **more) -> Response:
        return self.request("POST", bucket, key, query, headers, body, **more)

    def delete(self, bucket, key=None, query="", headers=None, **more) -> Response:
        return self.request("DELETE", bucket, key, query, headers, **more)
