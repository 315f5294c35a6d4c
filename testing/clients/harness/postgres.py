"""A PostgreSQL of the tests' own, on a socket in a directory of its own."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

DIRECTORIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def program(name: str) -> str:
    found = shutil.which(name) or next((str(path / name) for path in DIRECTORIES if (path / name).exists()), None)
    assert found, f"no {name}; `make tools` installs it"
    return found


class Postgres:
    """Started by `with`; root runs it as `postgres`, for it refuses root."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.as_user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        self.user = "postgres" if self.as_user else pwd.getpwuid(os.geteuid()).pw_name

    def __enter__(self) -> "Postgres":
        self.directory.mkdir(parents=True)
        if self.as_user:
            shutil.chown(self.directory, "postgres", "postgres")
            # What leads there must let others through.
            for parent in self.directory.parents:
                if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o001 == 0:
                    parent.chmod(parent.stat().st_mode | 0o001)
        self.call("initdb", "-D", self.data, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-k {self.directory} -c listen_addresses='' -c fsync=off"
        self.call("pg_ctl", "-D", self.data, "-w", "-l", self.directory / "log", "-o", options, "start")
        return self

    def __exit__(self, *_) -> None:
        self.call("pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def call(self, name: str, *arguments) -> None:
        done = subprocess.run([program(name), *map(str, arguments)], cwd=self.directory, capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL, **self.as_user)
        assert done.returncode == 0, f"{name}: {done.stdout}\n{done.stderr}"

    def sql(self, text: str, database: str = "postgres") -> list[list[str]]:
        """Runs statements; the rows of the last one."""
        done = subprocess.run(
            [program("psql"), "-h", str(self.directory), "-U", self.user, "-d", database, "-XqAt", "-F", "\t",
             "-v", "ON_ERROR_STOP=1", "-f", "-"],
            input=text, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def settings(self, database: str) -> dict[str, str]:
        """What a Mastodon's environment file says of it."""
        return {"DB_HOST": str(self.directory), "DB_USER": self.user, "DB_NAME": database, "DB_PASS": ""}


# The part of Mastodon's schema that the tools read.
MASTODON_TABLES = """
CREATE TABLE accounts (
    id bigint PRIMARY KEY, username varchar NOT NULL DEFAULT '', domain varchar,
    suspended_at timestamp, updated_at timestamp NOT NULL DEFAULT now(), last_webfingered_at timestamp,
    avatar_file_name varchar, avatar_content_type varchar, avatar_file_size integer,
    avatar_updated_at timestamp, avatar_remote_url varchar, avatar_storage_schema_version integer,
    header_file_name varchar, header_content_type varchar, header_file_size integer,
    header_updated_at timestamp, header_remote_url varchar NOT NULL DEFAULT '',
    header_storage_schema_version integer);
CREATE TABLE media_attachments (
    id bigint PRIMARY KEY, account_id bigint, status_id bigint, remote_url varchar NOT NULL DEFAULT '',
    type integer NOT NULL DEFAULT 0, processing integer, created_at timestamp NOT NULL DEFAULT now(),
    file_file_name varchar, file_content_type varchar, file_file_size integer, file_updated_at timestamp,
    file_storage_schema_version integer,
    thumbnail_file_name varchar, thumbnail_content_type varchar, thumbnail_file_size integer,
    thumbnail_updated_at timestamp);
CREATE TABLE site_uploads (
    id bigint PRIMARY KEY, var varchar NOT NULL DEFAULT '', file_file_name varchar, file_content_type varchar,
    file_file_size integer, file_updated_at timestamp);
"""
