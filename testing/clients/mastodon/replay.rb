# frozen_string_literal: true

# The scenario of access-control.md §13 as a Mastodon server lives through it. Prints one line a step.

require "net/http"

BUCKET = ENV.fetch("S3_BUCKET")
S3 = Aws::S3::Client.new(
  region: ENV.fetch("S3_REGION"),
  access_key_id: ENV.fetch("AWS_ACCESS_KEY_ID"),
  secret_access_key: ENV.fetch("AWS_SECRET_ACCESS_KEY")
)

PUBLIC_READ = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::#{BUCKET}/*" }
  ]
}.freeze

def step(number, what)
  result = yield
  puts "#{number} #{what}: #{result}"
rescue Aws::S3::Errors::ServiceError => e
  puts "#{number} #{what}: #{e.class.name.split('::').last} #{e.context.http_response.status_code} #{e.message}"
end

# An upload as Paperclip makes it: the ACL goes along iff S3_PERMISSION is not empty.
def paperclip_upload(key, body, permission)
  options = { content_type: "image/png", cache_control: "public, max-age=315576000, immutable" }
  options[:acl] = permission unless permission.empty?
  Aws::S3::Object.new(BUCKET, key, client: S3).put(body: body, **options)
  "stored"
end

# What a browser sees.
def public_get(key)
  response = Net::HTTP.get_response(URI("#{ENV.fetch('AWS_ENDPOINT_URL_S3')}/#{BUCKET}/#{key}"))
  response.is_a?(Net::HTTPOK) ? "200 #{response.body}" : "#{response.code} #{response.body[%r{<Code>(.*)</Code>}, 1]}"
end

def make_bucket
  S3.create_bucket(bucket: BUCKET)
  S3.put_public_access_block(
    bucket: BUCKET,
    public_access_block_configuration: {
      block_public_acls: false, ignore_public_acls: false,
      block_public_policy: false, restrict_public_buckets: false
    }
  )
  S3.put_bucket_policy(bucket: BUCKET, policy: JSON.generate(PUBLIC_READ))
  paperclip_upload("old.png", "old", "")
end

def synthetic_check
  S3.put_object(bucket: BUCKET, key: "health/upload-check", body: "ok") # no acl
  S3.head_object(bucket: BUCKET, key: "health/upload-check")
  S3.delete_object(bucket: BUCKET, key: "health/upload-check")
  "passed"
end

step(1, "bucket with old.png") { make_bucket }
step(2, "upload with public-read") { paperclip_upload("new.png", "new", "public-read") }
step(3, "upload with private") { paperclip_upload("new.png", "new", "private") }
step(4, "stored") { S3.list_objects_v2(bucket: BUCKET).contents.map(&:key).join(",") }
step(5, "public old.png") { public_get("old.png") }
step(6, "public new.png") { public_get("new.png") }
step(7, "head new.png") { S3.head_object(bucket: BUCKET, key: "new.png").content_length }
step(8, "ownership") do
  S3.get_bucket_ownership_controls(bucket: BUCKET).ownership_controls.rules.map(&:object_ownership).join(",")
end
step(9, "upload without ACL") { paperclip_upload("new.png", "new", "") }
step(10, "public new.png") { public_get("new.png") }
step(11, "synthetic check") { synthetic_check }
