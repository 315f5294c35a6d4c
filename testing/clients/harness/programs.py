"""Programs that people use, run against the server with nothing of the user's own configuration."""

import os
import shutil
import subprocess
from pathlib import Path

from .accounts import B
from .sigv4 import REGION

SECONDS_MAX = 120


def find(name: str) -> str:
    """Where a program is; a missing one is a failure."""
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert program, f"no {name} on the PATH; `make tools` installs it"
    return program


class Program:
    """One program with an environment and a home directory of its own."""

    def __init__(self, name: str, home: Path, environment: dict[str, str] | None = None):
        self.path = find(name)
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TMPDIR": str(home),
        } | dict(environment or {})

    def run(self, *arguments, text: str | None = None) -> subprocess.CompletedProcess:
        """What came of it, whatever that is; `text` is its standard input."""
        given = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
        return subprocess.run([self.path, *map(str, arguments)], env=self.environment, cwd=self.home,
                              capture_output=True, text=True, timeout=SECONDS_MAX, check=False, **given)

    def __call__(self, *arguments, text: str | None = None) -> str:
        """Its standard output, if it succeeded."""
        done = self.run(*arguments, text=text)
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def fails(self, *arguments) -> str:
        """All that it said, if it failed."""
        done = self.run(*arguments)
        assert done.returncode != 0, f"{arguments} succeeded\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def aws_environment(account=B) -> dict[str, str]:
    """The variables that all AWS SDKs read."""
    return {
        "AWS_ACCESS_KEY_ID": account.access_key_id, "AWS_SECRET_ACCESS_KEY": account.secret_access_key,
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
    }
