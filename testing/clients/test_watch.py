"""`grantry watch` against our own server: the upload check, the database sweep, and who is told."""

import email
import fcntl
import hashlib
import hmac
import json
import re
import signal

import pytest
import requests

from harness import expect
from harness.listeners import Hook, MailServer, Pages
from harness.mastodons import Mastodon, media_policy
from harness.postgres import MASTODON_TABLES, Postgres
from harness.tls import certificate

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
QUICK = "[schedule]\nconfirm_pause_seconds = 0\n"


@pytest.fixture
def media(buckets):
    name = buckets.enforced()
    buckets.allow(name, media_policy(name))
    return name


@pytest.fixture
def mastodon(server, media, tmp_path):
    made = Mastodon(tmp_path / "live", server.url, media)
    return made.write(S3_PERMISSION="")


class Watch:
    """One configuration of the watch, with a state directory of its own."""

    def __init__(self, mastodon, directory, text=""):
        self.mastodon = mastodon
        self.state = directory / "state"
        self.configuration = directory / "watch.toml"
        self.configuration.write_text("host = 'web1'\n" + QUICK + text)

    def arguments(self, *more):
        return ["watch", "mastodon", "--watch-config", self.configuration, "--state-dir", self.state, *more]

    def run(self, *more):
        return self.mastodon.run(*self.arguments("--once", *more))

    def check(self, only="write", code=0):
        done = self.run("--json", "--only", only)
        assert done.returncode == code, (done.stdout, done.stderr)
        return json.loads(done.stdout)


@pytest.fixture
def watch(mastodon, tmp_path):
    return Watch(mastodon, tmp_path)


def versions(owner, bucket):
    return expect.ok(owner.get(bucket, query="versions")).texts("Version/Key")


# The upload check


def test_uploads_that_work(watch, owner, media):
    report = watch.check()
    assert report["level"] == "ok"
    steps = report["results"][0]["steps"]
    assert [step["name"] for step in steps] == ["put", "head", "get", "public-get", "delete", "gone"]
    assert all(step["is_ok"] and step["seconds"] > 0 for step in steps)
    assert versions(owner, media) == []


def test_the_incident_is_seen(watch, mastodon, owner, media):
    """A plain upload would work: what the application sends does not."""
    mastodon.write(S3_PERMISSION="public-read")
    report = watch.check(code=2)
    result = report["results"][0]
    assert result["code"] == "put AccessControlListNotSupported"
    assert "public-read" in " ".join(result["details"])
    assert versions(owner, media) == []


def test_the_public_that_cannot_read(watch, owner, media):
    expect.ok(owner.delete(media, query="policy"), 204)
    result = watch.check(code=2)["results"][0]
    assert result["code"] == "public-get AccessDenied"
    assert [step["is_ok"] for step in result["steps"]] == [True, True, True, False]
    assert versions(owner, media) == [], "the probe is removed all the same"


def test_other_kinds_of_uploads_are_a_warning(watch, mastodon):
    mastodon.write(S3_PERMISSION="bucket-owner-full-control")
    result = watch.check(code=1)["results"][0]
    assert result["code"] == "other-uploads"
    assert "archive exports" in " ".join(result["details"])


def test_leftovers_of_this_machine_are_removed(watch, owner, media):
    old = "accounts/.watch/web1/0001000000000-x.png"
    others = ["accounts/.watch/web2/0001000000000-x.png", "accounts/.watch/web1/cat.png"]
    for key in [old, *others]:
        expect.ok(owner.put(media, key, body=b"x"))
    watch.check()
    assert sorted(versions(owner, media)) == sorted(others)


# Who is told


def test_mail_on_change_and_in_one_thread(mastodon, tmp_path):
    pem, key = certificate(tmp_path / "tls")
    secret = tmp_path / "password"
    secret.write_text(MailServer.PASSWORD + "\n")
    with MailServer(pem, key) as mail:
        watch = Watch(mastodon, tmp_path, f"""
[mail]
server = "127.0.0.1"
port = {mail.port}
login = "{MailServer.LOGIN}"
password_file = "{secret}"
from = "Watch <watch@a.example>"
to = ["ops@a.example"]
""")
        mastodon.variables = {"SSL_CERT_FILE": str(pem)}
        watch.check()
        watch.check()
        assert [mail["Subject"] for mail in mail.mails] == ["[OK] Mastodon is watched from now on and works: uploads"]
        mastodon.write(S3_PERMISSION="public-read")
        watch.check(code=2)
        watch.check(code=2)
        mastodon.write(S3_PERMISSION="")
        watch.check()
        assert len(mail.mails) == 3, [mail["Subject"] for mail in mail.mails]
        alarm, recovery = mail.mails[1:]
        assert alarm["Subject"] == "[CRITICAL] Mastodon fails: uploads"
        assert "AccessControlListNotSupported" in alarm.get_payload(decode=True).decode()
        assert recovery["Subject"].startswith("[OK] Mastodon works again after")
        assert recovery["In-Reply-To"] == alarm["Message-ID"]
        assert alarm["Auto-Submitted"] == "auto-generated"
        assert watch.run("--test-alert").returncode == 0
        assert mail.mails[-1]["Subject"].startswith("[TEST]")


def test_mail_without_tls_is_not_sent(mastodon, tmp_path):
    """The certificate is not trusted here: nothing goes out, and the notice waits."""
    pem, key = certificate(tmp_path / "tls")
    with MailServer(pem, key) as mail:
        watch = Watch(mastodon, tmp_path, f"""
[mail]
server = "127.0.0.1"
port = {mail.port}
from = "watch@a.example"
to = ["ops@a.example"]
""")
        report = watch.check()
        assert report["remarks"][0].startswith("mail: ")
        assert mail.mails == []
        assert watch.run("--test-alert").returncode == 2


def test_mail_as_the_application_sends_it(mastodon, tmp_path):
    """TLS from the first byte, with the login of `SMTP_*`."""
    pem, key = certificate(tmp_path / "tls")
    with MailServer(pem, key, implicit=True) as mail:
        watch = Watch(mastodon, tmp_path, "[mail]\nas_application = true\nto = ['ops@a.example']\n")
        smtp = {"SMTP_SERVER": "127.0.0.1", "SMTP_PORT": str(mail.port), "SMTP_LOGIN": mail.LOGIN,
                "SMTP_PASSWORD": mail.PASSWORD, "SMTP_FROM_ADDRESS": "'Mastodon <m@a.example>'"}
        mastodon.variables = {"SSL_CERT_FILE": str(pem)}
        mastodon.write(S3_PERMISSION="", SMTP_SSL="true", **smtp)
        assert watch.check()["remarks"] == []
        (sent,) = mail.mails
        assert (sent["From"], sent["To"]) == ("Mastodon <m@a.example>", "ops@a.example")
        assert sent["Subject"] == "[OK] Mastodon is watched from now on and works: uploads"


def test_mail_through_a_program(mastodon, tmp_path):
    """As on machines that have a `sendmail` and no server of their own to name."""
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/arguments\ncat > {tmp_path}/mail\n')
    program.chmod(0o755)
    watch = Watch(mastodon, tmp_path,
                  f"[mail]\nsendmail = '{program}'\nfrom = 'watch@a.example'\nto = ['ops@a.example']\n")
    assert watch.check()["remarks"] == []
    message = email.message_from_bytes((tmp_path / "mail").read_bytes())
    assert message["Subject"] == "[OK] Mastodon is watched from now on and works: uploads"
    assert "ops@a.example" in (tmp_path / "arguments").read_text().split()
    # What the program does not take waits.
    program.write_text("#!/bin/sh\ncat > /dev/null\nexit 75\n")
    mastodon.write(S3_PERMISSION="public-read")
    assert watch.check(code=2)["remarks"][0].startswith("mail: ")
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/mail\n")
    watch.check(code=2)
    assert b"[CRITICAL] Mastodon fails: uploads" in (tmp_path / "mail").read_bytes()


def test_a_webhook_that_is_away_is_told_later(mastodon, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    with Hook() as hook:
        watch = Watch(mastodon, tmp_path, f"[[webhook]]\nurl = '{hook.url}/a'\nsecret_file = '{secret}'\n")
        hook.status = 404
        assert "404" in watch.check()["remarks"][0]
        hook.status = 200
        tries = len(hook.posts)
        mastodon.write(S3_PERMISSION="public-read")
        watch.check(code=2)
        told = hook.posts[tries:]
        assert [json.loads(post.body)["level"] for post in told] == ["ok", "failing"], "in order"
        for post in told:
            expected = hmac.new(b"s3cret", post.body, hashlib.sha256).hexdigest()
            assert post.headers["x-grantry-signature"] == f"sha256={expected}"
        watch.check(code=2)
        assert len(hook.posts) == tries + 2


def test_a_dead_mans_switch(mastodon, tmp_path):
    with Hook() as hook:
        watch = Watch(mastodon, tmp_path, f"[healthchecks]\nurl = '{hook.url}/uuid'\n")
        watch.check()
        mastodon.write(S3_PERMISSION="public-read")
        watch.check(code=2)
        paths = [re.fullmatch(r"/uuid/(start|\d+)\?rid=([0-9a-f-]{36})", post.path).groups() for post in hook.posts]
        assert [what for what, _ in paths] == ["start", "0", "start", "2"]
        assert paths[0][1] == paths[1][1] != paths[2][1]
        assert b"AccessControlListNotSupported" in hook.posts[-1].body


def test_a_dead_mans_switch_that_is_away(mastodon, tmp_path):
    """That is a remark and no failure of what is watched."""
    with Hook() as hook:
        hook.status = 503
        watch = Watch(mastodon, tmp_path, f"[healthchecks]\nurl = '{hook.url}/the-secret-uuid'\n")
        report = watch.check()
        assert any("503" in remark for remark in report["remarks"]), report["remarks"]
        assert "the-secret-uuid" not in json.dumps(report), "the URL is the secret"


# The sweep


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres") / "cluster") as running:
        yield running


@pytest.fixture
def site(mastodon, postgres, owner, media):
    """Three local accounts, one of them suspended, and one remote; files of all that matter."""
    database = "m_" + media.replace("-", "_")
    postgres.sql(f"CREATE DATABASE {database}")
    postgres.sql(MASTODON_TABLES + """
        INSERT INTO accounts (id, username, domain, suspended_at, avatar_file_name, avatar_content_type) VALUES
            (-99, 'site', NULL, NULL, 'x.png', 'image/png'), (1, 'alice', NULL, NULL, 'a.png', 'image/png'),
            (116123456789012345, 'bob', NULL, NULL, 'b.gif', 'image/gif'),
            (3, 'gone', NULL, now(), 'g.png', 'image/png'), (4, 'far', 'remote.example', NULL, 'f.png', NULL);
        UPDATE accounts SET header_file_name = 'h.png' WHERE id = 1;
        INSERT INTO media_attachments (id, file_file_name, file_content_type, processing) VALUES
            (7, 'm.jpg', 'image/jpeg', 2), (8, 'n.jpg', 'image/jpeg', 1);
        INSERT INTO site_uploads (id, var, file_file_name) VALUES (3, 'mascot', 's.png');
    """, database)
    for key in ["accounts/avatars/000/000/001/original/a.png", "accounts/headers/000/000/001/original/h.png",
                "accounts/avatars/116/123/456/789/012/345/original/b.gif",
                "media_attachments/files/000/000/007/original/m.jpg",
                "site_uploads/files/000/000/003/original/s.png"]:
        expect.ok(owner.put(media, key, body=PNG, headers={"content-type": "image/png"}))
    mastodon.lines |= postgres.settings(database)
    return mastodon.write(S3_PERMISSION="")


def test_pictures_and_media(site, watch, owner, media):
    report = watch.check("pictures,media")
    pictures, newest = report["results"]
    assert pictures["summary"] == "all 3 pictures are there"
    assert newest["summary"] == "the 2 newest files are there"

    expect.ok(owner.delete(media, "accounts/avatars/116/123/456/789/012/345/original/b.gif"), 204)
    expect.ok(owner.delete(media, "media_attachments/files/000/000/007/original/m.jpg"), 204)
    pictures, newest = watch.check("pictures,media", code=2)["results"]
    assert pictures["code"] == "missing public"
    assert any("@bob (avatar)" in line for line in pictures["details"])
    assert "media_attachments/files/000/000/007/original/m.jpg" in newest["details"][0]


def test_a_large_site_is_looked_at_in_turns(site, watch):
    watch.configuration.write_text("[pictures]\norigin_max = 2\n" + QUICK)
    summaries = [watch.check("pictures")["results"][0]["summary"] for _ in range(3)]
    assert summaries == [f"all {count} pictures are there" for count in (2, 1, 0)]


def account(server, media, name, *, avatar="missing.png", header="missing.png"):
    """An account as the API tells of it; those who have no picture get the one of the application."""
    base = f"{server.url}/{media}/accounts"
    site = "https://social.example/avatars/original"
    return {"username": name, "header": f"{site}/{header}" if header == "missing.png" else f"{base}/{header}",
            "avatar": f"{site}/{avatar}" if avatar == "missing.png" else f"{base}/{avatar}"}


@pytest.mark.parametrize("has_token", [False, True], ids=["directory", "admin"])
def test_accounts_from_the_api(watch, mastodon, server, owner, media, tmp_path, has_token):
    """Where there is no database: those that let themselves be found, or with a token all."""
    avatar, header = "avatars/000/000/001/original/a.png", "headers/000/000/002/original/h.png"
    expect.ok(owner.put(media, f"accounts/{avatar}", body=PNG, headers={"content-type": "image/png"}))
    alice, bob = account(server, media, "alice", avatar=avatar), account(server, media, "bob", header=header)
    with Pages() as pages:
        if has_token:
            first = "/api/v2/admin/accounts?origin=local&status=active&limit=80"
            pages.token = "app-token"
            token = tmp_path / "token"
            token.write_text("app-token\n")
            watch.configuration.write_text(f"[pictures]\napi_token_file = '{token}'\n" + QUICK)
            link = {"Link": f'<{pages.url}{first}&max_id=1>; rel="next"'}
            pages.pages = {first: ([{"id": "1", "account": alice}], link),
                           first + "&max_id=1": ([{"id": "2", "account": bob}], {})}
        else:
            page = "/api/v1/directory?local=true&limit=80&offset="
            pages.pages = {page + "0": ([alice, bob], {}), page + "80": ([], {})}
        done = watch.run("--json", "--only", "pictures", "--web-url", pages.url)
        assert done.returncode == 2, done.stdout + done.stderr
        result = json.loads(done.stdout)["results"][0]
        assert result["code"] == "missing public"
        assert any("@bob (header)" in line for line in result["details"]), result
        assert not any("alice" in line for line in result["details"]), result
        expect.ok(owner.put(media, f"accounts/{header}", body=PNG, headers={"content-type": "image/png"}))
        done = watch.run("--json", "--only", "pictures", "--web-url", pages.url)
        assert json.loads(done.stdout)["results"][0]["summary"] == "all 2 pictures are there"
        # Who may not ask is told so.
        pages.pages = {}
        done = watch.run("--json", "--only", "pictures", "--web-url", pages.url)
        assert (done.returncode, json.loads(done.stdout)["results"][0]["code"]) == (3, "no-list")


def test_a_database_that_is_away(site, watch):
    site.write(S3_PERMISSION="", DB_HOST="127.0.0.1", DB_PORT="1")
    result = watch.check("media", code=3)["results"][0]
    assert result["code"] == "no-database"


# Runs


def test_one_run_at_a_time(watch):
    watch.state.mkdir()
    with (watch.state / "watch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = watch.run("--only", "write")
        assert (done.returncode, "another run" in done.stdout) == (0, True), done


def test_a_state_that_is_none(watch):
    watch.check()
    (watch.state / "watch.json").write_text("{")
    report = watch.check()
    assert "could not be read" in report["remarks"][0]
    assert (watch.state / "watch.json.unreadable").read_text() == "{"
    assert watch.check()["remarks"] == []


def test_what_cron_and_nagios_read(watch, mastodon, tmp_path):
    textfile = tmp_path / "watch.prom"
    done = watch.run("--only", "write", "--textfile", textfile)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert 'grantry_watch_up{check="write"} 1\n' in textfile.read_text()
    assert textfile.stat().st_mode & 0o777 == 0o644
    done = watch.run("--only", "write", "--nagios")
    assert re.match(r"OK - write: OK - .* \| put=\d+\.\d{3}s ", done.stdout), done.stdout
    mastodon.write(S3_PERMISSION="public-read")
    done = watch.run("--only", "write")
    assert done.returncode == 2
    assert done.stdout.startswith("CRITICAL write")


def test_as_a_service(watch):
    process = watch.mastodon.start(*watch.arguments("--only", "write", "--listen", "127.0.0.1:0", "--json"))
    try:
        url = re.fullmatch(r"metrics at (http://\S+)\n", process.stdout.readline())[1]
        assert json.loads(process.stdout.readline())["level"] == "ok"
        assert 'grantry_watch_up{check="write"} 1' in requests.get(url, timeout=10).text
        assert requests.get(url.replace("/metrics", "/"), timeout=10).status_code == 404
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("text, part", [
    ("hots = 1", "unknown field"), ("[mail]\nto = ['x']", "from"), ("[[webhook]]\n", "`url`"),
])
def test_mistakes_in_the_configuration(mastodon, tmp_path, text, part):
    watch = Watch(mastodon, tmp_path)
    watch.configuration.write_text(text)
    done = watch.run()
    assert done.returncode == 3
    assert part in done.stderr
