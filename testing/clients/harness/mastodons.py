"""A Mastodon's environment file, and the tools that are pointed at it."""

import json
import os
import subprocess
from pathlib import Path

from .accounts import B, Account
from .server import binary

SECONDS_MAX = 120
PUBLIC_PREFIXES = ("accounts", "cache", "custom_emojis", "media_attachments", "preview_cards", "site_uploads")


class Mastodon:
    """A directory as that of a Mastodon, with nothing in it but what the tools read."""

    def __init__(self, directory: Path, endpoint: str, bucket: str, account: Account = B):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.account = account
        self.file = directory / ".env.production"
        self.extra_path: list[Path] = []
        self.variables: dict[str, str] = {}
        host = endpoint.removeprefix("http://")
        self.lines = {
            "S3_ENABLED": "true", "S3_BUCKET": bucket, "S3_ENDPOINT": endpoint, "S3_PROTOCOL": "http",
            "S3_HOSTNAME": host, "AWS_ACCESS_KEY_ID": account.access_key_id,
            "AWS_SECRET_ACCESS_KEY": f"'{account.secret_access_key}'",
            # Nobody listens there.
            "REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1",
        }
        self.write()

    def write(self, text: str | None = None, **lines: str) -> "Mastodon":
        """Writes the file: the usual lines and these, or a text of its own."""
        all_lines = self.lines | lines
        default = "".join(f"{name}={value}\n" for name, value in all_lines.items())
        self.file.write_bytes((default if text is None else text).encode())
        return self

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([*map(str, self.extra_path), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(self.directory), "LANG": "C.UTF-8"} | self.variables

    def start(self, *arguments) -> subprocess.Popen:
        return subprocess.Popen(
            [binary(), *map(str, arguments), "--env-file", self.file], env=self.environment(),
            cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments) -> subprocess.CompletedProcess:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=SECONDS_MAX)
        for said in (out, err):
            assert self.account.secret_access_key not in said, "a secret was printed"
            assert self.account.access_key_id not in said, "a whole access key id was printed"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def doctor(self, *arguments) -> tuple[int, dict]:
        """The exit code and the report."""
        done = self.run("doctor", "mastodon", "--json", *arguments)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def fix(self, *arguments) -> subprocess.CompletedProcess:
        return self.run("fix", "mastodon", *arguments)


def finding(report: dict, check: str, severity: str | None = None) -> dict:
    """The finding of a check, the gravest if there are more; of this severity if one is given."""
    found = [one for one in report["findings"]
             if one["id"] == check and severity in (None, one["severity"])]
    assert found, f"no {severity or ''} finding {check} in {json.dumps(report, indent=1)}"
    return found[0]


def media_policy(bucket: str) -> dict:
    """What lets the public read media, and nothing else."""
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": [f"arn:aws:s3:::{bucket}/{prefix}/*" for prefix in PUBLIC_PREFIXES]}
