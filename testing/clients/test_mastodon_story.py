"""The incident from its beginning to its end, on a whole site: PostgreSQL, Redis, Sidekiq, the SDK for Ruby.

Uploads work; the bucket's owner disables ACLs; uploads fail and take the old files with them; doctor names the
cause, watch sends mail, fix repairs, watch gives the all-clear, and recover brings back what was lost.
"""

import json

import pytest

from harness import expect
from harness.listeners import MailServer
from harness.mastodons import Mastodon, finding, media_policy
from harness.postgres import Postgres
from harness.services import Redis
from harness.sites import LOCAL, REMOTE, Site, picture, wait_for
from harness.tls import certificate

ALICE, BOB = LOCAL
# Who changes an avatar in the bad time, and loses the old one.
UNLUCKY = REMOTE[::7]


@pytest.fixture
def bucket(buckets):
    """ACLs are allowed, and media are public by ACL, as such sites were set up for years."""
    return buckets.preferred()


@pytest.fixture
def site(server, bucket, tmp_path):
    mastodon = Mastodon(tmp_path / "live", server.url, bucket)
    with Postgres(tmp_path / "postgres" / "cluster") as postgres:
        redis = Redis(tmp_path / "redis").start()
        try:
            with Site(mastodon, postgres, redis, S3_PERMISSION="public-read") as running:
                yield running
        finally:
            redis.stop()


class Watched:
    """`grantry watch --once` from a timer, and the mails that came of it."""

    def __init__(self, site, mail, directory):
        self.mastodon, self.mail = site.mastodon, mail
        password = directory / "password"
        password.write_text(mail.PASSWORD)
        self.configuration = directory / "watch.toml"
        self.configuration.write_text(f"""
host = "web1"
[schedule]
confirm_pause_seconds = 0
[mail]
server = "127.0.0.1"
port = {mail.port}
login = "{mail.LOGIN}"
password_file = "{password}"
from = "watch@a.example"
to = ["ops@a.example"]
""")
        self.state = directory / "state"

    def __call__(self, code: int) -> list:
        """The mails of one run that ends with this code."""
        before = len(self.mail.mails)
        done = self.mastodon.run("watch", "mastodon", "--once", "--watch-config", self.configuration,
                                 "--state-dir", self.state)
        assert done.returncode == code, (done.stdout, done.stderr)
        return [(mail["Subject"], mail.get_payload(decode=True).decode()) for mail in self.mail.mails[before:]]


@pytest.fixture
def watch(site, tmp_path):
    pem, key = certificate(tmp_path / "tls")
    site.mastodon.variables = {"SSL_CERT_FILE": str(pem)}
    with MailServer(pem, key) as mail:
        yield Watched(site, mail, tmp_path)


def lost(site, bucket, owner, anonymous) -> set[int]:
    """Accounts whose avatar is nowhere; every other one is what the public gets."""
    missing = set()
    for account, key in site.avatars().items():
        if owner.head(bucket, key).status == 404:
            expect.denied(anonymous.get(bucket, key))
            missing.add(account)
        else:
            expect.ok(anonymous.get(bucket, key))
    return missing


def test_the_story(site, bucket, owner, anonymous, buckets, watch, tmp_path):
    uploads_work(site, bucket, owner, anonymous)
    assert {subject.split("]")[0] for subject, _ in watch(0)} == {"[OK"}

    the_owner_disables_acls(bucket, buckets)
    uploads_fail_and_destroy(site, bucket, owner, anonymous)
    doctor_names_the_cause(site)
    watch_sends_mail(watch)
    fix_repairs(site, tmp_path)
    watch_gives_the_all_clear(watch)
    uploads_work_again(site, bucket, owner, anonymous)

    # Nothing brings back by itself what the bad time destroyed.
    assert lost(site, bucket, owner, anonymous) == set(UNLUCKY)
    recover_brings_back(site, bucket, owner, anonymous, tmp_path)
    # What remains are the jobs that died in the bad time, a warning.
    ((subject, _),) = watch(1)
    # A long subject is folded.
    subject = " ".join(subject.split())
    assert subject.startswith("[OK]") and subject.endswith(": avatars and headers of local accounts")


def uploads_work(site, bucket, owner, anonymous):
    for account in REMOTE:
        site.arrives(account, 1)
    for account, name in LOCAL.items():
        assert site.uploads(account, "avatar", picture(name)) == "200"
    wait_for("the first pictures", lambda: site.has_processed(len(REMOTE)))
    avatars = site.avatars()
    assert set(avatars) == {*LOCAL, *REMOTE}
    assert lost(site, bucket, owner, anonymous) == set()
    assert anonymous.get(bucket, avatars[BOB]).body == picture("bob")
    assert site.jobs("retry") == 0


def the_owner_disables_acls(bucket, buckets):
    """What the console proposes: a policy for the media, then no ACLs any more."""
    buckets.allow(bucket, media_policy(bucket))
    buckets.set_ownership(bucket, "BucketOwnerEnforced")


def uploads_fail_and_destroy(site, bucket, owner, anonymous):
    """HEAD, DELETE of the old one, PUT of the new one: the last fails, and the row stays as it was."""
    before = site.avatars()
    assert lost(site, bucket, owner, anonymous) == set(), "old files keep being served"
    for account in UNLUCKY:
        site.arrives(account, 2)
    wait_for("their failure", lambda: site.jobs("retry") == len(UNLUCKY))
    assert site.uploads(ALICE, "avatar", picture("alice 2")) == "500 Aws::S3::Errors::AccessControlListNotSupported"
    assert site.avatars() == before
    assert lost(site, bucket, owner, anonymous) == {*UNLUCKY, ALICE}
    # Weeks pass: the jobs have used up their tries.
    assert site.web("give-up") == "given up"
    assert (site.jobs("retry"), site.jobs("dead")) == (0, len(UNLUCKY))


def doctor_names_the_cause(site):
    code, report = site.mastodon.doctor()
    assert code == 2
    cause = finding(report, "C-10", "failing")
    assert "BucketOwnerEnforced" in cause["meaning"]
    refused = cause["evidence"][0]
    assert (refused["status"], refused["code"], refused["acl"]) == \
        (400, "AccessControlListNotSupported", "public-read")
    assert (cause["place"]["setting"], cause["place"]["proposed"]) == ("S3_PERMISSION", "S3_PERMISSION=")
    jobs = finding(report, "C-27")
    assert f"{len(UNLUCKY)} jobs of ActivityPub::ProcessingWorker in Sidekiq's dead set" in jobs["meaning"]
    assert report["leftovers"] == []


def watch_sends_mail(watch):
    mails = dict(watch(2))
    text = mails["[CRITICAL] Mastodon fails: uploads"]
    assert "AccessControlListNotSupported" in text and "public-read" in text
    # The local account whose avatar went is named too.
    assert "@alice (avatar)" in mails["[CRITICAL] Mastodon fails: avatars and headers of local accounts"]
    assert watch(2) == [], "nothing is told twice"


def fix_repairs(site, tmp_path):
    """The services are restarted, which is when they read the file."""
    directory = tmp_path / "bin"
    directory.mkdir()
    asked = directory / "asked"
    systemctl = directory / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$*" >> {asked}\n[ "$1" != show ] || echo LoadState=not-found\n')
    systemctl.chmod(0o755)
    site.mastodon.extra_path = [directory]
    done = site.mastodon.fix("--yes", "--restart")
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.mastodon.file.read_text().endswith("\nS3_PERMISSION=\n")
    assert "restart mastodon-web mastodon-sidekiq" in asked.read_text()
    site.sidekiq.restart()
    code, report = site.mastodon.doctor("--only", "C-09,C-10,C-11,C-12")
    assert code == 0, report


def watch_gives_the_all_clear(watch):
    ((subject, _),) = watch(2)
    assert subject.startswith("[OK] Mastodon works again after") and subject.endswith(": uploads")


def uploads_work_again(site, bucket, owner, anonymous):
    """Also for who lost something and tries again; that a picture is missing is no obstacle."""
    assert site.uploads(ALICE, "avatar", picture("alice 3")) == "200"
    site.arrives(REMOTE[1], 3)
    wait_for("the new picture", lambda: site.has_processed(len(REMOTE) + len(UNLUCKY) + 1))
    new = anonymous.get(bucket, site.avatars()[REMOTE[1]])
    assert expect.ok(new).body == picture(f"/{REMOTE[1]}/3.png")


def recover_brings_back(site, bucket, owner, anonymous, tmp_path):
    """First it says what is gone, and changes nothing; then it empties exactly those rows, and jobs refill them."""
    # What was written within the hour may still be on its way.
    site.sql("UPDATE accounts SET avatar_updated_at = avatar_updated_at - interval '3 weeks'")

    def recover(*arguments, code):
        done = site.mastodon.run("recover", "mastodon", "--json", "--state-dir", tmp_path / "recover",
                                 "--expect-loss", "20", *arguments)
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout)

    before = site.avatars()
    report = recover(code=1)
    found = [json.loads(line) for line in (tmp_path / "recover" / "found.jsonl").read_text().splitlines()]
    assert {(one["row"]["id"], one["fate"]) for one in found} == {(account, "refetch") for account in UNLUCKY}
    assert report["kinds"]["avatar"]["rows"] == len(LOCAL) + len(REMOTE)
    assert site.avatars() == before

    applied = recover("--apply", "--resume", "--jobs-per-minute", "60000", "--server-gap", "0", code=0)["applied"]
    assert (applied["cleared"], applied["jobs"], applied["failures"]) == (len(UNLUCKY), len(UNLUCKY), [])
    wait_for("all pictures", lambda: set(site.avatars()) == {*LOCAL, *REMOTE})
    assert lost(site, bucket, owner, anonymous) == set(), "everything is 200 again"
    # The newest picture of each, which was the one that could not be stored.
    assert anonymous.get(bucket, site.avatars()[UNLUCKY[0]]).body == picture(f"/{UNLUCKY[0]}/2.png")
    site.sql("UPDATE accounts SET avatar_updated_at = avatar_updated_at - interval '3 weeks'")
    assert recover(code=0)["kinds"]["avatar"]["dead"] == 0
