"""nginx and Caddy with the configurations of docs/howto/reverse-proxy.md.

Only what differs from machine to machine is put in: names, ports, certificates.
"""

import re
import socket
import subprocess
import time
from pathlib import Path

from .programs import find
from .server import REPOSITORY, START_SECONDS_MAX, STOP_SECONDS_MAX
from .tls import certificate

DOCUMENT = REPOSITORY / "docs/howto/reverse-proxy.md"


def documented(language: str) -> str:
    """The one block of the document in this language."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return block


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def put_in(text: str, *changes: tuple[str, str]) -> str:
    """The text with each of the changes, which must all apply: else the document says something new."""
    for old, new in changes:
        assert old in text, f"{DOCUMENT.name} has no `{old}`"
        text = text.replace(old, new)
    return text


class Proxy:
    """A proxy with TLS for `localhost` and `*.s3.localhost` in front of one server."""

    def __init__(self, directory: Path, upstream_port: int):
        directory.mkdir(parents=True)
        self.directory = directory
        self.upstream = f"127.0.0.1:{upstream_port}"
        self.port = free_port()
        self.certificate, self.key = certificate(directory / "pair")
        self.url = f"https://localhost:{self.port}"
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        """Writes the configuration; the command that runs the proxy with it."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def start(self) -> "Proxy":
        command = self.command()
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.directory)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=self.directory,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{command} did not start\n{self.log.read_text(errors='replace')}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nginx(Proxy):
    def command(self) -> list[str]:
        server = put_in(
            documented("nginx"),
            ("listen 443 ssl;", f"listen {self.port} ssl http2;"),
            ("    http2 on;\n", ""),  # Debian's nginx is older than that
            ("s3.example.com *.s3.example.com", "localhost *.s3.localhost"),
            ("/etc/ssl/s3.example.com/fullchain.pem", str(self.certificate)),
            ("/etc/ssl/s3.example.com/privkey.pem", str(self.key)),
            ("127.0.0.1:9000", self.upstream),
        )
        temporary = "".join(
            f"{kind}_temp_path {self.directory}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.directory / "nginx.conf").write_text(
            f"daemon off;\nmaster_process off;\npid {self.directory}/pid;\nerror_log stderr info;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{server}}}\n"
        )
        return [find("nginx"), "-p", str(self.directory), "-c", str(self.directory / "nginx.conf")]


class Caddy(Proxy):
    def command(self) -> list[str]:
        site = put_in(
            documented("caddyfile"),
            ("s3.example.com, *.s3.example.com {",
             f"localhost:{self.port}, *.s3.localhost:{self.port} {{\n\ttls {self.certificate} {self.key}"),
            ("127.0.0.1:9000", self.upstream),
        )
        (self.directory / "Caddyfile").write_text(
            "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n"
            f"\tstorage file_system {self.directory}/storage\n}}\n{site}"
        )
        return [find("caddy"), "run", "--adapter", "caddyfile", "--config", str(self.directory / "Caddyfile")]
