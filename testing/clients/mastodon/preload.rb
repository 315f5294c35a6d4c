# frozen_string_literal: true

# What `bin/rails runner` gives a script of the Mastodon document: credentials and endpoint from the
# environment, and an account whose avatar was recorded although its upload had failed.

require "aws-sdk-s3"

# This release of the SDK does not read AWS_ENDPOINT_URL_S3 by itself.
Aws.config.update(endpoint: ENV.fetch("AWS_ENDPOINT_URL_S3"), force_path_style: true)

# An attachment as Paperclip shows it: a path with a leading slash.
Attachment = Struct.new(:path)

# A row of Mastodon's `accounts`.
class Account
  attr_reader :avatar

  def self.find_by(username:, domain:)
    new("/cache/accounts/avatars/#{domain}/#{username}/original/avatar.png")
  end

  def initialize(avatar_path)
    @avatar = Attachment.new(avatar_path)
  end
end
