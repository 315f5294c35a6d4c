"""Cross-origin resource sharing: rules, preflights, and the headers of other answers."""

import pytest
import requests

from harness import expect, policies, sdk
from harness.accounts import A, B
from harness.buckets import new_name
from test_aws_cli import aws, made  # noqa: F401 (fixtures)

PAGE = "http://page.example"
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
    "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
    "resource's CORS spec.")
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def rule(origins=("*",), methods=("GET",), headers=(), expose=(), max_age=None, name=None):
    texts = [("ID", [name] if name else []), ("AllowedOrigin", origins), ("AllowedMethod", methods),
             ("AllowedHeader", headers), ("ExposeHeader", expose),
             ("MaxAgeSeconds", [] if max_age is None else [max_age])]
    return "<CORSRule>" + "".join(f"<{tag}>{text}</{tag}>" for tag, many in texts for text in many) + "</CORSRule>"


def document(*rules):
    return f'<CORSConfiguration xmlns="{policies.S3_XMLNS}">{"".join(rules)}</CORSConfiguration>'


def set_rules(owner, bucket, *rules):
    expect.ok(owner.document("PUT", bucket, "cors", document(*rules)))
    return bucket


def preflight(client, bucket, key=None, query="", origin=PAGE, method="GET", headers=None):
    sent = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    sent = {name: value for name, value in sent.items() if value is not None}
    return client.request("OPTIONS", bucket, key, query, unsigned_headers=sent)


def cors_headers(answer):
    names = ("Allow-Origin", "Allow-Methods", "Allow-Headers", "Expose-Headers", "Max-Age", "Allow-Credentials")
    found = {name: answer.header(f"Access-Control-{name}") for name in names}
    return {name: value for name, value in found.items() if value is not None}


# The configuration


def test_rules_are_kept_as_sent(s3, bucket):
    rules = [
        {"ID": "first", "AllowedOrigins": [PAGE, "https://*.example"], "AllowedMethods": ["GET", "PUT"],
         "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag", "x-amz-request-id"], "MaxAgeSeconds": 3000},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]},
    ]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules


def test_without_rules(owner, bucket):
    for _ in range(2):
        expect.error(owner.get(bucket, query="cors"), 404, "NoSuchCORSConfiguration",
                     "The CORS configuration does not exist", BucketName=bucket)
        expect.ok(owner.delete(bucket, query="cors"), 204)
    set_rules(owner, bucket, rule())
    expect.ok(owner.delete(bucket, query="cors"), 204)
    expect.error(owner.get(bucket, query="cors"), 404, "NoSuchCORSConfiguration")


@pytest.mark.parametrize("rules, code, message", [
    ([], "MalformedXML", None),
    (["<CORSRule/>"], "MalformedXML", None),
    ([rule(origins=())], "MalformedXML", None),
    ([rule(methods=())], "MalformedXML", None),
    ([rule(max_age="soon")], "MalformedXML", None),
    ([rule() + "<Other/>"], "MalformedXML", None),
    ([rule()] * 101, "InvalidRequest", "The number of CORS rules should not exceed allowed limit of 100 rules."),
    ([rule(methods=("OPTIONS",))], "InvalidRequest",
     "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS"),
    ([rule(methods=("get",))], "InvalidRequest",
     "Found unsupported HTTP method in CORS config. Unsupported method is get"),
    ([rule(origins=("http://*.*",))], "InvalidRequest",
     'AllowedOrigin "http://*.*" can not have more than one wildcard.'),
    ([rule(headers=("x-*-*",))], "InvalidRequest", 'AllowedHeader "x-*-*" can not have more than one wildcard.'),
    ([rule(expose=("x-*",))], "InvalidRequest",
     'ExposeHeader "x-*" contains wildcard. We currently do not support wildcard for ExposeHeader.'),
    ([rule(name="i" * 256)], "InvalidRequest", "ID length should not exceed allowed limit of 255"),
])
def test_refused_rules(owner, bucket, rules, code, message):
    expect.error(owner.document("PUT", bucket, "cors", document(*rules)), 400, code, message)
    expect.error(owner.get(bucket, query="cors"), 404, "NoSuchCORSConfiguration")


def test_a_large_document(owner, bucket):
    set_rules(owner, bucket, *[rule()] * 100)
    large = document(rule(origins=[f"http://{'h' * 250}{number}" for number in range(250)]))
    assert len(large) > 64 << 10
    expect.error(owner.document("PUT", bucket, "cors", large), 400, "MaxMessageLengthExceeded")


@pytest.mark.parametrize("name", ["a&#13;&#10;Set-Cookie: stolen=1", "a\r\nSet-Cookie: stolen=1", "a b", "a:", ""])
def test_ceph_cve_2020_10753_what_is_exposed_is_the_name_of_a_header(owner, bucket, name):
    expect.error(owner.document("PUT", bucket, "cors", document(rule(expose=(name,)))), 400, "InvalidRequest")
    answer = owner.get(bucket, unsigned_headers={"Origin": PAGE})
    assert answer.header("Set-Cookie") is None and cors_headers(answer) == {}


def test_only_the_owner_sees_and_sets_rules(other, anonymous, owner, buckets):
    name = set_rules(owner, buckets.with_acl("public-read-write"), rule())
    for stranger in (other, anonymous):
        expect.denied(stranger.get(name, query="cors"))
        expect.denied(stranger.put(name, None, document(rule()).encode(), query="cors"))
        expect.denied(stranger.delete(name, query="cors"))
    buckets.allow(name, policies.allow(policies.account(A), ["s3:GetBucketCORS", "s3:PutBucketCORS"],
                                       policies.bucket_arn(name)))
    expect.ok(other.get(name, query="cors"))
    expect.ok(other.document("PUT", name, "cors", document(rule(max_age=1))))
    expect.ok(other.delete(name, query="cors"), 204)


# Preflights


def test_a_preflight_that_is_allowed(owner, anonymous, bucket):
    set_rules(owner, bucket, rule([PAGE], ["GET", "PUT"], ["*"], ["ETag", "x-amz-id-2"], 3000))
    answer = preflight(anonymous, bucket, "k", method="PUT", headers="Content-Type, X-Amz-Date")
    assert expect.ok(answer).body == b""
    assert cors_headers(answer) == {
        "Allow-Origin": PAGE, "Allow-Methods": "GET, PUT", "Allow-Headers": "content-type, x-amz-date",
        "Expose-Headers": "ETag, x-amz-id-2", "Max-Age": "3000", "Allow-Credentials": "true"}
    assert answer.header("Vary") == VARY


def test_every_origin(owner, anonymous, bucket):
    set_rules(owner, bucket, rule())
    answer = expect.ok(preflight(anonymous, bucket))
    assert cors_headers(answer) == {"Allow-Origin": "*", "Allow-Methods": "GET"}


def test_the_first_rule_that_matches_answers(owner, anonymous, bucket):
    set_rules(owner, bucket, rule([PAGE], ["PUT"], max_age=1), rule(["http://*.example"], max_age=2), rule(max_age=3))
    for origin, method, expected in ((PAGE, "PUT", (PAGE, "1")), (PAGE, "GET", (PAGE, "2")),
                                     ("http://other.org", "GET", ("*", "3"))):
        found = cors_headers(expect.ok(preflight(anonymous, bucket, origin=origin, method=method)))
        assert (found["Allow-Origin"], found["Max-Age"]) == expected


@pytest.mark.parametrize("question", [
    {"origin": "http://other.example"}, {"origin": "https://page.example"}, {"method": "DELETE"},
    {"headers": "x-other"}, {"headers": "x-amz-date, x-other"}, {"origin": "null"},
])
@pytest.mark.parametrize("key, kind", [(None, "BUCKET"), ("k", "OBJECT")])
def test_a_preflight_that_is_not_allowed(owner, anonymous, bucket, key, kind, question):
    set_rules(owner, bucket, rule([PAGE], ["GET", "PUT"], ["x-amz-*"]))
    answer = preflight(anonymous, bucket, key, **question)
    expect.error(answer, 403, "AccessForbidden", NOT_ALLOWED,
                 Method=question.get("method", "GET"), ResourceType=kind)
    assert cors_headers(answer) == {}


@pytest.mark.parametrize("key, kind", [(None, "BUCKET"), ("k", "OBJECT")])
def test_a_bucket_without_rules(anonymous, bucket, key, kind):
    expect.error(preflight(anonymous, bucket, key), 403, "AccessForbidden",
                 "CORSResponse: CORS is not enabled for this bucket.", Method="GET", ResourceType=kind)


def test_no_bucket(anonymous):
    expect.error(preflight(anonymous, new_name()), 403, "AccessForbidden", "CORSResponse: Bucket not found")


def test_questions_that_lack_something(owner, anonymous, bucket):
    set_rules(owner, bucket, rule())
    expect.error(preflight(anonymous, bucket, origin=None), 400, "BadRequest",
                 "Insufficient information. Origin request header needed.")
    for method in (None, "OPTIONS", "get", "PATCH"):
        expect.error(preflight(anonymous, bucket, method=method), 400, "BadRequest",
                     f"Invalid Access-Control-Request-Method: {method or 'null'}")


def test_a_preflight_is_signed_by_nobody(owner, other, anonymous, bucket, s3):
    """What stands in its URI is the signature of the request to come; what a key is like it does not tell."""
    set_rules(owner, bucket, rule([PAGE], ["GET", "PUT", "POST"], ["*"]))
    for client in (anonymous, other, owner):
        expect.ok(preflight(client, bucket, "no-such-key"))
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    assert requests.options(url, headers=headers, timeout=60).status_code == 200
    assert requests.options(url + "x", headers=headers, timeout=60).status_code == 200
    for query in ("uploads", "partNumber=1&uploadId=u", "versionId=bad", "acl"):
        expect.ok(preflight(anonymous, bucket, "k", query, method="POST"))


# Other answers


def test_an_actual_request(owner, anonymous, buckets):
    name = buckets.publicly_readable()
    set_rules(owner, name, rule([PAGE], ["GET", "HEAD"], expose=["ETag"], max_age=5))
    expect.ok(owner.put(name, "k", b"x"))
    shared = {"Allow-Origin": PAGE, "Allow-Methods": "GET, HEAD", "Expose-Headers": "ETag", "Max-Age": "5",
              "Allow-Credentials": "true"}
    for method in ("GET", "HEAD"):
        answer = expect.ok(anonymous.request(method, name, "k", unsigned_headers={"Origin": PAGE}))
        assert cors_headers(answer) == shared
        assert answer.header("Vary") == VARY
    # The rules of the bucket are for browsers: the request itself is done or not without them.
    for origin in ("http://other.example", None):
        headers = {"Origin": origin} if origin else {}
        answer = expect.ok(anonymous.get(name, "k", unsigned_headers=headers))
        assert cors_headers(answer) == {}
    written = expect.ok(owner.put(name, "k", b"y", unsigned_headers={"Origin": PAGE}))
    assert cors_headers(written) == {}, "PUT is not allowed"


def test_errors_are_shared_too(owner, anonymous, other, bucket):
    set_rules(owner, bucket, rule([PAGE], ["GET", "PUT"]))
    for answer in (anonymous.get(bucket, "k", unsigned_headers={"Origin": PAGE}),
                   owner.get(bucket, "missing", unsigned_headers={"Origin": PAGE}),
                   other.put(bucket, "k", b"x", unsigned_headers={"Origin": PAGE}),
                   owner.get(bucket, query="website", unsigned_headers={"Origin": PAGE}),
                   anonymous.to("GET", f"/{bucket}/k?X-Amz-Signature=bad", None, b"", {"Origin": PAGE})):
        assert answer.status >= 400
        assert cors_headers(answer) == {"Allow-Origin": PAGE, "Allow-Methods": "GET, PUT",
                                        "Allow-Credentials": "true"}, answer


def test_a_bucket_without_rules_says_nothing(owner, bucket):
    expect.ok(owner.put(bucket, "k", b"x"))
    answer = expect.ok(owner.get(bucket, "k", unsigned_headers={"Origin": PAGE}))
    assert cors_headers(answer) == {} and answer.header("Vary") is None


def test_an_upload_from_a_page(server, owner, bucket):
    """A form, as a browser sends it after its preflight."""
    set_rules(owner, bucket, rule([PAGE], ["POST"], ["*"], ["Location"]))
    made = sdk.client(server.url, B, signature_version="s3v4").generate_presigned_post(bucket, "k")
    answer = requests.post(made["url"], data=made["fields"], files={"file": b"x"}, headers={"Origin": PAGE},
                           timeout=60)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Expose-Headers"] == "Location"


def test_rules_survive_a_restart(own_server):
    from harness.accounts import FIRST
    from harness.raw import RawClient
    client = RawClient(own_server.url, FIRST)
    name = new_name()
    expect.ok(client.put(name))
    set_rules(client, name, rule([PAGE], max_age=9))
    own_server.stop()
    own_server.start()
    client = RawClient(own_server.url, FIRST)
    assert cors_headers(expect.ok(preflight(client, name)))["Max-Age"] == "9"


# Other clients


def test_the_command_line(aws, made):  # noqa: F811
    rules = '{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"],"MaxAgeSeconds":7}]}'
    aws("s3api", "put-bucket-cors", "--bucket", made, "--cors-configuration", rules)
    assert aws.json("get-bucket-cors", "--bucket", made)["CORSRules"][0]["MaxAgeSeconds"] == 7
    aws("s3api", "delete-bucket-cors", "--bucket", made)
    assert "NoSuchCORSConfiguration" in aws("s3api", "get-bucket-cors", "--bucket", made, status=aws.refused)
