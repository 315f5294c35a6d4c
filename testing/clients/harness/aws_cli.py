"""The AWS CLI, unchanged: Debian's version 2 and version 1 from the package index."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .accounts import B
from .programs import aws_environment


def version_of(program: str) -> str:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (shown.stdout + shown.stderr).strip()


def program_of(version: int) -> str:
    """Version 1 stands beside this Python, version 2 is the first one on the PATH."""
    found = [str(Path(sys.executable).with_name("aws"))]
    if version == 2:
        found = [shutil.which("aws", path=directory) for directory in os.environ["PATH"].split(os.pathsep)]
    for program in filter(None, found):
        if version_of(program).startswith(f"aws-cli/{version}."):
            return program
    raise FileNotFoundError(f"no AWS CLI of version {version}; `make tools` installs it")


class Cli:
    """Runs one AWS CLI against an endpoint, with nothing of the user's own configuration."""

    def __init__(self, version: int, url: str, home: Path, account=B, **environment: str):
        self.program = program_of(version)
        self.version = version
        self.url = url
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "AWS_PAGER": "",
            "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": str(home / "config"),
        } | aws_environment(account) | environment
        self.refused = {1: 255, 2: 254}[version]  # exit status after an error of the service
        # Version 1 and boto3 presign with Signature Version 2 unless they are told otherwise.
        (home / "config").write_text("[default]\ns3 =\n  signature_version = s3v4\n")

    def __call__(self, *arguments, status: int = 0) -> str:
        command = [self.program, "--endpoint-url", self.url, *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, cwd=self.home,
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def json(self, *arguments) -> dict:
        return json.loads(self("s3api", *arguments, "--output", "json"))
