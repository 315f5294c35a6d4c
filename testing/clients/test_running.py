"""The binary as an operator runs it: start, accounts, health, metrics, shutdown, lock."""

import json
import socket
import subprocess
import time
import uuid

import pytest

from harness import expect, sdk
from harness.accounts import A, B, FIRST
from harness.buckets import new_name
from harness.raw import RawClient, send
from harness.server import Server, binary
from harness.sigv4 import UNSIGNED_PAYLOAD, sign_headers


def get(server, path):
    return send(("127.0.0.1", server.port), "GET", path, {"Host": "127.0.0.1"})


def test_given_ids_and_keys_are_kept(server):
    """Letter case included; the secret is never shown again."""
    for account in (A, B):
        shown = server.command("account", "show", account.account_id, "--json")
        assert shown.returncode == 0, shown.stderr
        for text in (account.name, account.account_id, account.canonical_id, account.access_key_id):
            assert text in shown.stdout
        assert account.secret_access_key not in shown.stdout + shown.stderr
        assert sdk.client(server.url, account).list_buckets()["Owner"]["ID"] == account.canonical_id
    listed = json.loads(server.command("account", "list", "--json").stdout)
    assert {A.account_id, B.account_id} <= set(json.dumps(listed).split('"'))
    keys = server.command("account", "key", "list", A.canonical_id)
    assert A.access_key_id in keys.stdout and A.secret_access_key not in keys.stdout


@pytest.mark.parametrize("arguments", [
    ["--account-id", B.account_id], ["--canonical-id", B.canonical_id],
    ["--access-key-id", B.access_key_id, "--secret-access-key", "another/secret/key/of/forty/characters/1"],
    ["--account-id", "12345"], ["--canonical-id", "xyz"],
])
def test_taken_and_malformed_ids_are_refused(server, arguments):
    done = server.command("account", "create", "--name", "twin", "--json", *arguments)
    assert done.returncode != 0 and done.stdout == "", done
    assert arguments[1] in done.stderr, done.stderr
    assert "twin" not in server.command("account", "list").stdout


def test_access_keys_come_and_go_while_the_server_runs(server):
    made = server.command("account", "key", "create", A.account_id, "--json",
                          "--access-key-id", "SecondKeyOfAnother01",
                          "--secret-access-key", "second/secret/key/of/forty/characters/12")
    assert made.returncode == 0, made.stderr
    second = RawClient(server.url, type(A)(A.name, A.account_id, A.canonical_id, "SecondKeyOfAnother01",
                                           "second/secret/key/of/forty/characters/12"))
    expect.ok(second.get())
    gone = server.command("account", "key", "delete", "SecondKeyOfAnother01")
    assert gone.returncode == 0, gone.stderr
    expect.error(second.get(), 403, "InvalidAccessKeyId")


def test_accounts_can_be_made_without_a_running_server(tmp_path):
    server = Server(tmp_path).start()
    assert server.stop() == 0
    server.create_account(B)
    server.start()
    try:
        assert sdk.client(server.url, B).list_buckets()["Owner"]["ID"] == B.canonical_id
    finally:
        server.kill()


def test_the_first_start_prints_what_to_paste(tmp_path):
    """Without a given key one is made, printed once, and works."""
    unset = {"GRANTRY_ROOT_ACCESS_KEY_ID": "", "GRANTRY_ROOT_SECRET_ACCESS_KEY": ""}

    class Fresh(Server):
        def environment(self):
            return {name: value for name, value in super().environment().items() if name not in unset}

    server = Fresh(tmp_path).start()
    try:
        words = server.stdout.replace("=", " ").replace('"', " ").split()
        key_id = words[words.index("AWS_ACCESS_KEY_ID") + 1]
        secret = words[words.index("AWS_SECRET_ACCESS_KEY") + 1]
        account = type(A)("", "", "", key_id, secret)
        expect.ok(RawClient(server.url, account).get())
        assert server.stop() == 0
        server.start()
        assert secret not in server.stdout + server.stderr
        expect.ok(RawClient(server.url, account).get())
    finally:
        server.kill()


def test_secrets_lie_encrypted_and_unreadable_to_others(own_server):
    own_server.create_account(B)
    own_server.kill()  # the log of the database stays, and no file comes or goes any more
    files = [path for path in own_server.data_dir.rglob("*") if path.is_file()]
    assert files
    for path in files:
        stored = path.read_bytes()
        for account in (FIRST, B):
            assert account.secret_access_key.encode() not in stored, path
    keys = [path for path in files if path.stat().st_size <= 256 and "key" in path.name]
    assert keys and all(path.stat().st_mode & 0o777 == 0o600 for path in keys)
    logs = own_server.stdout + own_server.stderr
    assert B.secret_access_key not in logs


def test_health(server):
    for path in ("/_grantry/health/live", "/_grantry/health/ready"):
        assert get(server, path).status == 200


def test_metrics(server, s3):
    s3.list_buckets()
    answer = get(server, "/_grantry/metrics")
    assert answer.status == 200
    assert answer.header("Content-Type").startswith(("text/plain", "application/openmetrics-text"))
    assert b"ListBuckets" in answer.body and b"# TYPE" in answer.body


def test_our_own_paths_hide_no_bucket(owner):
    """`_grantry` is no possible bucket name, so nothing of S3 is lost."""
    expect.error(owner.put("_grantry"), 400, "InvalidBucketName")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_when_the_server_serves(tmp_path, abstract):
    """`Type=notify` of the unit: what is started after it can connect at once."""
    name = f"@grantry-{tmp_path.name}-{uuid.uuid4()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(name.replace("@", "\0", 1))
        supervisor.settimeout(30)
        server = Server(tmp_path / "server", {"NOTIFY_SOCKET": name}).start()
        try:
            assert supervisor.recv(100) == b"READY=1"
            assert get(server, "/_grantry/health/ready").status == 200
        finally:
            server.kill()


def test_two_servers_on_one_directory(own_server):
    second = subprocess.run(
        [binary(), "serve"], env=own_server.environment(), cwd=own_server.directory,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False,
    )
    assert second.returncode != 0
    assert str(own_server.data_dir) in second.stderr, second.stderr
    expect.ok(RawClient(own_server.url, FIRST).get())


def test_everything_is_there_after_a_restart(own_server):
    s3 = sdk.client(own_server.url, FIRST)
    name = new_name()
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"kept", ACL="public-read", Metadata={"a": "1"})
    upload = s3.create_multipart_upload(Bucket=name, Key="later")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="later", UploadId=upload, PartNumber=1, Body=b"part")
    assert own_server.stop() == 0
    own_server.start()
    s3, anonymous = sdk.client(own_server.url, FIRST), RawClient(own_server.url, None)
    answer = anonymous.get(name, "k")
    assert (answer.body, answer.header("x-amz-meta-a")) == (b"kept", "1")
    s3.complete_multipart_upload(Bucket=name, Key="later", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]
    })
    assert s3.get_object(Bucket=name, Key="later")["Body"].read() == b"part"


def upload_under_way(server, path: str, length: int) -> socket.socket:
    """A connection on which the server has accepted a PUT and asked for its body."""
    host = f"127.0.0.1:{server.port}"
    headers = sign_headers(
        FIRST, "PUT", f"http://{host}{path}", {"Host": host, "Content-Length": str(length)},
        payload_hash=UNSIGNED_PAYLOAD,
    )
    lines = [f"{name}: {value}" for name, value in (headers | {"Expect": "100-continue"}).items()]
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall("\r\n".join([f"PUT {path} HTTP/1.1", *lines, "", ""]).encode())
    assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
    return connection


def refuses_connections(server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_sigterm_lets_requests_finish(own_server):
    expect.ok(RawClient(own_server.url, FIRST).put("shutdown"))
    half = b"x" * 100_000
    with upload_under_way(own_server, "/shutdown/slow", 2 * len(half)) as connection:
        connection.sendall(half)
        own_server.terminate()
        while not refuses_connections(own_server):
            time.sleep(0.01)
        connection.sendall(half)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert own_server.wait() == 0
    own_server.start()
    head = RawClient(own_server.url, FIRST).head("shutdown", "slow")
    assert head.header("Content-Length") == "200000"


@pytest.mark.parametrize("name, value", [
    ("GRANTRY_LISTEN", "nonsense"), ("GRANTRY_SWITCHES_BOE_PRIVATE_ACL", "perhaps"),
])
def test_wrong_settings_are_named(tmp_path, name, value):
    server = Server(tmp_path, {name: value})
    tmp_path.mkdir(exist_ok=True)
    done = server.command("serve")
    assert done.returncode == 2, done
    assert value in done.stderr, done.stderr
