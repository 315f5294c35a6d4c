"""AssumeRoleWithWebIdentity against a real OpenID Connect provider."""

import hashlib
import hmac
import time

import pytest

from harness import expect
from harness.accounts import A, B
from harness.buckets import new_name
from harness.iam import allow
from harness.oidc import Provider, encode
from harness.server import Server
from harness.sessions import Identities, Session, client, trust


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    made = Provider(tmp_path_factory.mktemp("provider"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def house(provider, tmp_path_factory):
    """A server that trusts the provider's certificate and may ask on loopback."""
    started = Server(tmp_path_factory.mktemp("house"), {
        "GRANTRY_WEB_IDENTITY_CA_FILE": str(provider.certificate),
        "GRANTRY_WEB_IDENTITY_PRIVATE_ADDRESSES": "accept",
    }).start()
    try:
        for account in (B, A):
            started.create_account(account)
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def owners(house, provider):
    made = Identities(house.url, B)
    made.iam.create_open_id_connect_provider(Url=provider.issuer, ClientIDList=["grantry"])
    return made


@pytest.fixture(scope="module")
def sts(house, owners):
    """Unsigned calls, as the tools of continuous integration make them."""
    return client("sts", house.url, None)


def host(provider) -> str:
    return provider.issuer.removeprefix("https://")


def trusting(provider, **conditions) -> str:
    arn = f"arn:aws:iam::{B.account_id}:oidc-provider/{host(provider)}"
    equals = {f"{host(provider)}:{name}": value for name, value in conditions.items()}
    return trust({"Federated": arn}, "sts:AssumeRoleWithWebIdentity", Condition={"StringEquals": equals})


@pytest.fixture(scope="module")
def role(owners, provider):
    return owners.role(trusting(provider, aud="grantry", sub="ada"), allow("s3:*"))


def assume(sts, role: str, token: str, **more) -> dict:
    return sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="runner", WebIdentityToken=token, **more)


def refused(sts, role: str, token: str, code: str, status: int = 400) -> str:
    with expect.client_error(code, status) as caught:
        assume(sts, role, token)
    return caught.value.response["Error"]["Message"]


def test_a_role_for_the_bearer_of_a_token(house, sts, owners, provider, role):
    answer = assume(sts, role, provider.token())
    arn = f"arn:aws:iam::{B.account_id}:oidc-provider/{host(provider)}"
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"], answer["Provider"]) == ("ada", "grantry", arn)
    session = Session.of(answer)
    name = role.rsplit("/", 1)[1]
    me = client("sts", house.url, session).get_caller_identity()
    assert me["Arn"] == f"arn:aws:sts::{B.account_id}:assumed-role/{name}/runner"
    bucket = new_name()
    s3 = client("s3", house.url, session)
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"text"
    condition = {"StringEquals": {"aws:FederatedProvider": "somebody"}}
    other = owners.role(trusting(provider, sub="ada"), allow("s3:*", Condition=condition))
    s3 = client("s3", house.url, Session.of(assume(sts, other, provider.token())))
    with expect.client_error("AccessDenied", 403):
        s3.list_buckets()


def test_the_trust_policy_is_always_asked(sts, owners, provider, role):
    """SeaweedFS ac524e140, RustFS GHSA-5qfg and GHSA-3473."""
    message = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    absent = f"arn:aws:iam::{B.account_id}:role/nowhere"
    users = owners.role(trust({"AWS": B.root_arn}), allow("s3:*"))
    for arn, token in (
        (role, provider.token(sub="eve")),
        (absent, provider.token()),
        (users, provider.token()),
        (owners.role(trusting(provider, sub="ada", amr="mfa")), provider.token()),
    ):
        assert refused(sts, arn, token, "AccessDenied", 403) == message
    strict = owners.role(trusting(provider, sub="ada", amr="mfa"))
    assume(sts, strict, provider.token(amr=["mfa"]))


def test_ceph_cve_2024_48916_minio_cve_2026_33322_the_token_chooses_no_algorithm(sts, provider, role):
    """`none`, and HS256 with what everybody knows as its secret."""
    invalid = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    for algorithm in ("none", "None", "", "HS256", "HS512", "PS256"):
        for signature in (b"", b"x" * 256):
            token = provider.token({"alg": algorithm}, signature)
            assert refused(sts, role, token, "InvalidIdentityToken") == invalid, algorithm
    for secret in (provider.jwk()["n"], "grantry", provider.issuer):
        signed = provider.token({"alg": "HS256"}, b"x").rsplit(".", 1)[0]
        digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
        refused(sts, role, f"{signed}.{encode(digest)}", "InvalidIdentityToken")


def test_claims(sts, provider, role):
    now = int(time.time())
    assert refused(sts, role, provider.token(aud="somebody"), "InvalidIdentityToken") == "Incorrect token audience"
    for claim in ("sub", "aud", "exp", "iat"):
        message = refused(sts, role, provider.token(**{claim: None}), "InvalidIdentityToken")
        assert message == f"Missing a required claim: {claim}"
    message = refused(sts, role, provider.token(exp=now - 1), "ExpiredTokenException")
    assert message.startswith("Token expired: current date/time ")
    refused(sts, role, provider.token(nbf=now + 3600), "InvalidIdentityToken")
    issuer = "https://login.example"
    message = refused(sts, role, provider.token(iss=issuer), "InvalidIdentityToken")
    assert message == f"No OpenIDConnect provider found in your account for {issuer}"
    refused(sts, role, provider.token(iss=provider.issuer.replace("https", "http")), "InvalidIdentityToken")
    # The provider is registered in B's account, not in A's.
    foreign = f"arn:aws:iam::{A.account_id}:role/anything"
    message = refused(sts, foreign, provider.token(), "InvalidIdentityToken")
    assert message.startswith("No OpenIDConnect provider found")


def test_any_changed_part(sts, provider, role):
    head, body, signature = provider.token().split(".")
    for token in (
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-2]}A.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{provider.token(sub='eve').split('.')[1]}.{signature}",
        "x" * 100,
    ):
        refused(sts, role, token, "InvalidIdentityToken")


def test_keys_are_remembered(sts, provider, role):
    assume(sts, role, provider.token())
    before = len(provider.requests)
    for _ in range(3):
        assume(sts, role, provider.token())
    assert len(provider.requests) == before


def test_unknown_keys_do_not_make_the_server_ask_without_end(sts, provider, role):
    assume(sts, role, provider.token())
    before = len(provider.requests)
    for number in range(5):
        refused(sts, role, provider.token({"kid": f"unknown-{number}"}), "InvalidIdentityToken")
    assert len(provider.requests) <= before + 2


def test_documents_that_lead_elsewhere(house, owners, sts, provider, tmp_path):
    """A redirect, another issuer, a key set without TLS: none is followed."""
    path = "/.well-known/openid-configuration"
    for number, document in enumerate((
        provider.issuer + "/keys",
        b'{"issuer":"https://evil.example","jwks_uri":"' + provider.issuer.encode() + b'/keys"}',
        b'{"issuer":"%s/realm-2","jwks_uri":"http://localhost/keys"}' % provider.issuer.encode(),
        b"{" + b" " * 200_000 + b"}",
    )):
        issuer = f"{provider.issuer}/realm-{number}"
        provider.documents[f"/realm-{number}{path}"] = document
        owners.iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["grantry"])
        arn = f"arn:aws:iam::{B.account_id}:oidc-provider/{issuer.removeprefix('https://')}"
        role = owners.role(trust({"Federated": arn}, "sts:AssumeRoleWithWebIdentity"))
        with pytest.raises(sts.exceptions.ClientError) as caught:
            assume(sts, role, provider.token(iss=issuer))
        assert caught.value.response["Error"]["Code"] in ("InvalidIdentityToken", "IDPCommunicationError")
        assert f"/realm-{number}{path}" in provider.requests


def test_private_networks_are_not_asked(server, provider):
    """Unless the operator says so: an administrator of an account chooses the URL."""
    owners = Identities(server.url, B)
    owners.iam.create_open_id_connect_provider(Url=provider.issuer, ClientIDList=["grantry"])
    role = owners.role(trusting(provider, sub="ada"), allow("s3:*"))
    before = len(provider.requests)
    with expect.client_error("IDPCommunicationError", 400):
        assume(client("sts", server.url, None), role, provider.token())
    assert len(provider.requests) == before
