"""`grantry fix`: the file, the services and the bucket, each on the real thing."""

import json
import os
import stat

import pytest

from harness import expect
from harness.mastodons import Mastodon, finding, media_policy

TEXT = (
    "# Mastodon\r\n"
    "LOCAL_DOMAIN=social.example\r\n"
    "S3_PERMISSION=private\r\n"
    "S3_ACL=private\r\n"
    "  export S3_PERMISSION = \"public-read\" # for the CDN\r\n"
    "S3_MULTIPART_THRESHOLD=15\r\n"
)


@pytest.fixture
def media(buckets):
    name = buckets.enforced()
    buckets.allow(name, media_policy(name))
    return name


@pytest.fixture
def mastodon(server, media, tmp_path):
    made = Mastodon(tmp_path / "live", server.url, media)
    lines = "".join(f"{name}={value}\r\n" for name, value in made.lines.items())
    return made.write(TEXT + lines)


@pytest.fixture
def systemctl(tmp_path):
    """A stand-in that notes what it is asked for; there is one unit of a split Sidekiq."""
    directory = tmp_path / "bin"
    directory.mkdir()
    log = directory / "log"
    script = directory / "systemctl"
    script.write_text(
        f'#!/bin/sh\necho "$*" >> {log}\ncase "$1" in\n'
        "show) echo LoadState=not-found ;;\n"
        'list-units) case "$*" in *sidekiq*) echo "mastodon-sidekiq-ingress.service loaded active" ;; esac ;;\n'
        "esac\n"
    )
    script.chmod(0o755)
    return directory, log


def test_the_story(mastodon, media, owner, systemctl):
    """doctor names the cause, fix mends it, doctor is content, and fix has nothing left to do."""
    directory, log = systemctl
    mastodon.extra_path.append(directory)
    mastodon.file.chmod(0o640)
    before = mastodon.file.read_bytes()
    code, report = mastodon.doctor("--only", "C-10")
    assert code == 2 and finding(report, "C-10", "failing")["place"]["proposed"] == "S3_PERMISSION="

    # Without --yes it only shows, with --check it also says so.
    shown = mastodon.fix()
    assert shown.returncode == 0 and "--yes" in shown.stdout
    assert mastodon.fix("--check").returncode == 1
    assert mastodon.file.read_bytes() == before
    assert "-4: S3_ACL=private" in shown.stdout

    done = mastodon.fix("--yes", "--restart")
    assert done.returncode == 0, done.stdout + done.stderr
    after = mastodon.file.read_bytes()
    changed = TEXT.replace("S3_PERMISSION=private", "# S3_PERMISSION=private").replace("S3_ACL=private\r\n", "")
    changed = changed.replace('  export S3_PERMISSION = "public-read" # for the CDN',
                              "# for the CDN\r\n  export S3_PERMISSION=")
    changed = changed.replace("THRESHOLD=15", "THRESHOLD=15728640")
    assert after == before.replace(TEXT.encode(), changed.encode())
    assert stat.S_IMODE(mastodon.file.stat().st_mode) == 0o640
    (backup,) = [file for file in mastodon.directory.iterdir() if ".bak-" in file.name]
    assert backup.read_bytes() == before and stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert "restart mastodon-web mastodon-sidekiq mastodon-sidekiq-ingress" in log.read_text()

    code, report = mastodon.doctor("--only", "C-09,C-10,C-11,C-12")
    assert code == 0, json.dumps(report, indent=1)
    again = mastodon.fix("--yes", "--json")
    assert again.returncode == 0 and json.loads(again.stdout)["is_written"] is False
    assert mastodon.file.read_bytes() == after
    assert mastodon.fix("--check", "--quiet").stdout == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(mastodon):
    os.chown(mastodon.file, 12345, 54321)
    assert mastodon.fix("--yes").returncode == 0
    owner = mastodon.file.stat()
    assert (owner.st_uid, owner.st_gid) == (12345, 54321)


def test_a_stronger_source(mastodon):
    """No success is claimed while another file wins."""
    (mastodon.directory / ".env.production.local").write_text("S3_PERMISSION=public-read\n")
    done = mastodon.fix("--yes")
    assert done.returncode == 1, done.stdout
    assert "still overridden" in done.stdout and ".env.production.local:1" in done.stdout


def test_guards(server, buckets, tmp_path):
    """What the public reads only by ACL would be unreadable; old versions send the header all the same."""
    mastodon = Mastodon(tmp_path, server.url, buckets.preferred()).write(S3_PERMISSION="public-read")
    before = mastodon.file.read_bytes()
    refused = mastodon.fix("--yes")
    assert refused.returncode == 2 and "fix bucket" in refused.stderr
    assert mastodon.file.read_bytes() == before
    assert mastodon.fix("--yes", "--force").returncode in (0, 1)
    assert mastodon.file.read_bytes() != before


def test_old_versions_cannot_be_helped(mastodon):
    done = mastodon.fix("--yes", "--app-version", "3.5.19")
    assert done.returncode == 2 and "upgrade to 4.0.0" in done.stderr


def test_back_to_acls(server, buckets, owner, tmp_path):
    bucket = buckets.enforced()
    mastodon = Mastodon(tmp_path, server.url, bucket).write(S3_PERMISSION="")
    done = mastodon.fix("--mode", "acl", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    controls = expect.ok(owner.get(bucket, query="ownershipControls"))
    assert controls.texts("Rule/ObjectOwnership") == ["BucketOwnerPreferred"]
    code, report = mastodon.doctor("--only", "C-10,C-12")
    assert code == 0, report


def test_the_bucket(server, buckets, owner, anonymous, tmp_path):
    """The policy covers media and no exports, keeps what is there, and says how it is undone."""
    bucket = buckets.default()
    mastodon = Mastodon(tmp_path, server.url, bucket).write(S3_PERMISSION="")
    keep = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",
            "Resource": f"arn:aws:s3:::{bucket}"}
    buckets.allow(bucket, keep)
    expect.ok(owner.put(bucket, "accounts/a.png", b"a"))
    expect.ok(owner.put(bucket, "backups/dumps/b.tar.gz", b"b"))
    shown = mastodon.run("fix", "bucket", "mastodon")
    assert shown.returncode == 0 and "nothing was changed" in shown.stdout
    assert mastodon.run("fix", "bucket", "mastodon", "--check").returncode == 1
    expect.denied(anonymous.get(bucket, "accounts/a.png"))

    done = mastodon.run("fix", "bucket", "mastodon", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "put-bucket-policy" in done.stdout and "put-public-access-block" in done.stdout
    expect.ok(anonymous.get(bucket, "accounts/a.png"))
    expect.denied(anonymous.get(bucket, "backups/dumps/b.tar.gz"))
    flags = expect.ok(owner.get(bucket, query="publicAccessBlock"))
    assert flags.texts("BlockPublicAcls") == ["true"] and flags.texts("BlockPublicPolicy") == ["false"]
    assert '"Keep"' in expect.ok(owner.get(bucket, query="policy")).body.decode()
    assert mastodon.run("fix", "bucket", "mastodon", "--check").returncode == 0
    code, report = mastodon.doctor("--only", "C-12,C-15")
    assert code == 0, report


def test_a_yaml_file(server, buckets, tmp_path):
    """PeerTube's two settings become null, in place."""
    text = (
        "object_storage:\n  enabled: true\n"
        f"  endpoint: '{server.url}'\n  force_path_style: true\n"
        "  upload_acl:\n    # ä\n    public: 'public-read' # videos\n    private: 'private'\n"
        "  credentials:\n    access_key_id: 'AKIAEXAMPLE'\n    secret_access_key: 'secretsecret'\n"
        "  web_videos:\n    bucket_name: 'videos'\n"
    )
    mastodon = Mastodon(tmp_path, server.url, "videos").write(text)
    done = mastodon.run("fix", "peertube", "--yes", "--offline")
    assert done.returncode == 0, done.stdout + done.stderr
    expected = text.replace("'public-read'", "null").replace("private: 'private'", "private: null")
    assert mastodon.file.read_text() == expected


def test_completions_and_manual(mastodon, tmp_path):
    from harness.programs import Program
    from harness.server import binary

    program = Program("bash", tmp_path)
    for shell in ("bash", "zsh", "fish"):
        script = program("-c", f"{binary()} completions {shell}")
        assert "doctor" in script
    program("-c", f"{binary()} completions bash > c && . ./c && complete -p grantry")
    program("-c", f"{binary()} man pages")
    assert ".TH" in (tmp_path / "pages" / "grantry-doctor.1").read_text()
