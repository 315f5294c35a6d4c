"""Starts, stops and kills the real binary."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from .accounts import FIRST, Account

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30


def binary() -> Path:
    """The server under test: `GRANTRY_BINARY`, else the release build, else the debug build."""
    named = os.environ.get("GRANTRY_BINARY")
    candidates = [Path(named)] if named else []
    candidates += [REPOSITORY / "target" / profile / "grantry" for profile in ("release", "debug")]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise FileNotFoundError("no grantry binary; run `cargo build --release -p grantry` first")


class Server:
    """One server process on one data directory; it may be started again after it ended."""

    LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:(\d+))")

    def __init__(self, directory: Path, extra_env: dict[str, str] | None = None):
        self.directory = Path(directory)
        self.data_dir = self.directory / "data"
        self.extra_env = dict(extra_env or {})
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.port = 0
        self._starts = 0

    def environment(self) -> dict[str, str]:
        """The documented variables and nothing that the caller's shell happens to hold."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "GRANTRY_LISTEN": "127.0.0.1:0",
            "GRANTRY_DATA_DIR": str(self.data_dir),
            "GRANTRY_ROOT_ACCESS_KEY_ID": FIRST.access_key_id,
            "GRANTRY_ROOT_SECRET_ACCESS_KEY": FIRST.secret_access_key,
        } | self.extra_env

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server was never started"
        return self.process.pid

    @property
    def stdout(self) -> str:
        return self._log("stdout").read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return self._log("stderr").read_text(errors="replace")

    def _log(self, stream: str) -> Path:
        return self.directory / f"{stream}-{self._starts}.log"

    def start(self) -> "Server":
        """Starts the process and waits until it says where it listens."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._starts += 1
        with self._log("stdout").open("wb") as out, self._log("stderr").open("wb") as err:
            self.process = subprocess.Popen(
                [binary(), "serve"],
                env=self.environment(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self._wait_until_listening()
        return self

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            found = self.LISTENING.search(self.stdout)
            if found:
                self.url, self.port = found.group(1), int(found.group(2))
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        status = self.process.poll()
        self.kill()
        raise RuntimeError(
            f"the server did not start (exit status {status})\n{self.stdout}\n{self.stderr}"
        )

    def stop(self) -> int:
        """Asks it to end and gives back the exit status."""
        self.terminate()
        return self.wait()

    def terminate(self) -> None:
        """Asks it to end (SIGTERM); a second time would end it without waiting for requests."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status, once it has ended."""
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """Ends it at once (SIGKILL), as a crash or an empty battery would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def command(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs another subcommand of the binary on the same data directory."""
        return subprocess.run(
            [binary(), *arguments],
            env=self.environment(),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def create_account(self, account: Account) -> dict:
        """`grantry account create` with given ids and keys; the answer as JSON."""
        done = self.command(
            "account", "create", "--json",
            "--name", account.name,
            "--account-id", account.account_id,
            "--canonical-id", account.canonical_id,
            "--access-key-id", account.access_key_id,
            "--secret-access-key", account.secret_access_key,
        )
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        for given in (account.account_id, account.canonical_id):
            assert given in made["account"].values(), done.stdout
        assert made["access_key"]["access_key_id"] == account.access_key_id, done.stdout
        return made

    def memory_bytes(self, field: str) -> int:
        """A memory figure of the process: `VmRSS` (now) or `VmHWM` (highest so far)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        raise KeyError(field)
