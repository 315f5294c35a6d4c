"""`aws-chunked` bodies, signed and unsigned, with and without trailers.

AWS: "Signature calculations for the Authorization header: transferring payload in multiple
chunks" and "… including trailing headers". Written out here because SDKs use the signed forms
over HTTP only in languages that the tests do not run.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from .accounts import Account
from .raw import RawClient, Response, object_path, send
from .sigv4 import REGION, now, sign_headers, signing_key

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass
class ChunkSigner:
    """The chain of signatures that starts with the one in the Authorization header."""

    key: bytes
    timestamp: str
    scope: str
    previous: str

    def _sign(self, algorithm: str, *hashes: str) -> str:
        text = "\n".join([algorithm, self.timestamp, self.scope, self.previous, *hashes])
        self.previous = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        return self.previous

    def chunk(self, data: bytes) -> str:
        """The signature of the next chunk."""
        return self._sign(
            "AWS4-HMAC-SHA256-PAYLOAD", _EMPTY_SHA256, hashlib.sha256(data).hexdigest()
        )

    def trailer(self, lines: bytes) -> str:
        """The signature of the trailing headers, each line ended by a newline."""
        return self._sign("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(lines).hexdigest())


@dataclass
class ChunkedUpload:
    """A PUT of one object with an `aws-chunked` body; tests spoil a field and send it."""

    payload: str = UNSIGNED_TRAILER
    trailers: dict[str, str] = field(default_factory=dict)
    announced: list[str] | None = None
    chunk_bytes: int = 64 * 1024
    decoded_length: int | None = None
    spoiled_chunk: int | None = None
    spoiled_trailer: bool = False
    cut_off: bool = False

    def send(self, client: RawClient, bucket: str, key: str, data: bytes) -> Response:
        """Signs the request, then sends the body chunk by chunk."""
        target = object_path(bucket, key)
        moment = now()
        headers = sign_headers(
            client.account, "PUT", client.url + target, self._headers(client.host, data),
            payload_hash=self.payload, at=moment,
        )
        signer = _signer(client.account, headers)
        body = self.encode(data, signer if self.payload != UNSIGNED_TRAILER else None)
        return send(client.address, "PUT", target, headers | {"Content-Length": str(len(body))}, body)

    def _headers(self, host: str, data: bytes) -> dict[str, str]:
        length = len(data) if self.decoded_length is None else self.decoded_length
        headers = {
            "Host": host,
            "Content-Encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(length),
        }
        announced = list(self.trailers) if self.announced is None else self.announced
        return headers | ({"x-amz-trailer": ",".join(announced)} if announced else {})

    def encode(self, data: bytes, signer: ChunkSigner | None) -> bytes:
        """The body as it goes over the wire."""
        blocks = [data[at:at + self.chunk_bytes] for at in range(0, len(data), self.chunk_bytes)]
        wire = b"".join(self._chunk(index, block, signer) for index, block in enumerate(blocks))
        if self.cut_off:
            return wire
        return wire + self._end(signer)

    def _chunk(self, index: int, block: bytes, signer: ChunkSigner | None) -> bytes:
        signature = f";chunk-signature={signer.chunk(block)}" if signer else ""
        if index == self.spoiled_chunk:
            block = bytes([block[0] ^ 1]) + block[1:]
        return f"{len(block):x}{signature}\r\n".encode() + block + b"\r\n"

    def _end(self, signer: ChunkSigner | None) -> bytes:
        last = f"0;chunk-signature={signer.chunk(b'')}\r\n" if signer else "0\r\n"
        if self.payload == SIGNED:
            return last.encode() + b"\r\n"
        lines = "".join(f"{name}:{value}\r\n" for name, value in self.trailers.items())
        if signer:
            signature = signer.trailer(lines.replace("\r\n", "\n").encode())
            if self.spoiled_trailer:
                signature = "0" * 64
            lines += f"x-amz-trailer-signature:{signature}\r\n"
        return (last + lines + "\r\n").encode()


def _signer(account: Account, headers: dict[str, str]) -> ChunkSigner:
    timestamp = headers["X-Amz-Date"]
    day = timestamp[:8]
    return ChunkSigner(
        key=signing_key(account, day),
        timestamp=timestamp,
        scope=f"{day}/{REGION}/s3/aws4_request",
        previous=headers["Authorization"].rpartition("Signature=")[2],
    )
