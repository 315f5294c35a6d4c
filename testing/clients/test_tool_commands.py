"""What holds for every command of the toolkit, found by asking the program itself."""

import os
import pty
import re
import subprocess

import pytest

from harness.mastodons import Mastodon
from harness.server import REPOSITORY, binary

ESCAPE = "\x1b["
EXIT_CODES = (REPOSITORY / "docs" / "exit-codes.md").read_text()
# What a command needs besides the profile and the file, so that it ends by itself and changes nothing.
ARGUMENTS = {"doctor": ["--only", "C-10"], "fix": ["--check", "--offline"], "watch": ["--once", "--only", "write"]}


def help_of(*command: str) -> str:
    done = subprocess.run([binary(), *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def commands() -> list[str]:
    listed = help_of().split("Commands:\n")[1].split("\n\n")[0]
    return [name for name in re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE) if name != "help"]


def tools() -> list[str]:
    """Those that are pointed at an application."""
    return [name for name in commands() if re.search(r"^Usage: .* <PROFILE", help_of(name), re.MULTILINE)]


@pytest.fixture
def mastodon(server, buckets, tmp_path):
    """Uploads fail, so that there is something to say."""
    return Mastodon(tmp_path / "live", server.url, buckets.enforced()).write(S3_PERMISSION="public-read")


def on_a_terminal(mastodon, arguments, **variables) -> str:
    """What a person sees who sits at a terminal with colours."""
    ours, theirs = pty.openpty()
    environment = mastodon.environment() | {"TERM": "xterm-256color"} | variables
    process = subprocess.Popen([binary(), *map(str, arguments), "--env-file", mastodon.file], env=environment,
                               cwd=mastodon.directory, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass  # The other end was closed: the process has ended.
    finally:
        os.close(ours)
        process.wait(60)
    return shown.decode(errors="replace")


def arguments(tool, tmp_path):
    if tool != "watch":
        return [tool, "mastodon", *ARGUMENTS.get(tool, [])]
    configuration = tmp_path / "watch.toml"
    configuration.write_text("[schedule]\nconfirm_pause_seconds = 0\n")
    return [tool, "mastodon", *ARGUMENTS[tool], "--watch-config", configuration, "--state-dir", tmp_path / "state"]


def test_every_tool_is_in_the_table_of_exit_codes():
    assert {"doctor", "fix", "watch"} <= set(tools())
    rows = [line.split("|")[1] for line in EXIT_CODES.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`([a-z-]+)", " ".join(rows)))
    assert set(tools()) <= named


@pytest.mark.parametrize("tool", tools())
def test_help_names_what_scripts_rely_on(tool):
    said = help_of(tool)
    assert "Exit codes" in said
    assert re.search(r"^ +(-q, )?--quiet$", said, re.MULTILINE) and re.search(r"^ +--json$", said, re.MULTILINE)


@pytest.mark.parametrize("tool", tools())
def test_a_missing_file_is_named_with_the_next_step(tool, tmp_path):
    done = subprocess.run([binary(), *map(str, arguments(tool, tmp_path))], cwd=tmp_path, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 3 and done.stdout == "", done
    assert "cannot read .env.production" in done.stderr and "--env-file FILE" in done.stderr


@pytest.mark.parametrize("tool", tools())
def test_colours(tool, mastodon, tmp_path):
    """Never for pipes, and never for people who want none."""
    asked = arguments(tool, tmp_path)
    plain = on_a_terminal(mastodon, asked, NO_COLOR="1")
    assert plain.strip() and ESCAPE not in plain
    assert ESCAPE not in on_a_terminal(mastodon, asked, TERM="dumb")
    assert ESCAPE not in mastodon.run(*asked).stdout
    # An empty NO_COLOR is none.
    coloured = on_a_terminal(mastodon, asked, NO_COLOR="")
    assert ESCAPE in coloured or tool != "doctor"
    without = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b" not in without


@pytest.mark.parametrize("tool", ["doctor", "fix", "watch"])
def test_quiet_says_no_more_than_what_is_wrong(tool, mastodon, owner, tmp_path):
    """Nothing at all when all is well; the code is the same with and without."""
    asked = arguments(tool, tmp_path)
    loud, quiet = mastodon.run(*asked), mastodon.run(*asked, "--quiet")
    assert loud.returncode == quiet.returncode != 0
    assert len(quiet.stdout) <= len(loud.stdout)
