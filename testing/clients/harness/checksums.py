"""The five checksum algorithms of S3 as header values."""

import base64
import hashlib
import zlib

from awscrt import checksums as crt

ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")


def header_name(algorithm: str) -> str:
    return f"x-amz-checksum-{algorithm.lower()}"


def of(algorithm: str, body: bytes) -> str:
    """The base64 text of a body's checksum; CRCs are big-endian."""
    digest = {
        "CRC32": lambda: zlib.crc32(body).to_bytes(4, "big"),
        "CRC32C": lambda: crt.crc32c(body).to_bytes(4, "big"),
        "CRC64NVME": lambda: crt.crc64nvme(body).to_bytes(8, "big"),
        "SHA1": lambda: hashlib.sha1(body).digest(),
        "SHA256": lambda: hashlib.sha256(body).digest(),
    }[algorithm]()
    return base64.b64encode(digest).decode()
