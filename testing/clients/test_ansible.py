"""The role of `deploy/ansible` with the real Ansible, on this machine by a local connection."""

import grp
import json
import os
import pwd
import re
import sys

import pytest

from harness import expect
from harness.accounts import B
from harness.listeners import Hook
from harness.mastodons import Mastodon
from harness.programs import Program
from harness.server import REPOSITORY, binary

ANSIBLE = REPOSITORY / "deploy" / "ansible"
RECAP = re.compile(r"localhost +: ok=(\d+) +changed=(\d+) +unreachable=0 +failed=(\d+)")
# Keeps what it is told in files, and answers from them: there is no systemd to talk to here.
SYSTEMCTL = """#!/bin/sh
cd {state} || exit 1
echo "$*" >> log
case "$1" in
    --version) echo "systemd 252" ;;
    daemon-reload) ;;
    show)
        echo "LoadState=loaded"
        if [ -e "$2.active" ]; then echo "ActiveState=active"; else echo "ActiveState=inactive"; fi
        echo "Id=$2" ;;
    is-enabled) if [ -e "$2.enabled" ]; then echo enabled; else echo disabled; exit 1; fi ;;
    is-active) [ -e "$2.active" ] ;;
    enable) touch "$2.enabled" ;;
    start|restart) touch "$2.active" ;;
esac
"""


class Ansible:
    """A playbook with the role for one machine: this one."""

    def __init__(self, directory, mastodon, **variables):
        self.directory = directory
        self.mastodon = mastodon
        self.units = directory / "units"
        self.etc = directory / "etc"
        self.systemd = directory / "systemd"
        for made in (self.units, self.systemd, directory / "bin"):
            made.mkdir()
        systemctl = directory / "bin" / "systemctl"
        systemctl.write_text(SYSTEMCTL.format(state=self.systemd))
        systemctl.chmod(0o755)
        for service in ("mastodon-web", "mastodon-sidekiq"):
            (self.systemd / f"{service}.active").touch()
        variables = {
            "grantry_executable": str(binary()), "grantry_env_file": str(mastodon.file),
            "grantry_configuration_directory": str(self.etc), "grantry_unit_directory": str(self.units),
            "grantry_user": pwd.getpwuid(os.geteuid()).pw_name,
            "grantry_group": grp.getgrgid(os.getegid()).gr_name,
        } | variables
        self.variables = directory / "variables.json"
        self.variables.write_text(json.dumps(variables))
        self.playbook = directory / "site.yml"
        self.playbook.write_text("- hosts: localhost\n  gather_facts: false\n  roles: [grantry_media]\n")
        self.program = Program("ansible-playbook", directory, {
            "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_ROLES_PATH": str(ANSIBLE / "roles"), "ANSIBLE_NOCOWS": "1", "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1", "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "ANSIBLE_RETRY_FILES_ENABLED": "0", "LC_ALL": "C.UTF-8",
        })

    def run(self, *arguments):
        """What it said, how many tasks changed something, and how many failed."""
        done = self.program.run("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}",
                                "-e", f"@{self.variables}", *arguments, self.playbook)
        said = done.stdout + done.stderr
        assert self.mastodon.account.secret_access_key not in said, "a secret was printed"
        found = RECAP.search(said)
        assert found, said
        return said, int(found[2]), int(found[3])

    def asked(self) -> str:
        log = self.systemd / "log"
        return log.read_text() if log.exists() else ""


@pytest.fixture
def bucket(buckets):
    """As Amazon makes them today, with nothing public yet."""
    return buckets.default()


@pytest.fixture
def mastodon(server, bucket, tmp_path):
    made = Mastodon(tmp_path / "live", server.url, bucket)
    return made.write(S3_PERMISSION="public-read", S3_ACL="private")


def test_the_role(mastodon, bucket, owner, anonymous, tmp_path):
    """Check mode says it and does nothing, the run does it, the next one has nothing to do."""
    before = mastodon.file.read_bytes()
    with Hook() as hook:
        ansible = Ansible(
            tmp_path, mastodon, grantry_fix_bucket=True, grantry_owner_access_key_id=B.access_key_id,
            grantry_owner_secret_access_key=B.secret_access_key,
            grantry_watch_webhooks=[{"url": hook.url, "secret_file": str(tmp_path / "etc" / "hook")}],
            grantry_watch_secrets={"hook": "hook-secret"}, grantry_watch_schedule={"confirm_pause_seconds": 0})
        shown, changed, failed = ansible.run("--check", "--diff")
        assert (changed > 0, failed) == (True, 0), shown
        assert "-10: S3_PERMISSION=public-read" in shown and "+10: S3_PERMISSION=" in shown, shown
        assert re.search(r'^\+ +"Action": "s3:GetObject"', shown, re.MULTILINE), shown
        assert mastodon.file.read_bytes() == before and not ansible.etc.exists() and hook.posts == []
        assert owner.get(bucket, query="policy").status == 404

        said, changed, failed = ansible.run()
        assert failed == 0, said
        assert "hook-secret" not in said
        text = mastodon.file.read_text()
        assert text.endswith("\nS3_PERMISSION=\n") and "S3_ACL" not in text
        for wanted in ("restart mastodon-web", "restart mastodon-sidekiq", "enable grantry-watch-write.timer",
                       "start grantry-watch-sweep.timer"):
            assert wanted in ansible.asked(), ansible.asked()
        assert [json.loads(post.body)["check"] for post in hook.posts] == [None], "a test alert"

        asked = ansible.asked().count("restart")
        said, changed, failed = ansible.run()
        assert (changed, failed) == (0, 0), said
        assert ansible.asked().count("restart") == asked and len(hook.posts) == 1
    expect.ok(owner.put(bucket, "accounts/a.png", b"a"))
    expect.ok(anonymous.get(bucket, "accounts/a.png"))
    the_watch_runs(ansible, mastodon)


def the_watch_runs(ansible, mastodon):
    """What the unit starts is what works."""
    configuration = ansible.etc / "watch.toml"
    assert configuration.stat().st_mode & 0o777 == 0o640
    assert (ansible.etc / "hook").read_text() == "hook-secret\n"
    for name in ("write", "sweep"):
        for kind in ("service", "timer"):
            shipped = REPOSITORY / "deploy" / "watch" / f"grantry-watch-{name}.{kind}"
            assert (ansible.units / shipped.name).read_text() == shipped.read_text()
    particular = (ansible.units / "grantry-watch-write.service.d" / "ansible.conf").read_text()
    words = re.findall(r'"([^"]*)"', particular)
    assert words[0] == str(binary()) and words[-3:] == ["--once", "--only", "write,queue"]
    done = mastodon.run(*words[1:words.index("--env-file")], "--watch-config", configuration, "--once",
                        "--only", "write", "--json", "--state-dir", ansible.directory / "state")
    assert done.returncode == 0 and json.loads(done.stdout)["level"] == "ok", done.stdout


def test_what_the_module_refuses(mastodon, tmp_path):
    """No success is claimed while a stronger file wins, nor where the program cannot do its work."""
    (mastodon.directory / ".env.production.local").write_text("S3_PERMISSION=public-read\n")
    ansible = Ansible(tmp_path, mastodon, grantry_watch=False, grantry_offline=True)
    said, changed, failed = ansible.run()
    assert failed == 1 and ".env.production.local:1 is stronger than this file" in said, said
    mastodon.write(S3_ENABLED="yes")
    said, changed, failed = ansible.run("--check")
    assert (changed, failed) == (0, 1) and "only exactly `true` counts" in said, said
