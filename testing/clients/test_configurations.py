"""Configurations that are kept and returned without effect: analytics, Intelligent-Tiering, inventory,
metrics, replication and Transfer Acceleration."""

import pytest
from botocore.exceptions import ClientError

from harness import expect, policies
from harness.buckets import new_name

TARGET = "arn:aws:s3:::target"
FILTER = {"And": {"Prefix": "p/", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]}}


def analytics(name):
    return {"Id": name, "Filter": FILTER, "StorageClassAnalysis": {"DataExport": {
        "OutputSchemaVersion": "V_1",
        "Destination": {"S3BucketDestination": {"Format": "CSV", "Bucket": TARGET, "Prefix": "out/"}}}}}


def tiering(name):
    return {"Id": name, "Filter": {"Prefix": "a&b/"}, "Status": "Enabled", "Tierings": [
        {"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}, {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]}


def inventory(name):
    return {"Id": name, "IsEnabled": True, "IncludedObjectVersions": "All", "Filter": {"Prefix": "p"},
            "OptionalFields": ["Size", "ETag"], "Schedule": {"Frequency": "Weekly"},
            "Destination": {"S3BucketDestination": {"Bucket": TARGET, "Format": "Parquet",
                                                    "Encryption": {"SSES3": {}}}}}


def metrics(name):
    return {"Id": name, "Filter": {"Tag": {"Key": "k", "Value": "v"}}}


KINDS = {"analytics": ("AnalyticsConfiguration", analytics),
         "intelligent_tiering": ("IntelligentTieringConfiguration", tiering),
         "inventory": ("InventoryConfiguration", inventory),
         "metrics": ("MetricsConfiguration", metrics)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind(s3, bucket, kind):
    field, make = KINDS[kind]
    def call(verb, plural="", **arguments):
        return getattr(s3, f"{verb}_bucket_{kind}_configuration{plural}")(Bucket=bucket, **arguments)
    with pytest.raises(ClientError) as missing:
        call("get", Id="one")
    assert missing.value.response["Error"]["Code"] == "NoSuchConfiguration"
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    for name in ("one", "two"):
        call("put", Id=name, **{field: make(name)})
    assert call("get", Id="one")[field] == make("one")
    listed = call("list", "s")
    assert listed[f"{field}List"] == [make("one"), make("two")]
    assert listed["IsTruncated"] is False
    call("delete", Id="one")
    with pytest.raises(ClientError):
        call("delete", Id="one")
    assert [one["Id"] for one in call("list", "s")[f"{field}List"]] == ["two"]


def test_pages_and_the_limit(s3, bucket):
    for number in range(230):
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=f"{number:03}",
                                            MetricsConfiguration={"Id": f"{number:03}"})
    found, token = [], {}
    while True:
        page = s3.list_bucket_metrics_configurations(Bucket=bucket, **token)
        found += [one["Id"] for one in page["MetricsConfigurationList"]]
        if not page["IsTruncated"]:
            break
        assert len(page["MetricsConfigurationList"]) == 100
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert found == [f"{number:03}" for number in range(230)]


METRICS = "<MetricsConfiguration>{}</MetricsConfiguration>"


@pytest.mark.parametrize("query, document, code", [
    ("metrics&id=a", METRICS.format("<Id>b</Id>"), "IdMismatch"),
    ("metrics&id=a", METRICS.format(""), "MalformedXML"),
    ("metrics&id=a", METRICS.format("<Id>a</Id><Filter/>"), "MalformedXML"),
    ("metrics&id=a", METRICS.format("<Id>a</Id><Other/>"), "MalformedXML"),
    ("metrics", METRICS.format("<Id>a</Id>"), "InvalidArgument"),
    ("metrics&id=a%20b", METRICS.format("<Id>a b</Id>"), "InvalidArgument"),
    ("analytics&id=a", METRICS.format("<Id>a</Id>"), "MalformedXML"),
    ("intelligent-tiering&id=a", "<IntelligentTieringConfiguration><Id>a</Id><Status>Enabled</Status><Tiering>"
     "<AccessTier>ARCHIVE_ACCESS</AccessTier><Days>1</Days></Tiering></IntelligentTieringConfiguration>",
     "InvalidArgument"),
    ("accelerate", "<AccelerateConfiguration><Status>On</Status></AccelerateConfiguration>", "MalformedXML"),
    ("replication", "<ReplicationConfiguration/>", "MalformedXML"),
])
def test_what_is_refused(owner, bucket, query, document, code):
    expect.error(owner.document("PUT", bucket, query, document), 400, code)


@pytest.mark.parametrize("query", ["analytics&id=x", "intelligent-tiering&id=x", "inventory&id=x",
                                   "metrics&id=x", "metrics", "replication", "accelerate"])
def test_strangers(other, anonymous, bucket, query):
    for stranger in (other, anonymous):
        expect.denied(stranger.get(bucket, query=query))
        if query not in ("metrics", "accelerate"):
            expect.denied(stranger.delete(bucket, query=query))


def test_acceleration(s3, owner, bucket):
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": status})
        assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == status
    dotted = new_name("dotted") + ".x"
    expect.ok(owner.put(dotted))
    document = "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>"
    expect.error(owner.document("PUT", dotted, "accelerate", document), 400, "InvalidRequest",
                 "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")


ROLE = "arn:aws:iam::111122223333:role/replication"


def replication_rule(name="r", priority=1, target=TARGET, **more):
    return {"ID": name, "Priority": priority, "Filter": {"Prefix": ""}, "Status": "Enabled",
            "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": target}} | more


def refused(s3, bucket, *rules, role=ROLE):
    with pytest.raises(ClientError) as error:
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration={"Role": role, "Rules": list(rules)})
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_replication(s3, owner, bucket):
    expect.error(owner.get(bucket, query="replication"), 404, "ReplicationConfigurationNotFoundError",
                 "The replication configuration was not found", BucketName=bucket)
    needs = ("InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
    assert refused(s3, bucket, replication_rule()) == needs
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    plain = new_name("plain")
    s3.create_bucket(Bucket=plain)
    here = f"arn:aws:s3:::{plain}"
    assert refused(s3, bucket, replication_rule(target=here))[1] == "Destination bucket must have versioning enabled."
    assert refused(s3, bucket, replication_rule("a", 1), replication_rule("b", 1)) == (
        "InvalidRequest", "Found duplicate priority 1.")
    assert refused(s3, bucket, replication_rule("a", 1), replication_rule("a", 2))[1] == "Rule Id must be unique"
    assert refused(s3, bucket, replication_rule(), role="me")[0] == "InvalidArgument"
    assert refused(s3, bucket, replication_rule(target="target"))[0] == "InvalidArgument"
    both = replication_rule(Prefix="x")
    assert refused(s3, bucket, both)[0] == "MalformedXML"
    rules = [replication_rule("a", 1, Destination={
        "Bucket": TARGET, "StorageClass": "GLACIER", "Account": "444455556666",
        "AccessControlTranslation": {"Owner": "Destination"},
        "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
        "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}),
        replication_rule("b", 2, Filter={"Tag": {"Key": "k", "Value": "v"}})]
    wanted = {"Role": ROLE, "Rules": rules}
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=wanted)
    assert s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"] == wanted
    for _ in range(2):
        s3.delete_bucket_replication(Bucket=bucket)
    expect.error(owner.get(bucket, query="replication"), 404, "ReplicationConfigurationNotFoundError")
