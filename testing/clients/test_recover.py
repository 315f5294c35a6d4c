"""`grantry recover` on a site with PostgreSQL, Redis and Sidekiq: what it finds, refuses, empties and brings back."""

import json
import signal
import stat
from contextlib import contextmanager

import pytest

from harness import expect
from harness.buckets import new_name
from harness.faults import Fault, FaultProxy
from harness.mastodons import Mastodon, media_policy
from harness.postgres import Postgres
from harness.services import Redis
from harness.sites import LOCAL, REMOTE, Sidekiq, Site, picture, wait_for

ALICE, BOB = LOCAL
# Tables of Mastodon's that only this tool reads.
MORE_TABLES = """
CREATE TABLE custom_emojis (
    id bigint PRIMARY KEY, shortcode varchar NOT NULL DEFAULT '', domain varchar, image_file_name varchar,
    image_content_type varchar, image_file_size integer, image_updated_at timestamp, image_remote_url varchar,
    image_storage_schema_version integer);
CREATE TABLE preview_cards (
    id bigint PRIMARY KEY, url varchar NOT NULL DEFAULT '', image_file_name varchar, image_content_type varchar,
    image_file_size integer, image_updated_at timestamp, image_storage_schema_version integer);
CREATE TABLE backups (
    id bigint PRIMARY KEY, user_id bigint, dump_file_name varchar, dump_content_type varchar,
    dump_updated_at timestamp, dump_file_size bigint);
CREATE TABLE follows (id bigint PRIMARY KEY, account_id bigint, target_account_id bigint);
CREATE TABLE domain_blocks (id bigint PRIMARY KEY, domain varchar, reject_media boolean NOT NULL DEFAULT false);
CREATE TABLE unavailable_domains (id bigint PRIMARY KEY, domain varchar);
"""
AVATAR = ["avatar_file_name", "avatar_content_type", "avatar_file_size", "avatar_updated_at"]
# All of a small site is much in a hundred.
LOSS = ("--expect-loss", "100")
# Nobody is spared here: the other server is ours.
AT_ONCE = ("--jobs-per-minute", "60000", "--server-gap", "0")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres") / "cluster") as running:
        yield running


@pytest.fixture
def bucket(buckets):
    name = buckets.enforced()
    buckets.allow(name, media_policy(name))
    return name


class Asleep:
    """Most of this needs no Sidekiq."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Recovered(Site):
    """A site whose files were put where they belong, and the tool with a state directory of its own."""

    owner = bucket = None

    def __init__(self, *running, **lines):
        super().__init__(*running, **lines)
        self.sidekiq = Asleep()

    def recover(self, *arguments, code: int) -> dict:
        done = self.mastodon.run(*self.arguments(*arguments))
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout else {"error": done.stderr}

    def arguments(self, *more):
        return ["recover", "mastodon", "--json", "--state-dir", self.mastodon.directory / "recover", *more]

    def fill(self, *accounts: int) -> None:
        """Gives them avatars of long ago."""
        ids = ", ".join(map(str, accounts))
        self.sql(f"UPDATE accounts SET avatar_file_name = 'a' || id || '.png', avatar_content_type = 'image/png', "
                 "avatar_file_size = 5, avatar_updated_at = '2026-01-02 03:04:05.678', avatar_remote_url = "
                 f"CASE WHEN domain IS NULL THEN NULL ELSE '{self.remote.url}/' || id || '/1.png' END "
                 f"WHERE id IN ({ids})")
        for account, key in self.avatars().items():
            if account in accounts:
                self.put(key)

    def put(self, key: str) -> None:
        expect.ok(self.owner.put(self.bucket, key, body=picture(key), headers={"content-type": "image/png"}))

    def lose(self, *accounts: int) -> None:
        avatars = self.avatars()
        for account in accounts:
            expect.ok(self.owner.delete(self.bucket, avatars[account]), 204)

    def there(self) -> set[int]:
        return {account for account, key in self.avatars().items() if self.owner.head(self.bucket, key).status == 200}

    def column(self, columns: list[str], account: int) -> list[str]:
        ((*values,),) = self.sql(f"SELECT {', '.join(columns)} FROM accounts WHERE id = {account}")
        return values


@pytest.fixture
def site(server, bucket, owner, postgres, tmp_path):
    mastodon = Mastodon(tmp_path / "live", server.url, bucket)
    redis = Redis(tmp_path / "redis").start()
    try:
        with Recovered(mastodon, postgres, redis, S3_PERMISSION="") as running:
            running.owner, running.bucket = owner, bucket
            running.sql(MORE_TABLES)
            yield running
    finally:
        redis.stop()


@pytest.fixture
def working(site):
    """The same with Sidekiq, once it says that it is there."""
    site.sidekiq = Sidekiq(site.mastodon).start()
    wait_for("Sidekiq", lambda: site.redis.send("SCARD", "processes") == b":1\r\n")
    return site


@contextmanager
def waiting(site):
    """A run that waits for its first file, because Sidekiq holds its breath."""
    site.sidekiq.process.send_signal(signal.SIGSTOP)
    process = site.mastodon.start(*site.arguments("--apply", *LOSS, *AT_ONCE))
    try:
        journals = (site.mastodon.directory / "recover").glob
        wait_for("its first job", lambda: any('"given"' in path.read_text() for path in journals("journal-*")))
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        site.sidekiq.process.send_signal(signal.SIGCONT)


def found(site) -> list[dict]:
    lines = (site.mastodon.directory / "recover" / "found.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


# What is found


def test_nothing_is_gone(site):
    site.fill(*LOCAL, *REMOTE)
    report = site.recover(code=0)
    assert report["kinds"]["avatar"]["rows"] == len(LOCAL) + len(REMOTE)
    assert report["kinds"]["avatar"]["dead"] == 0
    assert found(site) == []


@pytest.mark.parametrize("method", ["head", "list"])
def test_exactly_what_is_gone_is_found(site, method):
    """Of every kind, local and remote, with what is to become of each."""
    site.fill(*LOCAL, *REMOTE)
    site.lose(ALICE, *REMOTE[:3])
    site.sql(f"""
        UPDATE accounts SET suspended_at = now() WHERE id = {REMOTE[1]};
        UPDATE accounts SET domain = 'media.blocked.example' WHERE id = {REMOTE[2]};
        INSERT INTO domain_blocks VALUES (1, 'example', false), (2, 'blocked.example', true);
        INSERT INTO media_attachments (id, account_id, remote_url, file_file_name, file_content_type, processing,
            file_storage_schema_version, created_at) VALUES
            (1, {BOB}, '', 'm.mp4', 'video/mp4', 2, 1, now()), (2, {REMOTE[3]}, 'http://r/n.png', 'n.png', 'image/png',
            2, 1, now()), (3, {REMOTE[3]}, 'http://r/o.png', 'o.png', 'image/png', NULL, 1, now() - interval '30 days'),
            (4, {BOB}, '', 'q.png', 'image/png', 0, 1, now()), (5, {BOB}, '', 'lost.png', 'image/png', 2, 1, now());
        INSERT INTO custom_emojis (id, shortcode, domain, image_file_name, image_storage_schema_version) VALUES
            (1, 'cat', 'remote.example', 'c.png', 1), (2, 'own', NULL, 'o.png', 1);
        INSERT INTO preview_cards (id, url, image_file_name, image_storage_schema_version) VALUES (1, 'http://x', 'p.png', 1);
        INSERT INTO site_uploads (id, var, file_file_name) VALUES (1, 'thumbnail', 's.png');
        INSERT INTO backups (id, dump_file_name) VALUES (1, 'archive.zip');
    """)
    site.put("media_attachments/files/000/000/001/original/m.mp4")
    site.put("custom_emojis/images/000/000/002/original/o.png")
    site.put("custom_emojis/images/000/000/002/static/o.png")
    report = site.recover("--method", method, *LOSS, code=1)
    fates = {(one["attachment"], one["row"]["id"]): (one["grade"], one["fate"]) for one in found(site)}
    assert fates == {
        ("avatar", ALICE): ("dead", {"lost": "local"}),
        ("avatar", REMOTE[0]): ("dead", "refetch"),
        ("avatar", REMOTE[1]): ("dead", {"lost": "suspended"}),
        ("avatar", REMOTE[2]): ("dead", {"lost": "rejects-media"}),
        ("media", 1): ("degraded", {"lost": "local"}),
        ("media", 2): ("dead", "refetch"),
        ("media", 3): ("dead", "clear-only"),
        ("media", 5): ("dead", {"lost": "local"}),
        ("emoji", 1): ("dead", "clear-only"),
        ("card", 1): ("dead", "clear-only"),
        ("site-upload", 1): ("dead", {"lost": "local"}),
        ("backup", 1): ("dead", {"lost": "local"}),
    }
    assert report["only_here"][0] == f"@alice accounts/avatars/000/000/001/original/a{ALICE}.png"
    key = "cache/accounts/avatars/000/000/101/original/a101.png"
    assert [one for one in found(site) if one["row"]["id"] == 101][0]["lost"] == [{"style": "original", "key": key}]
    # Nothing was changed.
    assert len(site.avatars()) == len(LOCAL) + len(REMOTE)


def test_the_text_says_what_to_do(site):
    site.fill(*LOCAL, *REMOTE)
    site.lose(ALICE, REMOTE[0])
    site.sql(f"UPDATE accounts SET avatar_file_name = NULL WHERE id = {REMOTE[5]}")
    done = site.mastodon.run(*[word for word in site.arguments(*LOSS) if word != "--json"])
    assert done.returncode == 1
    for part in ["avatars       41 looked at, 2 gone", "1 lost: uploaded here", "only here, and gone: @alice",
                 "1 remote accounts have no avatar here", "--prune-profiles", "--apply --resume"]:
        assert part in done.stdout, done.stdout


# What is refused


def test_another_bucket_is_refused(site, buckets):
    site.fill(*LOCAL, *REMOTE)
    site.mastodon.write(S3_BUCKET=buckets.enforced())
    refused = site.recover("--apply", *LOSS, code=2)["error"]
    assert "none of" in refused and "another bucket" in refused
    site.mastodon.write(S3_BUCKET=new_name())
    assert "there is no bucket" in site.recover("--apply", *LOSS, code=2)["error"]
    assert len(site.avatars()) == len(LOCAL) + len(REMOTE)


def test_more_than_an_incident_explains_is_refused(site):
    site.fill(*LOCAL, *REMOTE)
    site.lose(*REMOTE[:3])
    report = site.recover("--apply", code=2)
    assert "3 of 42 files are gone, more than 5 %" in report["refusal"]
    assert "applied" not in report
    assert len(site.avatars()) == len(LOCAL) + len(REMOTE)


def test_forbidden_is_not_missing(site, bucket, buckets):
    """Who may not list is told 403 for what is missing."""
    site.fill(*LOCAL, *REMOTE)
    site.lose(REMOTE[0])
    buckets.allow(bucket, media_policy(bucket), {"Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket",
                                                 "Resource": f"arn:aws:s3:::{bucket}"})
    refused = site.recover(*LOSS, code=2)["error"]
    assert "s3:ListBucket" in refused and "--assume-403-missing" in refused
    site.recover("--assume-403-missing", *LOSS, code=1)
    assert [one["row"]["id"] for one in found(site)] == [REMOTE[0]]


def test_a_store_in_trouble_is_not_believed(site, server):
    """Answers that say nothing are asked for again, and are never taken for missing."""
    site.fill(*LOCAL, *REMOTE)
    troubled = []

    def rule(asked):
        key = asked.path.rpartition("/")[2]
        if asked.method == "HEAD" and key == f"a{REMOTE[0]}.png":
            troubled.append(key)
            return Fault(503) if len(troubled) == 1 else None
        return Fault(500) if asked.method == "HEAD" and key == f"a{REMOTE[1]}.png" else None

    with FaultProxy(server.url, rule) as proxy:
        site.mastodon.write(S3_ENDPOINT=proxy.url)
        site.recover("--only", "avatars", code=1)
    assert [(one["row"]["id"], one["grade"]) for one in found(site)] == [(REMOTE[1], "unclear")]


def test_nothing_is_emptied_while_uploads_fail(site):
    site.fill(*LOCAL, *REMOTE)
    site.lose(REMOTE[0])
    site.mastodon.write(S3_PERMISSION="public-read")
    refused = site.recover("--apply", *LOSS, code=2)["error"]
    assert "AccessControlListNotSupported" in refused and "grantry fix mastodon" in refused
    assert REMOTE[0] in site.avatars()


def test_nothing_is_emptied_without_sidekiq(site):
    site.fill(*LOCAL, *REMOTE)
    site.lose(REMOTE[0])
    assert "none takes jobs of the queue `pull`" in site.recover("--apply", *LOSS, code=2)["error"]
    assert REMOTE[0] in site.avatars()


def test_first_files_that_do_not_come_back_stop_the_rest(working):
    working.fill(*LOCAL, *REMOTE)
    working.sql("UPDATE accounts SET avatar_remote_url = 'http://127.0.0.1:1/x', domain = 'r' || id || '.example' "
                "WHERE domain IS NOT NULL")
    working.lose(*REMOTE[:9])
    refused = working.recover("--apply", "--canary-timeout", "2", *LOSS, code=2)["error"]
    assert "none of the first 5 files came back within 2 s" in refused
    # The others were left as they were.
    assert len(working.avatars()) == len(LOCAL) + len(REMOTE) - 5


# What is done


def test_remote_pictures_come_back(working):
    working.fill(*LOCAL, *REMOTE)
    lost = REMOTE[::4]
    working.lose(ALICE, *lost)
    report = working.recover("--apply", *LOSS, *AT_ONCE, code=1)
    applied = report["applied"]
    assert (applied["cleared"], applied["jobs"], applied["lost"]) == (len(lost), len(lost), 1), applied
    assert applied["canary"] == "of the first 1 files 1 came back at once"
    wait_for("the pictures", lambda: working.there() == {BOB, *REMOTE})
    key = working.avatars()[lost[1]]
    assert working.owner.get(working.bucket, key).body == picture(f"/{lost[1]}/1.png")
    # Of the local one only its owner has a copy.
    assert ALICE in working.avatars()
    working.sql("UPDATE accounts SET avatar_updated_at = avatar_updated_at - interval '2 hours'")
    working.recover(*LOSS, code=1)
    assert [one["row"]["id"] for one in found(working)] == [ALICE]


def test_a_dry_run_is_what_is_applied(working):
    """With --resume nothing is looked for a second time, but every miss is asked for once more."""
    working.fill(*LOCAL, *REMOTE)
    avatars = working.avatars()
    working.lose(*REMOTE[:2])
    working.recover(*LOSS, code=1)
    working.put(avatars[REMOTE[0]])
    working.lose(REMOTE[9])
    applied = working.recover("--apply", "--resume", *LOSS, *AT_ONCE, code=0)["applied"]
    assert (applied["came_back"], applied["cleared"]) == (1, 1)
    wait_for("the picture", lambda: working.there() == {*LOCAL, *REMOTE} - {REMOTE[9]})


def test_undo(site):
    """All columns are as they were, and who has a new file keeps it."""
    site.fill(*LOCAL, *REMOTE)
    site.lose(ALICE, BOB)
    before = site.column(AVATAR, ALICE)
    journal = site.mastodon.directory / "journal"
    applied = site.recover("--apply", "--local", "null", "--journal", journal, *LOSS, code=0)["applied"]
    assert (applied["cleared"], applied["jobs"], applied["journal"]) == (2, 0, str(journal))
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert site.column(AVATAR, ALICE) == ["", "", "", ""]
    site.sql(f"UPDATE accounts SET avatar_file_name = 'new.png' WHERE id = {BOB}")
    assert site.recover("--undo", journal, code=0) == {"put_back": 1, "left_alone": 1, "objects_kept": 0}
    assert site.column(AVATAR, ALICE) == before
    assert site.column(AVATAR, BOB)[0] == "new.png"
    site.mastodon.write(S3_BUCKET="another")
    assert "the journal is about bucket" in site.recover("--undo", journal, code=2)["error"]


def test_files_are_undeleted(site):
    """On a versioned bucket also what only this site had."""
    versioning = '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status>' \
                 "</VersioningConfiguration>"
    expect.ok(site.owner.put(site.bucket, query="versioning", body=versioning.encode()))
    site.fill(*LOCAL, *REMOTE)
    keys = site.avatars()
    site.lose(ALICE, ALICE, REMOTE[0])
    report = site.recover(code=1)
    assert (report["kinds"]["avatar"]["restorable"], report["kinds"]["avatar"]["dead"]) == (2, 0)
    assert site.owner.head(site.bucket, keys[ALICE]).status == 404
    applied = site.recover("--apply", "--resume", code=0)["applied"]
    assert (applied["undeleted"], applied["cleared"], applied["jobs"]) == (2, 0, 0)
    assert expect.ok(site.owner.get(site.bucket, keys[ALICE])).body == picture(keys[ALICE])
    site.recover(code=0)


@pytest.mark.parametrize("kind", ["bucket", "directory"])
def test_files_are_copied_from_elsewhere(site, buckets, tmp_path, kind):
    """With the headers that the application sends."""
    site.fill(*LOCAL, *REMOTE)
    key = site.avatars()[ALICE]
    site.lose(ALICE, BOB)
    if kind == "bucket":
        copies = buckets.enforced()
        expect.ok(site.owner.put(copies, f"old/{key}", body=b"copy"))
        source = f"s3://{copies}/old/"
    else:
        (tmp_path / "copies" / key).parent.mkdir(parents=True)
        (tmp_path / "copies" / key).write_bytes(b"copy")
        source = tmp_path / "copies"
    applied = site.recover("--apply", "--from", source, *LOSS, code=1)["applied"]
    assert (applied["restored"], applied["lost"], applied["cleared"]) == (1, 1, 0)
    answer = expect.ok(site.owner.get(site.bucket, key))
    assert (answer.body, answer.headers["content-type"]) == (b"copy", "image/png")
    assert answer.headers["cache-control"] == "public, max-age=315576000, immutable"


def test_pruned_pictures_are_fetched(working):
    working.fill(*LOCAL, *REMOTE)
    pruned = REMOTE[3:5]
    working.sql(f"UPDATE accounts SET avatar_file_name = NULL WHERE id IN {tuple(pruned)}")
    assert working.recover(code=0)["pruned_accounts"] == 2, "which is no trouble"
    applied = working.recover("--apply", "--pruned", *AT_ONCE, code=0)["applied"]
    assert (applied["jobs"], applied["cleared"]) == (2, 0)
    wait_for("the pictures", lambda: working.there() == {*LOCAL, *REMOTE})


def test_emoji_and_cards_are_emptied_with_their_addresses(site):
    site.fill(*LOCAL, *REMOTE)
    site.sql("""
        INSERT INTO custom_emojis (id, shortcode, domain, image_file_name, image_remote_url, image_storage_schema_version)
            VALUES (1, 'cat', 'remote.example', 'c.png', 'http://r/c.png', 1);
        INSERT INTO preview_cards (id, url, image_file_name, image_storage_schema_version) VALUES (1, 'http://x', 'p.png', 1);
    """)
    applied = site.recover("--apply", "--only", "avatars,emoji,cards", *LOSS, code=0)["applied"]
    assert (applied["cleared"], applied["jobs"]) == (2, 0)
    assert site.sql("SELECT image_file_name, image_remote_url, shortcode FROM custom_emojis") == [["", "", "cat"]]
    assert site.sql("SELECT image_file_name, url FROM preview_cards") == [["", "http://x"]]


def test_jobs_are_spread(working):
    """One for each server in half a minute, those whom somebody here follows first."""
    working.fill(*LOCAL, *REMOTE)
    lost = REMOTE[:7]
    working.lose(*lost)
    followed = lost[4]
    working.sql(f"INSERT INTO follows VALUES (1, {ALICE}, {followed})")
    applied = working.recover("--apply", *LOSS, code=0)["applied"]
    assert 100 < applied["last_job_seconds"] < 220
    wait_for("the first picture", lambda: followed in working.there())
    answer = working.redis.send("ZRANGE", "schedule", "0", "-1", "WITHSCORES").decode().split("\r\n")
    jobs = [json.loads(line) for line in answer if line.startswith("{")]
    times = [float(line) for line in answer if line[:1].isdigit()]
    assert sorted(job["args"][0] for job in jobs) == sorted(set(lost) - {followed})
    assert all(after - before >= 23.9 for before, after in zip(times, times[1:]))
    for job in jobs:
        assert set(job) == {"class", "args", "retry", "queue", "jid", "created_at"}
        assert (job["class"], job["retry"], job["queue"]) == ("RedownloadAvatarWorker", 7, "pull")
        assert isinstance(job["created_at"], float) and len(job["jid"]) == 24


def test_jobs_go_where_sidekiq_looks(site):
    """Up to Mastodon 4.3 its keys may have a namespace."""
    site.fill(*LOCAL, *REMOTE)
    site.lose(REMOTE[0])
    site.mastodon.write(REDIS_NAMESPACE="m")
    site.redis.send("SADD", "m:processes", "one")
    site.redis.send("HSET", "m:one", "info", '{"queues":["default"]}')
    assert "of 1 running Sidekiq processes none" in site.recover("--apply", *LOSS, code=2)["error"]
    assert REMOTE[0] in site.avatars()
    site.redis.send("HSET", "m:one", "info", '{"queues":["default","pull"]}')
    site.recover("--apply", "--canary-timeout", "0", *LOSS, code=2)
    assert site.jobs("queue:pull") == 0
    assert site.redis.send("LLEN", "m:queue:pull") == b":1\r\n"
    assert b"pull" in site.redis.send("SMEMBERS", "m:queues")


def test_a_killed_run_goes_on(working):
    """Killed while it waits for the first file: what it emptied is not forgotten, and the rest follows."""
    working.fill(*LOCAL, *REMOTE)
    lost = REMOTE[:6]
    working.lose(*lost)
    with waiting(working):
        assert len(working.avatars()) == len(LOCAL) + len(REMOTE) - 1
        assert "another run is at work" in working.recover(code=3)["error"]
    applied = working.recover("--apply", "--resume", *LOSS, *AT_ONCE, code=0)["applied"]
    assert (applied["cleared"], applied["changed"]) == (len(lost) - 1, 0)
    wait_for("all pictures", lambda: working.there() == {*LOCAL, *REMOTE})
    # One journal for both halves.
    entries = [json.loads(line) for line in open(applied["journal"])]
    assert sum(len(entry["rows"]) for entry in entries if entry["what"] == "cleared") == len(lost)


def test_jobs_that_a_killed_run_owes_are_given(working):
    """Between the commit and the job: the journal knows, also for a run that begins anew."""
    working.fill(*LOCAL, *REMOTE)
    working.lose(*REMOTE[:2])
    state = working.mastodon.directory / "recover"
    working.recover(*LOSS, code=1)
    journal = state / "journal-1.jsonl"
    row = {"id": REMOTE[0], "avatar_file_name": f"a{REMOTE[0]}.png"}
    lines = [{"what": "begun", "format": 1, "bucket": working.bucket, "endpoint": working.mastodon.lines["S3_ENDPOINT"]},
             {"what": "cleared", "attachment": "avatar", "rows": [row],
              "jobs": [{"id": REMOTE[0], "host": "remote.example"}]}]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"what": "giv')
    memory = json.loads((state / "recover.json").read_text())
    (state / "recover.json").write_text(json.dumps(memory | {"journal": str(journal)}))
    working.sql(f"UPDATE accounts SET avatar_file_name = NULL WHERE id = {REMOTE[0]}")
    applied = working.recover("--apply", *LOSS, *AT_ONCE, code=0)["applied"]
    assert (applied["cleared"], applied["jobs"]) == (1, 2)
    wait_for("both pictures", lambda: working.there() == {*LOCAL, *REMOTE})


def test_an_interruption_ends_where_nothing_is_half_done(working):
    working.fill(*LOCAL, *REMOTE)
    working.lose(*REMOTE[:3])
    with waiting(working) as process:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130 and "--resume" in said
    working.recover("--apply", "--resume", *LOSS, *AT_ONCE, code=0)
    wait_for("all pictures", lambda: working.there() == {*LOCAL, *REMOTE})


def test_only_mastodon(site):
    done = site.mastodon.run("recover", "generic", "--endpoint", "http://127.0.0.1:1", "--bucket", "b")
    assert done.returncode == 3 and "only Mastodon" in done.stderr
