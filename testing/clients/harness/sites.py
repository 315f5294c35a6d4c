"""A whole Mastodon site: database, Redis, Sidekiq with stand-in workers, and a server elsewhere."""

import json
import signal
import subprocess
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from .mastodons import Mastodon
from .postgres import MASTODON_TABLES, Postgres
from .programs import Program, find
from .services import Redis

APPLICATION = Path(__file__).resolve().parents[1] / "mastodon" / "application.rb"
SECONDS_MAX = 60
# Local, and remote with ids of every shape that there is: sequences, snowflakes, and those of 17 digits.
LOCAL = {1: "alice", 116123456789012345: "bob"}
REMOTE = [*range(101, 121), *range(97123456789012340, 97123456789012345), *range(116123456789012400, 116123456789012415)]


def wait_for(what: str, is_so) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)


def picture(name: str) -> bytes:
    """A file that is known again, and that begins as a PNG does."""
    return b"\x89PNG\r\n\x1a\n" + name.encode() * 8


class RemoteServer:
    """Serves a picture at every path."""

    def __enter__(self) -> "RemoteServer":
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = picture(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


class Sidekiq:
    """Debian's Sidekiq with the application's workers; it reads the environment file when it starts."""

    def __init__(self, mastodon: Mastodon):
        self.mastodon = mastodon
        self.log = mastodon.directory / "sidekiq.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> "Sidekiq":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [find("sidekiq"), "-r", str(APPLICATION), "-c", "3", "-q", "ingress", "-q", "pull", "-t", "5"],
                cwd=self.mastodon.directory, env=self.mastodon.environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        return self

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(SECONDS_MAX)

    def restart(self) -> None:
        self.stop()
        self.start()


class Site:
    """Made of running servers; `with` starts Sidekiq and the server elsewhere."""

    def __init__(self, mastodon: Mastodon, postgres: Postgres, redis: Redis, **lines: str):
        self.mastodon, self.postgres, self.redis = mastodon, postgres, redis
        self.database = "site_" + uuid.uuid4().hex
        postgres.sql(f"CREATE DATABASE {self.database}")
        mastodon.lines |= postgres.settings(self.database)
        mastodon.lines |= {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port)} | lines
        mastodon.write()
        self.sidekiq = Sidekiq(mastodon)
        self.remote = RemoteServer()

    def __enter__(self) -> "Site":
        self.remote.__enter__()
        rows = [f"({number}, '{name}', NULL)" for number, name in LOCAL.items()]
        rows += [f"({number}, 'u{number}', 'remote.example')" for number in REMOTE]
        self.sql(MASTODON_TABLES + "INSERT INTO accounts (id, username, domain) VALUES " + ", ".join(rows) + "; "
                 "UPDATE accounts SET avatar_storage_schema_version = 1, header_storage_schema_version = 1;")
        self.sidekiq.start()
        return self

    def __exit__(self, *_) -> None:
        self.sidekiq.stop()
        self.remote.__exit__()

    def sql(self, text: str) -> list[list[str]]:
        return self.postgres.sql(text, self.database)

    # What happens to a site

    def arrives(self, account: int, version: int) -> None:
        """A remote account has a new picture, and tells it."""
        document = json.dumps({"type": "Update", "object": {"icon": {"url": self.picture_url(account, version)}}})
        job = {"class": "ActivityPub::ProcessingWorker", "args": [account, document], "queue": "ingress", "retry": 8,
               "jid": uuid.uuid4().hex[:24], "created_at": time.time(), "enqueued_at": time.time()}
        self.redis.send("SADD", "queues", "ingress")
        self.redis.send("LPUSH", "queue:ingress", json.dumps(job))

    def picture_url(self, account: int, version: int) -> str:
        return f"{self.remote.url}/{account}/{version}.png"

    def uploads(self, account: int, attachment: str, body: bytes) -> str:
        """A local user does; what the browser is answered."""
        file = self.mastodon.directory / "upload.png"
        file.write_bytes(body)
        return self.web("upload", account, attachment, file)

    def web(self, *arguments) -> str:
        program = Program("ruby", self.mastodon.directory, self.mastodon.environment())
        return program(APPLICATION, *arguments).strip()

    # What is seen of it

    def jobs(self, name: str) -> int:
        """Jobs in a queue or a sorted set."""
        count = "LLEN" if name.startswith("queue:") else "ZCARD"
        return int(self.redis.send(count, name)[1:])

    def has_processed(self, jobs: int) -> bool:
        """Since Sidekiq's first start; jobs that failed count."""
        answer = self.redis.send("GET", "stat:processed")
        return answer != b"$-1\r\n" and int(answer.split(b"\r\n")[1]) >= jobs

    def avatars(self) -> dict[int, str]:
        """The key of each account's avatar, as the row says."""
        rows = self.sql("SELECT id, domain IS NOT NULL, avatar_file_name FROM accounts "
                        "WHERE avatar_file_name IS NOT NULL ORDER BY id")
        return {int(account): self.key(int(account), is_remote == "t", name) for account, is_remote, name in rows}

    @staticmethod
    def key(account: int, is_remote: bool, name: str) -> str:
        digits = f"{account:09d}" if account < 10 ** 9 else f"{account:012d}"
        groups = [digits[at:at + 3] for at in range(0, len(digits) - len(digits) % 3, 3)]
        return f"{'cache/' if is_remote else ''}accounts/avatars/{'/'.join(groups)}/original/{name}"
