"""Static websites: the configuration, and what a browser gets on a website host."""

import json

import pytest
import requests

from harness import access_log, expect, policies, sdk
from harness.accounts import A, B
from harness.buckets import Buckets, new_name
from harness.raw import RawClient
from harness.server import Server
from test_aws_cli import aws, made  # noqa: F401 (fixtures)

DOMAIN = "s3-website.localhost"
INDEX = {"IndexDocument": {"Suffix": "index.html"}}


@pytest.fixture
def page(server, s3, owner, buckets):
    """A public bucket with a website of some pages, and how a browser asks for them."""
    name = buckets.publicly_readable()
    for key, text in (("index.html", "home"), ("docs/index.html", "docs"), ("a b/ü.html", "umlaut"),
                      ("errors/404.html", "not here"), ("plain.txt", "0123456789")):
        s3.put_object(Bucket=name, Key=key, Body=text.encode(), ContentType="text/html")
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration=INDEX)
    return Pages(server.url, name)


class Pages:
    def __init__(self, url, name):
        self.url, self.name, self.host = url, name, f"{name}.{DOMAIN}"

    def ask(self, path="/", method="GET", host=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, self.url + path, allow_redirects=False, timeout=60,
                                headers={"Host": host or self.host} | headers)


def location(page, path: str) -> str:
    return f"http://{page.host}{path}"


def site(s3, page, error=None, rules=None):
    found = dict(INDEX)
    if error:
        found["ErrorDocument"] = {"Key": error}
    if rules:
        found["RoutingRules"] = rules
    s3.put_bucket_website(Bucket=page.name, WebsiteConfiguration=found)


def is_page(answer, status, code, **items):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-amz-error-code"] == code
    ids = {"RequestId": answer.headers["x-amz-request-id"], "HostId": answer.headers["x-amz-id-2"]}
    for name, text in ({"Code": code} | items | ids).items():
        assert f"<li>{name}: {text}</li>" in answer.text
    assert f"<h1>{status} " in answer.text


# The configuration


def test_a_configuration_is_kept(s3, bucket):
    full = INDEX | {
        "ErrorDocument": {"Key": "errors/404.html"},
        "RoutingRules": [
            {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}},
            {"Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "a&b"},
             "Redirect": {"HostName": "example.com", "Protocol": "https", "ReplaceKeyWith": "x",
                          "HttpRedirectCode": "302"}},
        ]}
    for website in (full, {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}):
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
        kept = s3.get_bucket_website(Bucket=bucket)
        kept.pop("ResponseMetadata")
        assert kept == website


def test_without_a_website(owner, bucket):
    for _ in range(2):
        expect.error(owner.get(bucket, query="website"), 404, "NoSuchWebsiteConfiguration",
                     "The specified bucket does not have a website configuration", BucketName=bucket)
        expect.ok(owner.delete(bucket, query="website"), 204)


@pytest.mark.parametrize("website, code, message", [
    ({}, "InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"),
    ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"),
    (INDEX | {"RedirectAllRequestsTo": {"HostName": "a"}}, "InvalidRequest",
     "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."),
    (INDEX | {"RoutingRules": [{"Redirect": {"HostName": "a"}}] * 51}, "InvalidRequest",
     "51 routing rules provided, the number of routing rules in a website configuration is limited to 50."),
    (INDEX | {"RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]}, "InvalidRequest",
     "The provided HTTP redirect code (200) is not valid. Valid codes are 3XX except 300."),
    (INDEX | {"RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]}, "InvalidRequest",
     "You can only define ReplaceKeyPrefix or ReplaceKey but not both."),
    (INDEX | {"RoutingRules": [{"Redirect": {"HostName": "a b\r\nX: y"}}]}, "InvalidRequest", None),
])
def test_refused_configurations(s3, owner, bucket, website, code, message):
    with pytest.raises(s3.exceptions.ClientError) as failure:
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    error = failure.value.response["Error"]
    assert error["Code"] == code and message in (None, error["Message"])
    expect.error(owner.get(bucket, query="website"), 404, "NoSuchWebsiteConfiguration")


def test_who_may(owner, other, anonymous, buckets):
    name = buckets.with_acl("public-read-write")
    document = "<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument></WebsiteConfiguration>"
    for stranger in (other, anonymous):
        expect.denied(stranger.get(name, query="website"))
        expect.denied(stranger.put(name, None, document.encode(), query="website"))
        expect.denied(stranger.delete(name, query="website"))
    actions = ["s3:GetBucketWebsite", "s3:PutBucketWebsite", "s3:DeleteBucketWebsite"]
    buckets.allow(name, policies.allow(policies.account(A), actions, policies.bucket_arn(name)))
    expect.ok(other.document("PUT", name, "website", document))
    expect.ok(other.get(name, query="website"))
    expect.ok(other.delete(name, query="website"), 204)


# Pages


def test_index_documents_and_pages(page):
    for path, text in (("/", "home"), ("", "home"), ("/index.html", "home"), ("/docs/", "docs"),
                       ("/a%20b/%C3%BC.html", "umlaut"), ("/plain.txt?versionId=x&response-content-type=a", "0123456789")):
        answer = page.ask(path)
        assert (answer.status_code, answer.text) == (200, text), path
        assert answer.headers["content-type"] == "text/html" and answer.headers["etag"]
    head = page.ask("/docs/", "HEAD")
    assert (head.status_code, head.text, head.headers["content-length"]) == (200, "", "4")
    assert page.ask("/", host=page.host.upper()).text == "home"
    port = page.url.rsplit(":", 1)[1]
    assert page.ask("/", host=f"{page.host}:{port}").text == "home"


def test_folders(page, s3, owner):
    answer = page.ask("/docs?x=1")
    assert (answer.status_code, answer.headers["location"]) == (302, location(page, "/docs/?x=1"))
    is_page(page.ask("/nothing"), 403, "AccessDenied", Message="Access Denied")
    # A key that begins with a slash leads to no other host.
    s3.put_object(Bucket=page.name, Key="/evil.example/index.html", Body=b"x")
    assert page.ask("//evil.example").headers["location"] == location(page, "//evil.example/")


def test_missing_is_hidden_unless_listing_is_public(page, buckets, s3):
    is_page(page.ask("/missing.html"), 403, "AccessDenied")
    buckets.allow(page.name, policies.allow("*", ["s3:GetObject"], policies.objects_arn(page.name)),
                  policies.allow("*", ["s3:ListBucket"], policies.bucket_arn(page.name)))
    is_page(page.ask("/<b>missing&.html"), 404, "NoSuchKey", Message="The specified key does not exist.",
            Key="&lt;b&gt;missing&amp;.html")
    head = page.ask("/missing.html", "HEAD")
    assert (head.status_code, head.text, head.headers["x-amz-error-code"]) == (404, "", "NoSuchKey")


def test_private_objects_are_refused(server, s3, buckets):
    name = buckets.default()
    s3.put_object(Bucket=name, Key="index.html", Body=b"secret")
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration=INDEX)
    page = Pages(server.url, name)
    is_page(page.ask("/"), 403, "AccessDenied")
    # A signature makes nobody somebody here.
    url = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "index.html"})
    is_page(page.ask("/index.html?" + url.split("?", 1)[1]), 403, "AccessDenied")
    assert "secret" not in page.ask("/index.html").text


def test_only_get_and_head(page):
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        answer = page.ask("/index.html", method)
        is_page(answer, 405, "MethodNotAllowed", Message="The specified method is not allowed against this resource.")
        assert answer.headers["allow"] == "GET, HEAD"
    assert page.ask("/index.html").text == "home"


def test_hosts_without_a_website(server, page, buckets, s3):
    is_page(page.ask("/", host=f"{new_name()}.{DOMAIN}"), 404, "NoSuchBucket")
    is_page(page.ask("/", host=f"A_b.{DOMAIN}"), 404, "NoSuchBucket", BucketName="a_b")
    s3.delete_bucket_website(Bucket=page.name)
    is_page(page.ask("/"), 404, "NoSuchWebsiteConfiguration",
            Message="The specified bucket does not have a website configuration", BucketName=page.name)


def test_requester_pays(page, s3):
    s3.put_bucket_request_payment(Bucket=page.name, RequestPaymentConfiguration={"Payer": "Requester"})
    is_page(page.ask("/", x_amz_request_payer="requester"), 403, "AccessDenied")


def test_error_documents(page, s3, buckets):
    site(s3, page, error="errors/404.html")
    answer = page.ask("/missing.html", Range="bytes=0-1", If_None_Match="*")
    assert (answer.status_code, answer.text) == (403, "not here")
    assert answer.headers["content-type"] == "text/html" and answer.headers["x-amz-error-code"] == "AccessDenied"
    assert page.ask("/missing.html", "HEAD").headers["content-length"] == "8"
    assert page.ask("/docs").status_code == 302
    site(s3, page, error="errors/gone.html")
    answer = page.ask("/missing.html")
    is_page(answer, 403, "AccessDenied")
    assert "An Error Occurred While Attempting to Retrieve a Custom Error Document" in answer.text


def test_conditions_and_ranges(page):
    etag = page.ask("/plain.txt").headers["etag"]
    assert page.ask("/plain.txt", If_None_Match=etag).status_code == 304
    is_page(page.ask("/plain.txt", If_Match='"0"'), 412, "PreconditionFailed")
    part = page.ask("/plain.txt", Range="bytes=2-4")
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "234", "bytes 2-4/10")
    is_page(page.ask("/plain.txt", Range="bytes=20-"), 416, "InvalidRange")


def test_redirects_of_objects(page, s3):
    for target in ("/docs/", "https://example.com/x"):
        s3.put_object(Bucket=page.name, Key="moved", Body=b"x", WebsiteRedirectLocation=target)
        answer = page.ask("/moved")
        assert (answer.status_code, answer.headers["location"], answer.text) == (301, target, "")


def test_a_website_that_is_elsewhere(page, s3):
    all_to = {"HostName": "example.com"}
    s3.put_bucket_website(Bucket=page.name, WebsiteConfiguration={"RedirectAllRequestsTo": all_to})
    answer = page.ask("/a%20b?x=1")
    assert (answer.status_code, answer.headers["location"]) == (301, "http://example.com/a%20b?x=1")
    s3.put_bucket_website(Bucket=page.name, WebsiteConfiguration={
        "RedirectAllRequestsTo": all_to | {"Protocol": "https"}})
    assert page.ask("/").headers["location"] == "https://example.com/"


def test_routing_rules(page, s3):
    site(s3, page, error="errors/404.html", rules=[
        {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "docs/"}},
        {"Condition": {"KeyPrefixEquals": "ext/"},
         "Redirect": {"HostName": "example.com", "Protocol": "https", "HttpRedirectCode": "307"}},
        {"Condition": {"KeyPrefixEquals": "gone", "HttpErrorCodeReturnedEquals": "403"},
         "Redirect": {"ReplaceKeyWith": "index.html", "HttpRedirectCode": "302"}},
    ])
    for path, status, target in (
        ("/old/a%20b?q=1", 301, location(page, "/docs/a%20b?q=1")),
        ("/ext/x", 307, "https://example.com/ext/x"),
        ("/gone.html", 302, location(page, "/index.html")),
    ):
        answer = page.ask(path)
        assert (answer.status_code, answer.headers["location"]) == (status, target), path
    s3.put_object(Bucket=page.name, Key="gone.but.there", Body=b"there")
    assert page.ask("/gone.but.there").text == "there", "the rule is about errors"
    assert page.ask("/other").text == "not here"
    assert requests.get(page.url + "/old/x", headers={"Host": page.host}, timeout=60,
                        allow_redirects=False).is_permanent_redirect


def test_pages_of_other_origins(page, s3):
    s3.put_bucket_cors(Bucket=page.name, CORSConfiguration={
        "CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]})
    assert page.ask("/", Origin="http://other.example").headers["access-control-allow-origin"] == "*"
    assert page.ask("/missing", Origin="http://other.example").headers["access-control-allow-origin"] == "*"


def test_reserved_paths_are_pages(page, s3):
    s3.put_object(Bucket=page.name, Key="_grantry/metrics", Body=b"mine")
    assert page.ask("/_grantry/metrics").text == "mine"


def test_hosts_that_are_called_like_a_bucket(tmp_path):
    directory = tmp_path / "own"
    server = Server(directory, {"GRANTRY_WEBSITE_CUSTOM_HOSTS": "true", "GRANTRY_ACCESS_LOG_INTERVAL_SECONDS": "1"})
    server.start()
    try:
        server.create_account(B)
        owner, s3 = RawClient(server.url, B), sdk.client(server.url, B)
        buckets = Buckets(owner)
        s3.create_bucket(Bucket="www.example.com")
        s3.put_object(Bucket="www.example.com", Key="index.html", Body=b"home")
        buckets.set_public_access_block("www.example.com", BlockPublicPolicy=False, RestrictPublicBuckets=False)
        buckets.allow("www.example.com", policies.allow("*", ["s3:GetObject"], policies.objects_arn("www.example.com")))
        page = Pages(server.url, "www.example.com")
        assert page.ask("/", host="www.example.com").status_code == 403, "no website yet: the API answers"
        s3.put_bucket_website(Bucket="www.example.com", WebsiteConfiguration=INDEX)
        target = buckets.default()
        buckets.allow(target, policies.allow(access_log.SERVICE, "s3:PutObject", policies.objects_arn(target)))
        expect.ok(owner.document("PUT", "www.example.com", "logging", access_log.status(target)))
        for host in ("www.example.com", "WWW.example.com:8080"):
            assert page.ask("/", host=host).text == "home"
        assert page.ask("/www.example.com/index.html", host="other.example.com").text == "home", "path style"
        records = access_log.wait_for(owner, target, 3)
        operations = sorted(one["operation"] for one in records)
        assert operations == ["REST.GET.OBJECT", "WEBSITE.GET.OBJECT", "WEBSITE.GET.OBJECT"], records
    finally:
        server.kill()


# Other clients


def test_the_command_line(aws, made):  # noqa: F811
    aws("s3", "website", f"s3://{made}", "--index-document", "index.html", "--error-document", "error.html")
    kept = aws.json("get-bucket-website", "--bucket", made)
    assert kept == {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    rules = json.dumps(INDEX | {"RoutingRules": [{"Redirect": {"HostName": "example.com"}}]})
    aws("s3api", "put-bucket-website", "--bucket", made, "--website-configuration", rules)
    aws("s3api", "delete-bucket-website", "--bucket", made)
    assert "NoSuchWebsiteConfiguration" in aws("s3api", "get-bucket-website", "--bucket", made, status=aws.refused)


# Encrypted pages


def test_pages_whose_key_a_browser_has_not(server, s3, owner, page):
    """SSE-S3 opens for everybody who may read; the keys of accounts and customers do not."""
    rule = {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}
    s3.put_bucket_encryption(Bucket=page.name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": bytes(range(32))}
    s3.put_object(Bucket=page.name, Key="sealed.html", Body=b"s3", ServerSideEncryption="AES256")
    s3.put_object(Bucket=page.name, Key="account.html", Body=b"kms", ServerSideEncryption="aws:kms")
    s3.put_object(Bucket=page.name, Key="customer.html", Body=b"c", **customer)
    assert page.ask("/sealed.html").text == "s3"
    is_page(page.ask("/account.html"), 400, "InvalidArgument")
    is_page(page.ask("/customer.html"), 400, "InvalidRequest")
    for path in ("/account.html", "/customer.html"):
        head = page.ask(path, method="HEAD")
        assert head.status_code == 400 and not head.content
    # An error document that nobody can open is no reason for another error, and none that can is left out.
    site(s3, page, error="account.html")
    missing = page.ask("/missing")
    assert missing.status_code == 403 and missing.headers["x-amz-error-code"] == "AccessDenied"
    assert "kms" not in missing.text
    site(s3, page, error="errors/404.html")
    sealed = page.ask("/account.html")
    assert sealed.status_code == 400 and sealed.text == "not here"
