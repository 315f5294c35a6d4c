"""The master key from elsewhere: a file, the environment; a wrong one; its change."""

import json
import os

import pytest

from harness import sdk
from harness.accounts import FIRST
from harness.buckets import new_name
from harness.server import Server
from harness.sessions import Session, client

OLD, NEW, WRONG = "1f" * 32, "2e" * 32, "3d" * 32
BODY = b"kept under a key from elsewhere\n" * 4000


def key_file(directory, digits, name="some.key", mode=0o600):
    path = directory / name
    path.write_text(digits + "\n")
    path.chmod(mode)
    return str(path)


def filled(server):
    """A bucket with an object of each kind whose key hangs on the master key."""
    s3, bucket = sdk.client(server.url, FIRST), new_name()
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="s3", Body=BODY)
    s3.put_object(Bucket=bucket, Key="kms", Body=BODY, ServerSideEncryption="aws:kms")
    return bucket


def assert_readable(server, bucket):
    s3 = sdk.client(server.url, FIRST)
    for key in ("s3", "kms"):
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == BODY


def restarted(server, **environment):
    """The server with other settings, started again."""
    if server.process and server.process.poll() is None:
        assert server.stop() == 0
    server.extra_env = environment
    return server.start()


def refused(server, *arguments, code=1, **environment):
    """What a command says that must not work."""
    server.extra_env = environment
    done = server.command(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    for digits in (OLD, NEW, WRONG):
        assert digits not in done.stdout + done.stderr
    return done.stderr


def master_key(server):
    done = server.command("keys", "master", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_from_the_environment_and_then_from_a_file(tmp_path):
    server = Server(tmp_path / "own", {"GRANTRY_MASTER_KEY": OLD}).start()
    bucket = filled(server)
    shown = master_key(server)
    assert shown == {"id": shown["id"], "place": "the settings", "with_previous": False}
    assert server.stop() == 0
    for path in server.data_dir.rglob("*"):
        assert path.name != "master.key" and (not path.is_file() or OLD.encode() not in path.read_bytes())
    assert OLD not in server.stdout + server.stderr + server.command("serve", "--print-settings").stdout

    path = key_file(tmp_path, OLD)
    restarted(server, GRANTRY_MASTER_KEY_FILE=path)
    assert_readable(server, bucket)
    assert master_key(server) == shown | {"place": f"`{path}`"}
    assert server.stop() == 0
    # Commands without a server take it the same way, also as a flag.
    assert master_key(server)["id"] == shown["id"]
    server.extra_env = {}
    for command in (["account", "list"], ["keys", "list"], ["check"]):
        done = server.command(*command, "--master-key-file", path)
        assert done.returncode == 0, done.stderr
    config = tmp_path / "grantry.toml"
    config.write_text(f"master_key_file = {json.dumps(path)}\n")
    assert server.command("check", "--config", str(config)).returncode == 0


def test_a_wrong_key_is_refused_and_nothing_is_lost(tmp_path):
    server = Server(tmp_path / "own", {"GRANTRY_MASTER_KEY": OLD}).start()
    bucket = filled(server)
    assert server.stop() == 0
    for command in (["serve"], ["account", "list"], ["account", "key", "create", "default"], ["keys", "rotate"]):
        message = refused(server, *command, GRANTRY_MASTER_KEY=WRONG)
        assert "another master key than the one of this store" in message and "Nothing was changed" in message
    message = refused(server, "check", code=3, GRANTRY_MASTER_KEY=WRONG)
    assert "another master key" in message
    backup = str(tmp_path / "backup")
    message = refused(server, "backup", "--with-master-key", backup, GRANTRY_MASTER_KEY=WRONG)
    assert "another master key" in message and not (tmp_path / "backup" / "MANIFEST").exists()
    # Without any: nothing is made up, and it says where a key is looked for.
    message = refused(server, "serve")
    assert "master.key" in message and "GRANTRY_MASTER_KEY" in message
    assert not (server.data_dir / "master.key").exists()
    assert_readable(restarted(server, GRANTRY_MASTER_KEY=OLD), bucket)
    server.kill()


@pytest.mark.parametrize("environment, code, message", [
    ({"GRANTRY_MASTER_KEY": OLD, "GRANTRY_MASTER_KEY_FILE": "/dev/null"}, 2,
     "setting `master_key`: is given, and `master_key_file` too; give one of them"),
    ({"GRANTRY_MASTER_KEY": "1f" * 31}, 2,
     "setting `master_key`: the value (environment variable GRANTRY_MASTER_KEY) is not 64 hexadecimal digits"),
    ({"GRANTRY_MASTER_KEY_FILE": "missing.key"}, 1, "`missing.key`: No such file"),
    ({"GRANTRY_PREVIOUS_MASTER_KEY_FILE": "missing.key"}, 1, "`missing.key`: No such file"),
    ({"GRANTRY_MASTER_KEY_FILE": "/dev/null"}, 1, "must hold exactly 64 hexadecimal digits"),
])
def test_what_is_no_key(tmp_path, environment, code, message):
    server = Server(tmp_path / "own")
    server.directory.mkdir()
    assert message in refused(server, "serve", code=code, **environment)
    assert not (server.directory / "missing.key").exists()
    assert not (server.data_dir / "meta").exists()


def test_a_key_file_that_others_may_read(tmp_path):
    server = Server(tmp_path / "own", {"GRANTRY_MASTER_KEY_FILE": key_file(tmp_path, OLD, mode=0o604)})
    server.directory.mkdir()
    message = refused(server, "serve", **server.extra_env)
    assert "has mode 0604" in message and "chmod 600" in message
    os.chmod(server.extra_env["GRANTRY_MASTER_KEY_FILE"], 0o400)
    server.start().kill()


def test_no_flag_takes_the_key_itself(tmp_path):
    server = Server(tmp_path / "own")
    server.directory.mkdir()
    assert server.command("serve", "--master-key", OLD).returncode == 2


def test_rotation_with_both_keys(tmp_path):
    server = Server(tmp_path / "own", {"GRANTRY_MASTER_KEY": OLD}).start()
    bucket, before = filled(server), master_key(server)
    session = Session.of(client("sts", server.url, FIRST).get_session_token())
    done = server.command("account", "create", "--json", "--name", "second")
    second = json.loads(done.stdout)["access_key"]
    new_file = key_file(tmp_path, NEW)

    restarted(server, GRANTRY_MASTER_KEY_FILE=new_file, GRANTRY_PREVIOUS_MASTER_KEY=OLD)
    after = master_key(server)
    assert after["id"] != before["id"] and after["with_previous"]
    assert f"from=\"{before['id']}\"" in server.stderr and OLD not in server.stderr
    assert_readable(server, bucket)
    # Sessions from before last while the key before is given.
    assert client("s3", server.url, session).list_buckets()["Buckets"]
    server.kill()

    restarted(server, GRANTRY_MASTER_KEY=NEW)
    assert master_key(server)["id"] == after["id"]
    assert_readable(server, bucket)
    with pytest.raises(client("s3", server.url, session).exceptions.ClientError) as error:
        client("s3", server.url, session).list_buckets()
    assert error.value.response["Error"]["Code"] == "InvalidToken"
    listed = server.command("account", "key", "list", "second").stdout
    assert second["access_key_id"] in listed
    assert server.stop() == 0
    assert server.command("check").returncode == 0
    assert "another master key" in refused(server, "serve", GRANTRY_MASTER_KEY=OLD)


def test_the_key_in_the_data_directory_is_changed_and_moved_out(tmp_path):
    """The procedure of docs/howto/encryption.md."""
    server = Server(tmp_path / "own").start()
    bucket, inside = filled(server), server.data_dir / "master.key"
    before = master_key(server)
    assert before["place"] == "`master.key` in the data directory"
    assert server.stop() == 0
    elsewhere = tmp_path / "old.key"
    inside.rename(elsewhere)
    key_file(server.data_dir, NEW, "master.key")
    assert "another master key" in refused(server, "keys", "master")
    server.extra_env = {"GRANTRY_PREVIOUS_MASTER_KEY_FILE": str(elsewhere)}
    assert master_key(server)["id"] != before["id"]
    assert_readable(restarted(server), bucket)
    assert server.stop() == 0
    # And out of the data directory.
    inside.rename(tmp_path / "new.key")
    restarted(server, GRANTRY_MASTER_KEY_FILE=str(tmp_path / "new.key"))
    assert_readable(server, bucket)
    assert "is not used" not in server.stderr
    assert server.stop() == 0
    key_file(server.data_dir, OLD, "master.key")
    restarted(server, GRANTRY_MASTER_KEY_FILE=str(tmp_path / "new.key"))
    assert "this master key is not used" in server.stderr
    server.kill()


@pytest.mark.parametrize("running", [True, False])
def test_backup_and_restore(tmp_path, running):
    server = Server(tmp_path / "own", {"GRANTRY_MASTER_KEY": OLD}).start()
    bucket = filled(server)
    if not running:
        assert server.stop() == 0
    with_key, without, targets = tmp_path / "with", tmp_path / "without", [tmp_path / str(n) for n in range(3)]
    done = server.command("backup", "--with-master-key", str(with_key))
    assert done.returncode == 0, done.stderr
    assert (with_key / "master.key").read_text() == OLD + "\n"
    assert (with_key / "master.key").stat().st_mode & 0o777 == 0o600
    done = server.command("backup", str(without))
    assert done.returncode == 0 and "a copy of that (the settings)" in done.stdout, done.stdout + done.stderr
    assert not (without / "master.key").exists()
    server.kill()

    other = Server(tmp_path / "other")
    other.directory.mkdir()
    other.data_dir = targets[0]
    done = other.command("restore", str(with_key), str(targets[0]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert_readable(other.start(), bucket)
    assert other.stop() == 0

    other.data_dir, other.extra_env = targets[1], {"GRANTRY_MASTER_KEY": OLD}
    done = other.command("restore", str(without), str(targets[1]))
    assert done.returncode == 0 and "Put the master key there" not in done.stdout, done.stdout + done.stderr
    assert_readable(other.start(), bucket)
    other.kill()

    other.data_dir, other.extra_env = targets[2], {}
    done = other.command("restore", str(without), str(targets[2]))
    assert done.returncode == 0 and "Put the master key there" in done.stdout, done.stdout + done.stderr
    target = tmp_path / "refused"
    done = other.command("restore", "--master-key-file", key_file(tmp_path, WRONG), str(without), str(target))
    assert done.returncode == 1 and "another master key" in done.stderr, done.stdout + done.stderr


def test_a_lost_key(tmp_path):
    server = Server(tmp_path / "own", {"GRANTRY_DEFAULT_ENCRYPTION": "none", "GRANTRY_MASTER_KEY": OLD}).start()
    s3, bucket = sdk.client(server.url, FIRST), new_name()
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="open", Body=BODY)
    s3.put_object(Bucket=bucket, Key="sealed", Body=BODY, ServerSideEncryption="AES256")
    assert server.stop() == 0
    lost = {"GRANTRY_MASTER_KEY": NEW, "GRANTRY_MASTER_KEY_MISMATCH": "accept"}
    server.extra_env = lost
    made = server.command("account", "key", "create", "--json", "default")
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)["access_key"]
    checked = server.command("check")
    assert checked.returncode == 1 and "another master key" in checked.stdout
    assert server.command("keys", "rotate").returncode == 0
    # The first key of the settings cannot be checked any more; the new one works.
    lost |= {"GRANTRY_ROOT_ACCESS_KEY_ID": "", "GRANTRY_ROOT_SECRET_ACCESS_KEY": ""}
    restarted(server, **lost)
    account = Session(key["access_key_id"], key["secret_access_key"], None)
    s3 = client("s3", server.url, account)
    assert s3.get_object(Bucket=bucket, Key="open")["Body"].read() == BODY
    with pytest.raises(s3.exceptions.ClientError) as error:
        s3.get_object(Bucket=bucket, Key="sealed")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    s3.put_object(Bucket=bucket, Key="new", Body=BODY, ServerSideEncryption="AES256")
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == BODY
    server.kill()
