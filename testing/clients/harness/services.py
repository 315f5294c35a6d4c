"""Redis, and a store that is not ours, each with its own port and directory."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from .programs import find
from .server import START_SECONDS_MAX, STOP_SECONDS_MAX


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """A process that listens on a port of its own."""

    def __init__(self, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self):
        with (self.directory / "log").open("wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.directory)
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.stop()
        raise RuntimeError((self.directory / "log").read_text(errors="replace"))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


class Redis(Service):
    """Debian's redis-server, which keeps nothing."""

    def command(self) -> list[str]:
        return [find("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--dir", str(self.directory)]

    def command_line(self, *words: str) -> bytes:
        parts = [f"*{len(words)}\r\n".encode()]
        parts += [b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words]
        return b"".join(parts)

    def send(self, *words: str) -> bytes:
        """One command in Redis' own protocol; the answer as it comes."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(self.command_line(*words))
            answer = connection.recv(65536)
        assert not answer.startswith(b"-"), answer
        return answer


class Moto(Service):
    """moto's S3, which has neither our code nor our opinions."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(self.port)]

    def put_bucket(self, bucket: str) -> None:
        made = requests.put(f"{self.url}/{bucket}", timeout=30)
        assert made.status_code == 200, made.text
