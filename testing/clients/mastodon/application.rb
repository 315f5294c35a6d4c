# frozen_string_literal: true

# As much of a Mastodon as loses files: its environment file, its way of writing attachments, and workers
# of the same names with the same preconditions. Sidekiq loads it (`sidekiq -r`); run as a program it is the
# web process: `application.rb upload ACCOUNT avatar FILE` prints what the browser would be answered.

require "aws-sdk-s3"
require "dotenv"
require "json"
require "net/http"
require "pg"
require "securerandom"
require "sidekiq"

Dotenv.load(".env.production.local", ".env.local", ".env.production", ".env")

redis = { url: "redis://#{ENV.fetch('REDIS_HOST')}:#{ENV.fetch('REDIS_PORT')}/0" }
# Jobs that are due later are looked for every second.
Sidekiq.options[:poll_interval_average] = 1
Sidekiq.configure_server { |config| config.redis = redis }
Sidekiq.configure_client { |config| config.redis = redis }

# Attachments in the bucket, written as Paperclip writes them.
module Store
  HEADERS = { cache_control: "public, max-age=315576000, immutable" }.freeze

  module_function

  def bucket
    @bucket ||= begin
      client = Aws::S3::Client.new(
        endpoint: ENV.fetch("S3_ENDPOINT"), region: ENV.fetch("S3_REGION", "us-east-1"), force_path_style: true,
        access_key_id: ENV.fetch("AWS_ACCESS_KEY_ID"), secret_access_key: ENV.fetch("AWS_SECRET_ACCESS_KEY"),
        retry_limit: Integer(ENV.fetch("S3_RETRY_LIMIT", "0"))
      )
      Aws::S3::Resource.new(client: client).bucket(ENV.fetch("S3_BUCKET"))
    end
  end

  # The line that is absent means public-read; only the empty one means no ACL.
  def acl
    permission = ENV.fetch("S3_PERMISSION", "public-read")
    permission.empty? ? {} : { acl: permission }
  end

  def key(row, attachment)
    digits = format(row["id"] < 1_000_000_000 ? "%09d" : "%012d", row["id"])
    is_cached = row["domain"] && row["#{attachment}_storage_schema_version"].to_i >= 1
    "#{'cache/' if is_cached}accounts/#{attachment}s/#{digits.scan(/\d{3}/).join('/')}/original/#{row["#{attachment}_file_name"]}"
  end

  def put(key, body)
    bucket.object(key).put(body: body, content_type: "image/png", **HEADERS, **acl)
  end

  def delete(key)
    bucket.object(key).delete if bucket.object(key).exists?
  end
end

# The table `accounts`.
module Accounts
  COLUMNS = %w[file_name content_type file_size updated_at].freeze

  module_function

  def database
    Thread.current[:database] ||= PG.connect(
      host: ENV.fetch("DB_HOST"), user: ENV.fetch("DB_USER"), dbname: ENV.fetch("DB_NAME")
    ).tap { |made| made.type_map_for_results = PG::BasicTypeMapForResults.new(made) }
  end

  def find(id)
    database.exec_params("SELECT * FROM accounts WHERE id = $1", [id]).first
  end

  # Within one transaction, as `after_save` runs: the row, then the old file goes, then the new one comes.
  # What the store refuses rolls the row back; the old file is gone all the same.
  def replace(id, attachment, body)
    database.transaction do |transaction|
      before = find(id)
      name = "#{SecureRandom.hex(8)}.png"
      sets = COLUMNS.each_with_index.map { |column, index| "#{attachment}_#{column} = $#{index + 2}" }
      transaction.exec_params(
        "UPDATE accounts SET #{sets.join(', ')} WHERE id = $1",
        [id, name, "image/png", body.bytesize, Time.now.utc.strftime("%F %T")]
      )
      Store.delete(Store.key(before, attachment)) if before["#{attachment}_file_name"]
      Store.put(Store.key(find(id), attachment), body)
    end
  end
end

# A remote server's file; an answer that promises nothing better later ends a job without a word.
module Remote
  module_function

  def get(url)
    response = Net::HTTP.get_response(URI(url))
    return response.body if response.is_a?(Net::HTTPSuccess)
    raise "#{url}: #{response.code}" if response.code.to_i >= 500 || [401, 408, 429].include?(response.code.to_i)
  end
end

module ActivityPub
  # What comes in from other servers; here always an actor with a new picture.
  class ProcessingWorker
    include Sidekiq::Worker
    sidekiq_options queue: "ingress", retry: 8

    def perform(account_id, document)
      icon = JSON.parse(document).fetch("object").fetch("icon").fetch("url")
      body = Remote.get(icon) or return
      Accounts.database.exec_params("UPDATE accounts SET avatar_remote_url = $2 WHERE id = $1", [account_id, icon])
      Accounts.replace(account_id, "avatar", body)
    end
  end
end

# Fetches a picture anew for an account that has none.
class RedownloadWorker
  include Sidekiq::Worker
  sidekiq_options queue: "pull", retry: 7

  def perform(account_id)
    row = Accounts.find(account_id)
    url = row && row["#{attachment}_remote_url"]
    return if url.to_s.empty? || row["suspended_at"] || row["#{attachment}_file_name"]

    body = Remote.get(url) or return
    Accounts.replace(account_id, attachment, body)
  end
end

class RedownloadAvatarWorker < RedownloadWorker
  def attachment = "avatar"
end

class RedownloadHeaderWorker < RedownloadWorker
  def attachment = "header"
end

def answer
  yield
  "200"
rescue Aws::S3::Errors::ServiceError => e
  "500 #{e.class}"
end

if $PROGRAM_NAME == __FILE__
  require "sidekiq/api"
  command, account, attachment, file = ARGV
  case command
  when "upload" then puts(answer { Accounts.replace(Integer(account), attachment, File.binread(file)) })
  when "give-up" # As the button of Sidekiq's own pages does with jobs that wait for another try.
    Sidekiq::RetrySet.new.each(&:kill)
    puts "given up"
  else abort "#{command}?"
  end
end
