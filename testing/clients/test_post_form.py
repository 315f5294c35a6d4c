"""Browser uploads by POST forms: `generate_presigned_post` of boto3, sent by requests and by hand.

access-control.md §8.4 and TV-140, TV-141; each test that names another store's advisory fails when
the guard against it is taken out.
"""

import base64
import datetime
import hashlib
import hmac
import json
import socket

import pytest
import requests

from harness import expect, policies, sdk
from harness.accounts import A, B, FIRST
from harness.raw import RawClient, Response
from harness.sigv4 import REGION, now, presign, signing_key

MIB = 1024 * 1024
ORDER = "If it is specified, please check the order of the fields."


def post(server, bucket: str, fields: dict, file=b"body", name: str = "cat.jpg", **more) -> Response:
    """Sends a form as a browser does, the file last; redirects are not followed."""
    answer = requests.post(
        f"{server.url}/{bucket}", data=fields, files={"file": (name, file)},
        allow_redirects=False, timeout=60, **more,
    )
    return Response(answer.status_code, answer.headers, answer.content)


def signed(account, document: dict | str, fields: dict | None = None) -> dict:
    """The fields of a form whose policy is exactly this document."""
    timestamp = now().strftime("%Y%m%dT%H%M%SZ")
    day = timestamp[:8]
    text = document if isinstance(document, str) else json.dumps(document)
    policy = base64.b64encode(text.encode()).decode()
    signature = hmac.new(signing_key(account, day), policy.encode(), hashlib.sha256).hexdigest()
    return dict(fields or {}) | {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{account.access_key_id}/{day}/{REGION}/s3/aws4_request",
        "x-amz-date": timestamp,
        "policy": policy,
        "x-amz-signature": signature,
    }


def document(bucket: str, *conditions, expires_seconds: int = 300) -> dict:
    """A policy that covers the bucket and the fields of the signature."""
    expiration = now() + datetime.timedelta(seconds=expires_seconds)
    covered = [["starts-with", f"$x-amz-{name}", ""] for name in ("algorithm", "credential", "date")]
    return {
        "expiration": expiration.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conditions": [{"bucket": bucket}, *covered, *conditions],
    }


def form(account, bucket: str, fields: dict, *conditions) -> dict:
    """Fields that are all covered by exact conditions, besides `conditions`."""
    exact = [{name: value} for name, value in fields.items()]
    return signed(account, document(bucket, *exact, *conditions), fields)


def written(owner, bucket: str, key: str) -> bytes:
    return expect.ok(owner.get(bucket, key)).body


def absent(owner, bucket: str, key: str = "k") -> None:
    expect.bodiless(owner.head(bucket, key), 404)


def failed(answer: Response, detail: str) -> None:
    expect.error(answer, 403, "AccessDenied", f"Invalid according to Policy: {detail}")


@pytest.fixture(scope="module")
def v4(server):
    """boto3 as B; without being told, it makes forms of Signature Version 2."""
    return sdk.client(server.url, B, signature_version="s3v4")


# ---- what works ----


@pytest.mark.parametrize("size", [0, 1, 65536, MIB - 1, MIB, MIB + 1, 20 * MIB])
def test_boto3_presigned_post(server, v4, bucket, size):
    """On both sides of the border between segments and files, whose length nobody announces."""
    made = v4.generate_presigned_post(bucket, "dir/k")
    body = hashlib.shake_128(str(size).encode()).digest(size)
    answer = requests.post(made["url"], data=made["fields"], files={"file": body}, timeout=60)
    assert (answer.status_code, answer.content) == (204, b""), answer.content
    assert answer.headers["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert answer.headers["Location"] == f"{server.url}/{bucket}/dir/k"
    assert v4.get_object(Bucket=bucket, Key="dir/k")["Body"].read() == body


def test_what_looks_like_a_delimiter_is_kept(server, owner, bucket):
    """The file is searched for the delimiter while it arrives, in whatever pieces."""
    body = b"\r\n--\r\n--------\r\r\n-" * 200_000
    expect.ok(post(server, bucket, form(B, bucket, {"key": "k"}), body), 204)
    assert written(owner, bucket, "k") == body


def test_fields_describe_the_object(server, s3, bucket):
    fields = {
        "key": "k", "Content-Type": "image/png", "Cache-Control": "max-age=60",
        "Content-Disposition": "attachment", "Content-Encoding": "gzip",
        "Expires": "Wed, 02 Jan 2030 03:04:05 GMT", "x-amz-meta-colour": "blue",
        "x-amz-storage-class": "STANDARD_IA", "x-amz-website-redirect-location": "/elsewhere",
    }
    expect.ok(post(server, bucket, form(B, bucket, fields)), 204)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentType"], head["CacheControl"]) == ("image/png", "max-age=60")
    assert (head["ContentDisposition"], head["ContentEncoding"]) == ("attachment", "gzip")
    assert (head["ExpiresString"], head["Metadata"]) == (fields["Expires"], {"colour": "blue"})
    assert (head["StorageClass"], head["WebsiteRedirectLocation"]) == ("STANDARD_IA", "/elsewhere")


def test_the_type_of_the_part_is_not_the_type_of_the_object(server, owner, bucket):
    expect.ok(post(server, bucket, form(B, bucket, {"key": "k"}), name="page.html"), 204)
    assert owner.head(bucket, "k").header("Content-Type") == "binary/octet-stream"


def test_boto3_with_fields_and_conditions(server, v4, bucket):
    fields = {"acl": "bucket-owner-full-control", "Content-Type": "image/png", "x-amz-meta-a": "b"}
    conditions = [
        {"acl": "bucket-owner-full-control"}, ["starts-with", "$Content-Type", "image/"],
        {"x-amz-meta-a": "b"}, ["content-length-range", 1, 10],
    ]
    made = v4.generate_presigned_post(bucket, "u/${filename}", fields, conditions, ExpiresIn=60)
    expect.ok(post(server, bucket, made["fields"]), 204)
    head = v4.head_object(Bucket=bucket, Key="u/cat.jpg")
    assert (head["ContentType"], head["Metadata"]) == ("image/png", {"a": "b"})
    expect.error(post(server, bucket, made["fields"], b"x" * 11), 400, "EntityTooLarge")
    failed(post(server, bucket, made["fields"] | {"Content-Type": "text/html"}),
           'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]')


@pytest.mark.parametrize("name, key", [
    ("cat.jpg", "u/cat.jpg"), ("C:\\pictures\\cat.jpg", "u/cat.jpg"), ("../../cat.jpg", "u/cat.jpg"),
])
def test_the_name_of_the_file(server, owner, bucket, name, key):
    fields = signed(B, document(bucket, ["starts-with", "$key", "u/"]), {"key": "u/${filename}"})
    expect.ok(post(server, bucket, fields, name=name), 204)
    assert written(owner, bucket, key) == b"body"


def test_the_policy_sees_the_key_that_is_written(server, owner, bucket):
    """A name that leads out of what the policy allows is refused after it was put in."""
    fields = signed(B, document(bucket, ["starts-with", "$key", "u"]), {"key": "${filename}"})
    failed(post(server, bucket, fields, name="elsewhere"),
           'Policy Condition failed: ["starts-with", "$key", "u"]')
    absent(owner, bucket, "elsewhere")


@pytest.mark.parametrize("algorithm, right", [("x-amz-checksum-sha256", True), ("Content-MD5", False)])
def test_checksum_fields_are_compared(server, owner, bucket, algorithm, right):
    value = hashlib.sha256(b"body").digest() if right else hashlib.md5(b"other").digest()
    fields = {"key": "k", algorithm: base64.b64encode(value).decode()}
    answer = post(server, bucket, form(B, bucket, fields))
    if right:
        expect.ok(answer, 204)
        assert answer.header("x-amz-checksum-sha256") == fields[algorithm]
    else:
        expect.error(answer, 400, "BadDigest")
        absent(owner, bucket)


@pytest.mark.parametrize("asked, status", [
    ("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204),
])
def test_success_action_status(server, bucket, asked, status):
    answer = post(server, bucket, form(B, bucket, {"key": "a b/ü", "success_action_status": asked}))
    expect.ok(answer, status)
    etag = f'"{hashlib.md5(b"body").hexdigest()}"'
    location = f"{server.url}/{bucket}/a%20b/%C3%BC"
    assert (answer.header("ETag"), answer.header("Location")) == (etag, location)
    if status == 201:
        found = [(child.tag, child.text) for child in answer.xml]
        assert answer.xml.tag == "PostResponse"
        assert found == [("Location", location), ("Bucket", bucket), ("Key", "a b/ü"), ("ETag", etag)]
    else:
        assert answer.body == b""


@pytest.mark.parametrize("name", ["success_action_redirect", "redirect"])
def test_redirects(server, owner, bucket, name):
    fields = {"key": "a/b", name: "http://example.org/done?x=y", "success_action_status": "201"}
    answer = expect.ok(post(server, bucket, form(B, bucket, fields)), 303)
    etag = hashlib.md5(b"body").hexdigest()
    expected = f"http://example.org/done?x=y&bucket={bucket}&key=a%2Fb&etag=%22{etag}%22"
    assert answer.header("Location") == expected
    assert written(owner, bucket, "a/b") == b"body"


def test_virtual_host_style(server, owner, bucket):
    fields = form(B, bucket, {"key": "k", "success_action_status": "201"})
    host = f"{bucket}.localhost:{server.port}"
    answer = post(server, "", fields, headers={"Host": host})
    expect.ok(answer, 201)
    assert answer.header("Location") == f"http://{host}/k"
    assert written(owner, bucket, "k") == b"body"


def test_fields_behind_the_file_are_ignored(server, owner, bucket):
    fields = form(B, bucket, {"key": "k"})
    body = multipart(fields, b"body") + part("key", "other") + part("acl", "public-read") + b"--x--"
    expect.ok(send(server, bucket, body), 204)
    assert written(owner, bucket, "k") == b"body"
    absent(owner, bucket, "other")


def test_names_are_compared_without_letter_case(server, owner, bucket):
    policy = document(bucket, ["StArTs-WiTh", "$KeY", "k"], {"x-AMZ-meta-A": "b"})
    policy["conditions"][0] = {"bUcKeT": bucket}
    expect.ok(post(server, bucket, signed(B, policy, {"KEY": "k", "X-Amz-Meta-a": "b"})), 204)
    assert written(owner, bucket, "k") == b"body"


# ---- who made the form ----


def test_tv_140_a_field_of_the_signature_is_missing(server, owner, bucket):
    for name, shown in (
        ("x-amz-signature", "X-Amz-Signature"), ("x-amz-algorithm", "X-Amz-Algorithm"),
        ("x-amz-credential", "X-Amz-Credential"), ("x-amz-date", "X-Amz-Date"), ("policy", "Policy"),
    ):
        fields = form(B, bucket, {"key": "k"})
        del fields[name]
        expect.error(
            post(server, bucket, fields), 400, "InvalidArgument",
            f"Bucket POST must contain a field named '{shown}'.  {ORDER}",
            ArgumentName=shown, ArgumentValue="",
        )
    absent(owner, bucket)


def test_tv_141_an_expired_policy(server, owner, bucket):
    fields = signed(B, document(bucket, {"key": "k"}, expires_seconds=-1), {"key": "k"})
    failed(post(server, bucket, fields), "Policy expired.")
    absent(owner, bucket)


def test_an_altered_policy(server, owner, bucket):
    """The signature is checked before the policy is looked at, however broken it is."""
    fields = form(B, bucket, {"key": "k"})
    other = base64.b64encode(json.dumps(document(bucket, ["starts-with", "$key", ""])).encode())
    for policy in (other.decode(), fields["policy"] + "=", "%%%", ""):
        error = expect.error(
            post(server, bucket, fields | {"policy": policy}), 403, "SignatureDoesNotMatch",
            AWSAccessKeyId=B.access_key_id, SignatureProvided=fields["x-amz-signature"],
        )
        assert error["StringToSign"] == policy
    absent(owner, bucket)


def test_every_digit_of_the_signature_counts(server, owner, bucket):
    fields = form(B, bucket, {"key": "k"})
    right = fields["x-amz-signature"]
    for at in range(0, len(right), 7):
        wrong = right[:at] + ("0" if right[at] != "0" else "1") + right[at + 1:]
        answer = post(server, bucket, fields | {"x-amz-signature": wrong})
        expect.error(answer, 403, "SignatureDoesNotMatch")
    absent(owner, bucket)


def test_an_unknown_key_and_a_token_that_nobody_gave(server, owner, bucket):
    fields = form(B, bucket, {"key": "k"})
    scope = fields["x-amz-credential"].split("/", 1)[1]
    unknown = post(server, bucket, fields | {"x-amz-credential": f"AKIANOBODY0000000001/{scope}"})
    expect.error(unknown, 403, "InvalidAccessKeyId", AWSAccessKeyId="AKIANOBODY0000000001")
    token = form(B, bucket, {"key": "k", "x-amz-security-token": "token"})
    expect.error(post(server, bucket, token), 400, "InvalidToken")
    absent(owner, bucket)


def test_signature_version_2(server, s3, owner, bucket):
    fields = s3.generate_presigned_post(bucket, "k")["fields"]
    assert "AWSAccessKeyId" in fields, "boto3 makes them still"
    expect.error(
        post(server, bucket, fields), 400, "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )
    absent(owner, bucket)


def test_a_form_is_not_signed_by_header_or_query(server, owner, bucket):
    """The header's signature covers a hash of the whole form, the query's nothing of it."""
    body = multipart({"key": "k"}, b"body") + b"--x--"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    expect.error(owner.post(bucket, body=body, headers=headers), 400, "InvalidRequest")
    target = presign(B, "POST", f"{server.url}/{bucket}").removeprefix(server.url)
    answer = RawClient(server.url, None).to("POST", target, headers, body)
    expect.error(answer, 400, "InvalidRequest")
    absent(owner, bucket)


# ---- what the policy allows ----


def test_a_condition_that_fails(server, owner, bucket):
    fields = form(B, bucket, {"key": "k", "success_action_redirect": "http://example.org/"})
    fields["success_action_redirect"] = "http://example.com/"
    failed(post(server, bucket, fields),
           'Policy Condition failed: ["eq", "$success_action_redirect", "http://example.org/"]')
    missing = form(B, bucket, {"key": "k", "x-amz-meta-a": "b"})
    del missing["x-amz-meta-a"]
    failed(post(server, bucket, missing), 'Policy Condition failed: ["eq", "$x-amz-meta-a", "b"]')
    absent(owner, bucket)


def test_a_field_that_is_not_covered(server, owner, bucket):
    for name, value in (("acl", "public-read"), ("x-amz-meta-a", "b"), ("submit", "Upload")):
        fields = form(B, bucket, {"key": "k"}) | {name: value}
        failed(post(server, bucket, fields), f"Extra input fields: {name}")
    absent(owner, bucket)
    ignored = form(B, bucket, {"key": "k"}) | {"x-ignore-a": "b"}
    expect.ok(post(server, bucket, ignored), 204)


def test_a_policy_without_the_bucket(server, owner, bucket):
    policy = document(bucket, {"key": "k"})
    policy["conditions"] = policy["conditions"][1:]
    failed(post(server, bucket, signed(B, policy, {"key": "k"})), "Extra input fields: bucket")
    absent(owner, bucket)


@pytest.mark.parametrize("size, code, field", [
    (9, "EntityTooSmall", "MinSizeAllowed"), (10, None, None), (20, None, None),
    (21, "EntityTooLarge", "MaxSizeAllowed"), (3 * MIB, "EntityTooLarge", "MaxSizeAllowed"),
])
def test_content_length_range(server, owner, bucket, size, code, field):
    fields = form(B, bucket, {"key": "k"}, ["content-length-range", 10, 20])
    answer = post(server, bucket, fields, b"x" * size)
    if code is None:
        expect.ok(answer, 204)
    else:
        expect.error(answer, 400, code, ProposedSize=None, **{field: None})
        absent(owner, bucket)


@pytest.mark.parametrize("conditions, detail", [
    ([{}], "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."),
    ([["ends-with", "$key", "k"]], "Invalid Condition: unknown operation 'ends-with'."),
    ([["content-length-range", 0]], "Invalid content-length-range: wrong number of arguments."),
    ([["content-length-range", -1, 0]], "Invalid content-length-range: bounds must be whole numbers."),
])
def test_a_condition_that_is_none(server, owner, bucket, conditions, detail):
    """MinIO CVE-2021-21362, RustFS GHSA-w5fh, SeaweedFS bfea14320: none may pass for one that holds."""
    fields = form(B, bucket, {"key": "k"}, *conditions)
    answer = post(server, bucket, fields)
    expect.error(answer, 400, "InvalidPolicyDocument", f"Invalid Policy: {detail}")
    absent(owner, bucket)


@pytest.mark.parametrize("text, detail", [
    ("not json", "Invalid JSON."),
    ('{"conditions": []}', "Policy missing expiration."),
    ('{"expiration": "2099-01-01T00:00:00Z"}', "Policy missing conditions."),
    ('{"expiration": "x", "conditions": []}', "Invalid 'expiration' value: 'x'"),
])
def test_a_policy_that_is_none(server, owner, bucket, text, detail):
    answer = post(server, bucket, signed(B, text, {"key": "k"}))
    expect.error(answer, 400, "InvalidPolicyDocument", f"Invalid Policy: {detail}")
    absent(owner, bucket)


# ---- what the signer may do ----


def test_the_bucket_field_is_ignored(server, owner, buckets):
    """Ceph CVE-2023-43040: the field replaced the bucket that the decision was about."""
    here, there = buckets.default(), buckets.default()
    fields = form(B, here, {"key": "k"}) | {"bucket": there}
    expect.ok(post(server, here, fields), 204)
    assert written(owner, here, "k") == b"body"
    absent(owner, there)
    failed(post(server, there, form(B, here, {"key": "k"}) | {"bucket": here}),
           f'Policy Condition failed: ["eq", "$bucket", "{here}"]')
    absent(owner, there)


def test_the_signer_needs_the_permission(server, owner, other, buckets):
    """MinIO CVE-2021-21362: a signature alone wrote into any bucket."""
    bucket = buckets.default()
    expect.denied(post(server, bucket, form(A, bucket, {"key": "k"})))
    absent(owner, bucket)
    buckets.allow(bucket, policies.allow(policies.account(A), "s3:PutObject", policies.objects_arn(bucket, "a/*")))
    expect.ok(post(server, bucket, form(A, bucket, {"key": "a/k"})), 204)
    expect.denied(post(server, bucket, form(A, bucket, {"key": "k"})))
    # versitygw 67aaa80d: what the policy was asked about is what is written.
    expect.denied(post(server, bucket, form(A, bucket, {"key": "b/../a/k"})))
    assert written(owner, bucket, "a/k") == b"body"


@pytest.mark.parametrize("key", ["", "k" * 1025])
def test_the_key_is_validated(server, bucket, key):
    """versitygw eecc1a77: the key of a form was not."""
    fields = signed(B, document(bucket, ["starts-with", "$key", ""]), {"key": key})
    code = "KeyTooLongError" if key else "InvalidArgument"
    expect.error(post(server, bucket, fields), 400, code)


def test_a_key_is_data_and_no_path(server, owner, bucket):
    fields = form(B, bucket, {"key": "../../a//b"})
    expect.ok(post(server, bucket, fields), 204)
    assert expect.ok(owner.get(bucket, query="list-type=2")).texts("Contents/Key") == ["../../a//b"]


def test_a_bucket_that_is_not_there(server, bucket):
    expect.error(post(server, f"{bucket}-none", form(B, f"{bucket}-none", {"key": "k"})), 404, "NoSuchBucket")


def test_acls_where_they_are_disabled(server, owner, buckets):
    bucket = buckets.enforced()
    for acl in ("public-read", "private"):
        expect.not_supported(post(server, bucket, form(B, bucket, {"key": "k", "acl": acl})))
    absent(owner, bucket)
    allowed = form(B, bucket, {"key": "k", "acl": "bucket-owner-full-control"})
    expect.ok(post(server, bucket, allowed), 204)
    unknown = form(B, bucket, {"key": "k", "acl": "fake-acl"})
    expect.error(post(server, bucket, unknown), 400, "InvalidArgument", ArgumentName="acl")


def test_acls_where_they_are_enabled(server, anonymous, buckets):
    bucket = buckets.object_writer()
    for key, acl, status in (("open", "public-read", 200), ("closed", "private", 403)):
        expect.ok(post(server, bucket, form(B, bucket, {"key": key, "acl": acl})), 204)
        assert anonymous.get(bucket, key).status == status


@pytest.mark.parametrize("ownership, theirs", [
    ("ObjectWriter", True), ("BucketOwnerPreferred", False), ("BucketOwnerEnforced", False),
])
def test_who_owns_what_another_account_posts(server, owner, buckets, ownership, theirs):
    """§3.7, the row of POST object."""
    bucket = buckets.open(ownership)
    actions = ["s3:PutObject", "s3:PutObjectAcl"]
    buckets.allow(bucket, policies.allow(policies.account(A), actions, policies.objects_arn(bucket)))
    fields = form(A, bucket, {"key": "k", "acl": "bucket-owner-full-control"})
    expect.ok(post(server, bucket, fields), 204)
    # GetObjectAcl of a foreign object is its owner's, unless the ACL gives it (it does here).
    answer = expect.ok(owner.get(bucket, "k", query="acl"))
    assert answer.text("Owner/ID") == (A if theirs else B).canonical_id


def test_conditions_of_bucket_policies_see_the_fields(server, owner, buckets):
    bucket = buckets.object_writer()
    objects = policies.objects_arn(bucket)
    buckets.allow(
        bucket,
        policies.allow(policies.account(A), ["s3:PutObject", "s3:PutObjectAcl"], objects, {
            "StringEquals": {"s3:authType": "POST", "s3:x-amz-acl": "bucket-owner-full-control"},
        }),
    )
    expect.denied(post(server, bucket, form(A, bucket, {"key": "k"})))
    expect.denied(post(server, bucket, form(A, bucket, {"key": "k", "acl": "private"})))
    header = {"x-amz-acl": "bucket-owner-full-control"}
    expect.denied(post(server, bucket, form(A, bucket, {"key": "k"}), headers=header))
    expect.denied(RawClient(server.url, A).put(bucket, "k", b"x", headers=header))
    absent(owner, bucket)
    fields = form(A, bucket, {"key": "k", "acl": "bucket-owner-full-control"})
    expect.ok(post(server, bucket, fields), 204)


@pytest.mark.parametrize("name, value", [
    ("x-amz-tagging", "a=b"), ("x-amz-grant-read", "id=a"),
    ("x-amz-acl", "private"), ("x-amz-copy-source", "/b/k"),
])
def test_fields_that_promise_something_are_not_ignored(server, owner, bucket, name, value):
    fields = form(B, bucket, {"key": "k", name: value})
    expect.error(post(server, bucket, fields), 501, "NotImplemented")
    absent(owner, bucket)


# ---- nobody's forms ----


def test_an_anonymous_form(server, owner, anonymous, buckets):
    private = buckets.default()
    expect.denied(post(server, private, {"key": "k"}), "Access Denied")
    absent(owner, private)
    public = buckets.with_acl("public-read-write")
    expect.ok(post(server, public, {"key": "k", "anything": "goes"}), 204)
    assert written(anonymous, public, "k") == b"body"


def test_an_anonymous_form_is_refused_before_its_file_is_read(own_server):
    """s3s buffered 299 MiB of such a form before any check; SeaweedFS #7912 checked nothing."""
    owner = RawClient(own_server.url, FIRST)
    expect.ok(owner.put("private"))
    post(own_server, "private", {"key": "warm"}, b"x" * MIB)
    before = own_server.memory_bytes("VmRSS")
    head = multipart({"key": "k"}, b"")[:-2]
    size = 50 * MIB
    with socket.create_connection(("127.0.0.1", own_server.port), timeout=60) as connection:
        connection.sendall(request_head(own_server, "private", len(head) + size) + head)
        answer = connection.recv(65536)  # nothing of the file was sent yet
        assert b"HTTP/1.1 403" in answer and b"AccessDenied" in answer, answer
    try:
        expect.denied(post(own_server, "private", {"key": "k"}, b"x" * size), "Access Denied")
    except requests.ConnectionError:
        pass  # the server answers and closes while the client still sends
    assert own_server.memory_bytes("VmHWM") - before < 16 * MIB
    absent(owner, "private")


def test_a_large_form_streams_through(own_server):
    owner = RawClient(own_server.url, FIRST)
    expect.ok(owner.put("memory"))
    expect.ok(post(own_server, "memory", form(FIRST, "memory", {"key": "warm"}), b"x" * MIB), 204)
    before = own_server.memory_bytes("VmRSS")
    block = hashlib.shake_128(b"block").digest(MIB)
    blocks = 200
    head = multipart(form(FIRST, "memory", {"key": "large"}), b"")[:-2]
    tail = b"\r\n--x--\r\n"
    with socket.create_connection(("127.0.0.1", own_server.port), timeout=60) as connection:
        length = len(head) + blocks * MIB + len(tail)
        connection.sendall(request_head(own_server, "memory", length) + head)
        for _ in range(blocks):
            connection.sendall(block)
        connection.sendall(tail)
        answer = connection.recv(65536)
    assert b"HTTP/1.1 204" in answer, answer
    assert own_server.memory_bytes("VmHWM") - before < 32 * MIB
    assert owner.head("memory", "large").header("Content-Length") == str(blocks * MIB)


# ---- what is no form ----


def part(name: str, value: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def multipart(fields: dict, file: bytes) -> bytes:
    """A form with the boundary `x`, without its last delimiter."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    return b"".join(part(name, value) for name, value in fields.items()) + head + file + b"\r\n"


def request_head(server, bucket: str, length: int) -> bytes:
    return (
        f"POST /{bucket} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def send(server, bucket: str, body: bytes, content_type="multipart/form-data; boundary=x") -> Response:
    return RawClient(server.url, None).post(bucket, body=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize("content_type", [
    "application/x-www-form-urlencoded", "text/plain", "multipart/mixed; boundary=x", "",
])
def test_other_content_types(server, bucket, content_type):
    expect.error(
        send(server, bucket, multipart({"key": "k"}, b"") + b"--x--", content_type),
        412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
        Condition="Bucket POST must be of the enclosure-type multipart/form-data",
    )


def test_what_is_missing(server, owner, bucket):
    without_file = b"".join(part(name, value) for name, value in form(B, bucket, {"key": "k"}).items())
    expect.error(
        send(server, bucket, without_file + b"--x--"), 400, "InvalidArgument",
        "POST requires exactly one file upload per request.", ArgumentName="file", ArgumentValue="0",
    )
    expect.error(
        post(server, bucket, form(B, bucket, {"x-amz-meta-a": "b"})), 400, "InvalidArgument",
        f"Bucket POST must contain a field named 'key'.  {ORDER}", ArgumentName="key", ArgumentValue="",
    )
    cut = multipart(form(B, bucket, {"key": "k"}), b"cut")
    for body in (b"", b"nonsense", b"--x", b"--x\r\n\r\n", cut, cut + b"--", cut + b"--x", cut + b"--x-"):
        expect.error(send(server, bucket, body), 400, "MalformedPOSTRequest")
    absent(owner, bucket)


def test_a_field_twice(server, owner, bucket):
    """The policy must not be held against one value and the upload made with the other."""
    fields = form(B, bucket, {"key": "k"})
    body = part("KEY", "other") + multipart(fields, b"body") + b"--x--"
    expect.error(send(server, bucket, body), 400, "InvalidArgument")
    absent(owner, bucket)
    absent(owner, bucket, "other")


def test_what_stands_before_the_file_is_limited(server, owner, bucket):
    fields = form(B, bucket, {"key": "k"}) | {f"x-ignore-{n}": "x" * 8000 for n in range(3)}
    expect.error(post(server, bucket, fields), 400, "MaxPostPreDataLengthExceeded")
    many = form(B, bucket, {"key": "k"}) | {f"x-ignore-{n}": "" for n in range(100)}
    expect.error(post(server, bucket, many), 400, "MaxPostPreDataLengthExceeded")
    absent(owner, bucket)


def test_header_injection(server, owner, bucket):
    fields = form(B, bucket, {"key": "k", "x-amz-meta-a": "b\r\nSet-Cookie: c=d"})
    expect.error(post(server, bucket, fields), 400, "InvalidArgument")
    absent(owner, bucket)
