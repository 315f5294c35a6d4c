"""Every application that doctor knows, by a file as it writes it, against buckets that take ACLs and that do not."""

import json
from pathlib import Path

import pytest

from harness.accounts import B
from harness.mastodons import Mastodon, finding
from harness.policies import public_read
from harness.programs import Program
from harness.server import binary

# Name of the file, its text, and the ACLs that its uploads carry.
FILES = {
    "peertube": ("production.yaml", """
listen:
  hostname: '127.0.0.1'
  port: 9000
object_storage:
  enabled: true
  # Without protocol in PeerTube's own examples
  endpoint: '{url}'
  region: 'us-east-1'
  force_path_style: true
  upload_acl:
    # Set this ACL on each uploaded object of public/unlisted videos
    public: 'public-read'
    private: 'private'
  credentials:
    access_key_id: '{key}'
    secret_access_key: '{secret}'
  streaming_playlists:
    bucket_name: '{bucket}'
    prefix: 'streaming-playlists/'
  web_videos:
    bucket_name: '{bucket}'
    prefix: 'web-videos/'
    base_url: ''
""", ["public-read", "private"]),
    "pixelfed": (".env", """
APP_NAME="Pixelfed"
APP_KEY=base64:abc=
PF_ENABLE_CLOUD=true
FILESYSTEM_CLOUD=s3
AWS_ACCESS_KEY_ID={key}
AWS_SECRET_ACCESS_KEY="{secret}"
AWS_DEFAULT_REGION=us-east-1
AWS_BUCKET={bucket}
AWS_URL="{url}/{bucket}"
AWS_ENDPOINT={url} # behind the proxy
AWS_USE_PATH_STYLE_ENDPOINT=true
""", ["public-read"]),
    "laravel": (".env", """
APP_ENV=production
AWS_ACCESS_KEY_ID={key}
AWS_SECRET_ACCESS_KEY='{secret}'
AWS_BUCKET={bucket}
AWS_ENDPOINT="{url}"
AWS_USE_PATH_STYLE_ENDPOINT=true
""", ["private"]),
    "misskey": ("meta.json", """
{{"id": "x", "name": "A site", "useObjectStorage": true, "objectStorageBucket": "{bucket}",
   "objectStoragePrefix": "files", "objectStorageBaseUrl": "{url}/{bucket}", "objectStorageEndpoint": "{host}",
   "objectStorageRegion": null, "objectStorageAccessKey": "{key}", "objectStorageSecretKey": "{secret}",
   "objectStoragePort": {port}, "objectStorageUseSSL": false, "objectStorageUseProxy": true,
   "objectStorageSetPublicRead": true, "objectStorageS3ForcePathStyle": true}}
""", ["public-read"]),
    "nextcloud": ("config.php", """<?php
$CONFIG = array (
  'instanceid' => 'oc1234',
  'objectstore' => array(
    'class' => '\\\\OC\\\\Files\\\\ObjectStore\\\\S3',
    'arguments' => array(
      'bucket' => '{bucket}',
      'autocreate' => true,
      'key' => '{key}',
      'secret' => '{secret}',
      'hostname' => '{host}',
      'port' => {port},
      'use_ssl' => false,
      'region' => 'us-east-1',
      // required for some non Amazon S3 implementations
      'use_path_style' => true,
    ),
  ),
  'version' => '28.0.1.1',
);
""", ["private"]),
    "discourse": ("app.yml", """
templates:
  - "templates/postgres.template.yml"
params:
  db_default_text_search_config: "pg_catalog.english"
env:
  LC_ALL: en_US.UTF-8
  DISCOURSE_HOSTNAME: 'discourse.example.com'
  DISCOURSE_USE_S3: true
  DISCOURSE_S3_BUCKET: {bucket}/uploads
  DISCOURSE_S3_REGION: us-east-1
  DISCOURSE_S3_ENDPOINT: {url}
  DISCOURSE_S3_FORCE_PATH_STYLE: true
  DISCOURSE_S3_ACCESS_KEY_ID: {key}
  DISCOURSE_S3_SECRET_ACCESS_KEY: "{secret}"
hooks:
  after_code:
    - exec:
        cd: $home/plugins
""", ["public-read", "private"]),
    "gitlab": ("gitlab.rb", """
external_url 'https://gitlab.example.com'
# Consolidated object storage configuration
gitlab_rails['object_store']['enabled'] = true
gitlab_rails['object_store']['proxy_download'] = false
gitlab_rails['object_store']['connection'] = {{
  'provider' => 'AWS',
  'region' => 'us-east-1',
  'endpoint' => '{url}',
  'path_style' => true,
  'aws_access_key_id' => '{key}',
  'aws_secret_access_key' => '{secret}'
}}
gitlab_rails['object_store']['objects']['artifacts']['bucket'] = '{bucket}'
gitlab_rails['object_store']['objects']['uploads']['bucket'] = '{bucket}'
""", []),
    "activestorage": ("storage.yml", """
test:
  service: Disk
  root: <%= Rails.root.join("tmp/storage") %>
amazon:
  service: S3
  access_key_id: {key}
  secret_access_key: {secret}
  region: us-east-1
  bucket: {bucket}
  endpoint: {url}
  force_path_style: true
  public: true
""", ["public-read"]),
    "pleroma": ("prod.secret.exs", """
import Config

config :pleroma, Pleroma.Web.Endpoint,
   url: [host: "social.example", scheme: "https", port: 443]

config :pleroma, Pleroma.Upload, uploader: Pleroma.Uploaders.S3, base_url: "{url}/{bucket}"

config :pleroma, Pleroma.Uploaders.S3,
  bucket: "{bucket}",
  truncated_namespace: ""

config :ex_aws, :s3,
  access_key_id: "{key}",
  secret_access_key: "{secret}",
  region: "us-east-1",
  scheme: "http://",
  host: "{host}",
  port: {port}
""", ["public-read"]),
    "pict-rs": ("pict-rs.toml", """
[server]
address = "0.0.0.0:8080"

[store]
type = "object_storage"
endpoint = "{url}"
use_path_style = true
bucket_name = "{bucket}"
region = "us-east-1"
access_key = "{key}"
secret_key = "{secret}"
""", []),
}
# Those whose files the public never reads from the bucket.
PRIVATE = ("nextcloud", "gitlab", "pict-rs")


class Application(Mastodon):
    """Another application's directory."""

    def __init__(self, directory, profile, server, bucket):
        super().__init__(directory, server.url, bucket)
        name, text, self.acls = FILES[profile]
        self.profile = profile
        self.file = directory / name
        self.file.write_text(text.format(
            url=server.url, host="127.0.0.1", port=server.port, bucket=bucket, key=B.access_key_id,
            secret=B.secret_access_key))

    def examine(self, only):
        done = self.run("doctor", self.profile, "--json", "--only", only)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


def test_no_application_is_left_out():
    """Mastodon has tests of its own, and the generic profile is all of arguments."""
    help_text = Program(str(binary()), Path("/"))("help", "doctor")
    named = help_text.split("The application: ")[1].split("\n\n")[0].replace(" or ", ", ").split(", ")
    assert {name.strip() for name in named} == {*FILES, "mastodon", "generic"}


@pytest.mark.parametrize("profile", FILES)
def test_a_bucket_that_takes_acls(profile, server, buckets, tmp_path):
    bucket = buckets.preferred()
    if profile not in PRIVATE:
        buckets.set_policy(bucket, public_read(bucket))
    application = Application(tmp_path, profile, server, bucket)
    code, report = application.examine("C-05,C-07,C-09,C-10,C-12")
    assert code == 0, json.dumps(report, indent=1)
    uploads = [seen for one in report["findings"] if one["id"] == "C-10" for seen in one["evidence"]]
    sent = {seen["acl"] for seen in uploads if seen.get("acl")}
    assert sent == set(application.acls)
    done = application.run("watch", profile, "--once", "--only", "write", "--json", "--state-dir", tmp_path / "state")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["results"][0]["level"] == "ok"


@pytest.mark.parametrize("profile", FILES)
def test_a_bucket_that_takes_none(profile, server, buckets, tmp_path):
    """Who sends ACLs is told what to do about it, in words of that application."""
    application = Application(tmp_path, profile, server, buckets.enforced())
    code, report = application.examine("C-09,C-10")
    if not application.acls:
        assert code == 0, report
        return
    assert code == 2
    found = finding(report, "C-10", "failing")
    assert "BucketOwnerEnforced" in found["meaning"] and found["fix"], found
    assert found["evidence"][0]["code"] == "AccessControlListNotSupported"
    # What `fix` can do in this file it does; else it says who can.
    shown = application.run("fix", profile, "--check", "--offline", "--json")
    assert shown.returncode in (1, 2), shown
    outcome = json.loads(shown.stdout)
    assert outcome["changes"] or outcome["by_hand"], outcome
