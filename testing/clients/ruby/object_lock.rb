# Object Lock with the SDK for Ruby; prints what it reads back and which calls are refused.
require "aws-sdk-s3"

S3 = Aws::S3::Client.new(endpoint: ENV.fetch("ENDPOINT"), force_path_style: true, retry_limit: 0)
BUCKET = ENV.fetch("BUCKET")
DAY = 24 * 60 * 60

def refused
  yield
  "allowed"
rescue Aws::S3::Errors::ServiceError => error
  error.code
end

S3.create_bucket(bucket: BUCKET, object_lock_enabled_for_bucket: true)
rule = { default_retention: { mode: "GOVERNANCE", days: 3 } }
S3.put_object_lock_configuration(bucket: BUCKET, object_lock_configuration: { object_lock_enabled: "Enabled", rule: rule })
default = S3.get_object_lock_configuration(bucket: BUCKET).object_lock_configuration.rule.default_retention
puts "configuration #{default.mode} #{default.days}"

md5 = ->(body) { [Digest::MD5.digest(body)].pack("m0") }
free = S3.put_object(bucket: BUCKET, key: "free", body: "x", content_md5: md5.call("x")).version_id
puts "default #{S3.head_object(bucket: BUCKET, key: "free").object_lock_mode}"

locked = S3.put_object(
  bucket: BUCKET, key: "locked", body: "y", content_md5: md5.call("y"), object_lock_mode: "COMPLIANCE",
  object_lock_retain_until_date: Time.now + DAY, object_lock_legal_hold_status: "ON"
).version_id
puts "retention #{S3.get_object_retention(bucket: BUCKET, key: "locked").retention.mode}"
puts "hold #{S3.get_object_legal_hold(bucket: BUCKET, key: "locked").legal_hold.status}"
S3.put_object_legal_hold(bucket: BUCKET, key: "locked", legal_hold: { status: "OFF" })
puts "delete #{refused { S3.delete_object(bucket: BUCKET, key: "locked", version_id: locked) }}"
shorter = { mode: "COMPLIANCE", retain_until_date: Time.now + DAY / 2 }
puts "shorten #{refused { S3.put_object_retention(bucket: BUCKET, key: "locked", retention: shorter) }}"
S3.delete_object(bucket: BUCKET, key: "free", version_id: free, bypass_governance_retention: true)
puts "bypass gone"
