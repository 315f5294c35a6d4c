# Every way in which the SDK for Ruby writes an ACL; prints one line of JSON for each ACL it reads back.
require "aws-sdk-s3"
require "json"

S3 = Aws::S3::Client.new(endpoint: ENV.fetch("ENDPOINT"), force_path_style: true, retry_limit: 0)
BUCKET, OWNER, OTHER = ENV.values_at("BUCKET", "OWNER", "OTHER")

def show(way, acl)
  grants = acl.grants.map { |grant| [grant.grantee.id || grant.grantee.uri, grant.permission] }
  puts JSON.generate([way, acl.owner.id, grants])
end

def policy(*grants)
  { owner: { id: OWNER }, grants: grants.map { |id, permission| { grantee: { type: "CanonicalUser", id: id }, permission: permission } } }
end

both = { grant_full_control: "id=\"#{OWNER}\"", grant_read: "id=\"#{OTHER}\"" }
full = [OWNER, "FULL_CONTROL"]

S3.put_bucket_acl(bucket: BUCKET, acl: "authenticated-read")
show("bucket, canned", S3.get_bucket_acl(bucket: BUCKET))
S3.put_bucket_acl(bucket: BUCKET, **both)
show("bucket, headers", S3.get_bucket_acl(bucket: BUCKET))
S3.put_bucket_acl(bucket: BUCKET, access_control_policy: policy(full, [OTHER, "WRITE_ACP"]))
show("bucket, body", S3.get_bucket_acl(bucket: BUCKET))
S3.put_object(bucket: BUCKET, key: "k", body: "x", **both)
show("new object, headers", S3.get_object_acl(bucket: BUCKET, key: "k"))
S3.put_object_acl(bucket: BUCKET, key: "k", acl: "public-read")
show("object, canned", S3.get_object_acl(bucket: BUCKET, key: "k"))
S3.put_object_acl(bucket: BUCKET, key: "k", access_control_policy: policy(full, [OTHER, "READ_ACP"]))
show("object, body", S3.get_object_acl(bucket: BUCKET, key: "k"))
S3.copy_object(bucket: BUCKET, key: "copy", copy_source: "#{BUCKET}/k", acl: "public-read")
show("copy, canned", S3.get_object_acl(bucket: BUCKET, key: "copy"))
resource = Aws::S3::Resource.new(client: S3).bucket(BUCKET).object("k")
resource.acl.put(acl: "private")
show("resource", S3.get_object_acl(bucket: BUCKET, key: "k"))
begin
  S3.put_object_acl(bucket: ENV.fetch("DISABLED"), key: "k", **both)
rescue Aws::S3::Errors::AccessControlListNotSupported => error
  puts JSON.generate(["disabled", error.code, error.message])
end
