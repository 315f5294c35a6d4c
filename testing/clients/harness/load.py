"""Writers that remember what the server acknowledged, for the tests that kill it."""

import hashlib
import random
import threading
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from . import sdk
from .accounts import FIRST

MIB = 1024 * 1024
KEYS_PER_WRITER = 12
SMALL_BYTES_MAX = 64 * 1024
LARGE_BYTES = 3 * MIB
ABSENT = None  # the state of a key without an object


def content(seed: int, size: int) -> bytes:
    """Bytes that tell every write apart."""
    return random.Random(seed).randbytes(size)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass
class Key:
    """What a key may hold: what was acknowledged last, or what was under way since."""

    acknowledged: str | None = ABSENT
    under_way: list[str | None] = field(default_factory=list)

    def may_be(self) -> list[str | None]:
        return [self.acknowledged, *self.under_way]


class Writer(threading.Thread):
    """Puts, overwrites, uploads in parts and deletes its own keys until the server is gone."""

    def __init__(self, url: str, bucket: str, number: int, keys: dict[str, Key], seed: int):
        super().__init__(name=f"writer-{number}", daemon=True)
        self.client = sdk.client(url, FIRST, connect_timeout=5)
        self.bucket = bucket
        self.number = number
        self.keys = keys
        self.random = random.Random(seed)
        self.acknowledgements = 0
        self.failure: Exception | None = None
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._step()
            except ClientError as error:  # an answer, and a wrong one: the server was alive
                self.failure = error
                return
            except (BotoCoreError, OSError):
                return  # the connection broke: the process is gone
            self.acknowledgements += 1

    def _step(self) -> None:
        name = f"w{self.number}/k{self.random.randrange(KEYS_PER_WRITER)}"
        key = self.keys.setdefault(name, Key())
        action = self.random.choices(
            [self._small, self._large, self._parts, self._erase], [60, 12, 5, 23]
        )[0]
        action(name, key)

    def _begin(self, key: Key, size: int) -> bytes:
        body = content(self.random.getrandbits(64), size)
        key.under_way.append(digest(body))
        return body

    def _done(self, key: Key, state: str | None) -> None:
        key.acknowledged = state
        key.under_way.clear()

    def _put(self, name: str, key: Key, size: int) -> None:
        body = self._begin(key, size)
        self.client.put_object(Bucket=self.bucket, Key=name, Body=body)
        self._done(key, digest(body))

    def _small(self, name: str, key: Key) -> None:
        self._put(name, key, self.random.randrange(SMALL_BYTES_MAX))

    def _large(self, name: str, key: Key) -> None:
        self._put(name, key, LARGE_BYTES)

    def _parts(self, name: str, key: Key) -> None:
        body = self._begin(key, 5 * MIB + 1000)
        where = {"Bucket": self.bucket, "Key": name}
        upload = self.client.create_multipart_upload(**where)["UploadId"]
        parts = [
            {"PartNumber": number, "ETag": self.client.upload_part(
                **where, UploadId=upload, PartNumber=number, Body=block
            )["ETag"]}
            for number, block in enumerate((body[:5 * MIB], body[5 * MIB:]), 1)
        ]
        self.client.complete_multipart_upload(
            **where, UploadId=upload, MultipartUpload={"Parts": parts}
        )
        self._done(key, digest(body))

    def _erase(self, name: str, key: Key) -> None:
        key.under_way.append(ABSENT)
        self.client.delete_object(Bucket=self.bucket, Key=name)
        self._done(key, ABSENT)
