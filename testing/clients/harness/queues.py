"""The real servers of Redis and NATS on loopback, and just enough of their clients."""

import base64
import contextlib
import json
import re
import socket
import ssl
import subprocess
import time

from .proxies import free_port

START_SECONDS_MAX = 30


class Redis:
    """`redis-server` with a password, with a certificate over TLS only; it may be killed and started again on its
    port."""

    def __init__(self, directory, password: str, certificate=None):
        self.directory, self.password, self.port = directory, password, free_port()
        self.certificate = certificate
        self.url = f"{'rediss' if certificate else 'redis'}://127.0.0.1:{self.port}/2"
        self.process = None

    def listening(self) -> list[str]:
        if not self.certificate:
            return ["--port", str(self.port)]
        pem, key = self.certificate
        return ["--port", "0", "--tls-port", str(self.port), "--tls-cert-file", str(pem), "--tls-key-file", str(key),
                "--tls-auth-clients", "no"]

    def start(self) -> "Redis":
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", *self.listening(), "--requirepass", self.password,
             "--save", "", "--dir", str(self.directory)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS_MAX
        while self("PING") != "PONG":
            assert self.process.poll() is None and time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.02)
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __call__(self, *command: str) -> str:
        """What `redis-cli` answers in database 2."""
        tls = ["--tls", "--cacert", str(self.certificate[0])] if self.certificate else []
        done = subprocess.run(
            ["redis-cli", *tls, "-p", str(self.port), "-n", "2", "--no-auth-warning", *command], capture_output=True,
            text=True, timeout=60, check=False, env={"PATH": "/usr/bin:/bin", "REDISCLI_AUTH": self.password})
        return done.stdout.strip()


class Nats:
    """`nats-server` with JetStream and a user, with a certificate over TLS only."""

    def __init__(self, directory, user: str, password: str, certificate=None):
        self.log = directory / "nats.log"
        self.user, self.password, self.certificate = user, password, certificate
        tls = ["--tls", "--tlscert", str(certificate[0]), "--tlskey", str(certificate[1])] if certificate else []
        self.process = subprocess.Popen(
            ["nats-server", "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", str(directory / "store"), "-l", str(self.log),
             "--user", user, "--pass", password, *tls], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS_MAX
        listening = re.compile(r"Listening for client connections on 127\.0\.0\.1:(\d+)")
        while not (found := listening.search(self.log.read_text() if self.log.exists() else "")):
            assert self.process.poll() is None and time.monotonic() < deadline, "nats-server did not start"
            time.sleep(0.02)
        self.port = int(found.group(1))
        self.url = f"{'tls' if certificate else 'nats'}://127.0.0.1:{self.port}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def request(self, subject: str, document: dict) -> dict:
        """One request of JetStream's API."""
        with contextlib.ExitStack() as closing:
            connection = closing.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=30))
            while not connection.recv(1) == b"\n":  # INFO comes before the handshake.
                pass
            if self.certificate:
                context = ssl.create_default_context(cafile=self.certificate[0])
                connection = closing.enter_context(context.wrap_socket(connection, server_hostname="127.0.0.1"))
            stream = connection.makefile("rwb")
            login = json.dumps({"user": self.user, "pass": self.password, "verbose": False})
            payload = json.dumps(document).encode()
            stream.write(f"CONNECT {login}\r\nSUB answer 1\r\nPUB {subject} answer {len(payload)}\r\n".encode()
                         + payload + b"\r\n")
            stream.flush()
            while not (line := stream.readline()).startswith(b"MSG "):
                assert line and not line.startswith(b"-ERR"), line
            return json.loads(stream.read(int(line.split()[-1])))

    def listen(self, stream: str, subject: str) -> None:
        made = self.request(f"$JS.API.STREAM.CREATE.{stream}", {"name": stream, "subjects": [subject]})
        assert "error" not in made, made

    def messages(self, stream: str) -> list[dict]:
        found = []
        while "message" in (answer := self.request(f"$JS.API.STREAM.MSG.GET.{stream}", {"seq": len(found) + 1})):
            found.append(json.loads(base64.b64decode(answer["message"]["data"])))
        return found
