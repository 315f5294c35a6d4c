"""Certificates for this machine, and a server that speaks TLS."""

import re
import subprocess

from .server import Server


def certificate(directory):
    """A certificate for this machine that signed itself, and its key."""
    directory.mkdir(exist_ok=True)
    pem, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         # A server's own: some clients refuse authorities as servers.
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:s3.localhost,DNS:*.s3.localhost",
         "-out", str(pem), "-keyout", str(key)],
        check=True,
        capture_output=True,
    )
    return pem, key


class TlsServer(Server):
    """A server whose address begins with https."""

    LISTENING = re.compile(r"listening on (https://127\.0\.0\.1:(\d+))")
