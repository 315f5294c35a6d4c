//! The table of settings: each row is the documentation, the key in the file, the variable of the
//! environment, and the flag.

/// How a setting may be given and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// In the file, in the environment, and as a flag.
    Public,
    /// Not as a flag, because it goes with a secret.
    NoFlag,
    /// Not as a flag, which every user of the machine could read; never printed.
    Secret,
}

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The key in the file; `table.key` for a key in a table.
    pub(crate) name: &'static str,
    /// What stands for the value in the help.
    pub(crate) value: &'static str,
    /// The value if none is given.
    pub(crate) default: Option<&'static str>,
    /// What it does.
    pub(crate) help: &'static str,
    /// How it may be given and shown.
    pub(crate) exposure: Exposure,
}

impl Setting {
    const fn new(
        name: &'static str,
        value: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self { name, value, default: Some(default), help, exposure: Exposure::Public }
    }

    const fn without_default(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, value, default: None, help, exposure: Exposure::Public }
    }

    /// The flag without its dashes: `switches.a_b` is `switches-a-b`.
    pub(crate) fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// The variable of the environment: `switches.a_b` is `GRANTRY_SWITCHES_A_B`.
    pub(crate) fn variable(&self) -> String {
        format!("GRANTRY_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

pub(super) const LISTEN: Setting = Setting::new(
    "listen",
    "ADDRESS:PORT",
    "127.0.0.1:9000",
    "Address and port of the S3 endpoint; port 0 takes a free one",
);

pub(super) const DATA_DIR: Setting = Setting::new(
    "data_dir",
    "DIRECTORY",
    "./data",
    "Where everything is stored; made with mode 0700 if it does not exist",
);

pub(super) const REGION: Setting = Setting::new(
    "region",
    "REGION",
    "us-east-1",
    "Region of the endpoint, and of buckets that are created without one",
);

pub(super) const BASE_DOMAINS: Setting = Setting::new(
    "base_domains",
    "DOMAIN,…",
    "localhost,s3.localhost",
    "Host names below which a label is a bucket name, as in my-bucket.s3.localhost",
);

pub(super) const WEBSITE_DOMAINS: Setting = Setting::new(
    "website_domains",
    "DOMAIN,…",
    "s3-website.localhost",
    "Host names below which a label is a bucket whose static website is served, as in \
     my-bucket.s3-website.localhost",
);

pub(super) const WEBSITE_CUSTOM_HOSTS: Setting = Setting::new(
    "website_custom_hosts",
    "CHOICE",
    "false",
    "Whether any other host that is called like a bucket with a website, such as www.example.com, is \
     that website: true or false",
);

pub(super) const TLS_CERTIFICATE: Setting = Setting::without_default(
    "tls_certificate",
    "FILE",
    "Certificate of the endpoint with its chain, PEM; with it the endpoint speaks TLS only. Read \
     again when it changes",
);

pub(super) const TLS_PRIVATE_KEY: Setting =
    Setting::without_default("tls_private_key", "FILE", "Private key of the certificate, PEM");

pub(super) const TRUSTED_PROXIES: Setting = Setting::without_default(
    "trusted_proxies",
    "RANGE,…",
    "Addresses of reverse proxies, such as 127.0.0.1,10.0.0.0/8, whose X-Forwarded-For and \
     X-Forwarded-Proto count; from anybody else these headers are ignored",
);

pub(super) const SIGNATURE_VERSION_2: Setting = Setting::new(
    "signature_version_2",
    "CHOICE",
    "false",
    "Whether requests may be signed with Signature Version 2, which old clients use and which \
     protects neither bodies nor most of the query: true or false",
);

pub(super) const CONSOLE: Setting = Setting::new(
    "console",
    "CHOICE",
    "on",
    "Whether the web console is served at /_grantry/console/: on or off",
);

pub(super) const DEFAULT_ENCRYPTION: Setting = Setting::new(
    "default_encryption",
    "CHOICE",
    "AES256",
    "How new objects are encrypted where neither their writer nor their bucket says so: AES256, as \
     at Amazon, or none, for disks that are encrypted themselves",
);

pub(super) const MASTER_KEY_FILE: Setting = Setting::without_default(
    "master_key_file",
    "FILE",
    "Where the master key is, if not in `master.key` of the data directory: 64 hexadecimal digits",
);

pub(super) const MASTER_KEY: Setting = Setting {
    name: "master_key",
    value: "DIGITS",
    default: None,
    help: "The master key itself, in the place of a file",
    exposure: Exposure::Secret,
};

pub(super) const PREVIOUS_MASTER_KEY_FILE: Setting = Setting::without_default(
    "previous_master_key_file",
    "FILE",
    "Where the master key before is: what it sealed is sealed with the new one at the start",
);

pub(super) const PREVIOUS_MASTER_KEY: Setting = Setting {
    name: "previous_master_key",
    value: "DIGITS",
    default: None,
    help: "The master key before, in the place of a file",
    exposure: Exposure::Secret,
};

pub(super) const MASTER_KEY_MISMATCH: Setting = Setting::new(
    "master_key_mismatch",
    "CHOICE",
    "refuse",
    "Whether a store is opened with a master key that is not its own: refuse, or accept, for stores \
     whose key is lost; what that sealed cannot be used",
);

pub(super) const WEB_IDENTITY_CA_FILE: Setting = Setting::without_default(
    "web_identity_ca_file",
    "FILE",
    "Certificates, PEM, that OpenID Connect providers may have besides those that the system trusts",
);

pub(super) const WEB_IDENTITY_PRIVATE_ADDRESSES: Setting = Setting::new(
    "web_identity_private_addresses",
    "CHOICE",
    "reject",
    "Whether OpenID Connect providers may have addresses of private networks, which lets every \
     account's administrator have the server ask there: reject or accept",
);

pub(super) const ROOT_ACCESS_KEY_ID: Setting = Setting {
    name: "root_access_key_id",
    value: "ID",
    default: None,
    help: "Id of the access key that the first start creates; generated if not given",
    exposure: Exposure::NoFlag,
};

pub(super) const ROOT_SECRET_ACCESS_KEY: Setting = Setting {
    name: "root_secret_access_key",
    value: "SECRET",
    default: None,
    help: "Secret of the access key that the first start creates",
    exposure: Exposure::Secret,
};

pub(super) const LOG: Setting = Setting::new(
    "log",
    "FILTER",
    "info",
    "Which events are logged: error, warn, info, debug or trace, also for a part of the program, \
     as in info,s3_api=debug",
);

pub(super) const LOG_FORMAT: Setting =
    Setting::new("log_format", "FORMAT", "text", "What a line of the log looks like: text or json");

pub(super) const ACCESS_LOG_INTERVAL_SECONDS: Setting = Setting::new(
    "access_log_interval_seconds",
    "SECONDS",
    "300",
    "Time between two deliveries of server access logs into their target buckets",
);

pub(super) const DECISION_LOG: Setting = Setting::new(
    "decision_log",
    "CHOICE",
    "all",
    "Which decisions are recorded for `grantry explain`: all, refusals, or off",
);

pub(super) const DECISION_LOG_DAYS: Setting =
    Setting::new("decision_log_days", "DAYS", "30", "For how many days decisions are kept at most");

pub(super) const DECISION_LOG_BYTES: Setting = Setting::new(
    "decision_log_bytes",
    "BYTES",
    "268435456",
    "Size that the recorded decisions may have; permissions do not drive out refusals",
);

pub(super) const LIFECYCLE_INTERVAL_SECONDS: Setting = Setting::new(
    "lifecycle_interval_seconds",
    "SECONDS",
    "86400",
    "Time between two runs of the lifecycle rules, counted from midnight UTC",
);

pub(super) const LIFECYCLE_DAY_SECONDS: Setting = Setting::new(
    "lifecycle_day_seconds",
    "SECONDS",
    "86400",
    "How long a day of the lifecycle rules is. For tests only: with less than 86400, objects are \
     removed before their time",
);

pub(super) const LIFECYCLE_CLOCK_DAYS_MAX: Setting = Setting::new(
    "lifecycle_clock_days_max",
    "DAYS",
    "30",
    "How far the clock may be ahead of the last run of the lifecycle rules; beyond that it is not \
     believed and nothing is removed until `grantry lifecycle --run-now --trust-clock`",
);

pub(super) const WATCH_TEXTFILES: Setting = Setting::without_default(
    "watch_textfiles",
    "FILE,…",
    "What `grantry watch --textfile` writes, to be shown on the Health page of the console",
);

pub(super) const CONNECTIONS_MAX: Setting = Setting::new(
    "connections_max",
    "NUMBER",
    "4096",
    "Open connections, and requests of all HTTP/2 connections together; further ones wait",
);

pub(super) const HEADER_TIMEOUT_SECONDS: Setting = Setting::new(
    "header_timeout_seconds",
    "SECONDS",
    "30",
    "Time for a TLS handshake, for a whole request head, and for the next request on an open \
     connection",
);

pub(super) const BODY_TIMEOUT_SECONDS: Setting = Setting::new(
    "body_timeout_seconds",
    "SECONDS",
    "60",
    "Time for which a client may send nothing of a request body that it began",
);

pub(super) const WRITE_TIMEOUT_SECONDS: Setting = Setting::new(
    "write_timeout_seconds",
    "SECONDS",
    "60",
    "Time for which a client may read nothing of an answer",
);

pub(super) const SHUTDOWN_TIMEOUT_SECONDS: Setting = Setting::new(
    "shutdown_timeout_seconds",
    "SECONDS",
    "30",
    "Time for requests in flight to finish after SIGTERM or SIGINT",
);

pub(super) const BOE_PRIVATE_ACL: Setting = Setting::new(
    "switches.boe_private_acl",
    "CHOICE",
    "reject",
    "Whether buckets without ACLs take the canned ACLs private and bucket-owner-read from their \
     owner: reject or owner_equivalent",
);

pub(super) const CREATE_BUCKET_PRIVATE_ACL_OWNERSHIP: Setting = Setting::new(
    "switches.create_bucket_private_acl_ownership",
    "CHOICE",
    "bop",
    "Ownership of a bucket that is created with the ACL private and without an ownership header: \
     bop (BucketOwnerPreferred) or boe (BucketOwnerEnforced)",
);

pub(super) const BOE_PUT_OBJECT_ACL_NOOP: Setting = Setting::new(
    "switches.boe_put_object_acl_noop",
    "CHOICE",
    "accept",
    "PutObjectAcl with bucket-owner-full-control in a bucket without ACLs: accept or reject",
);

pub(super) const FOREIGN_OVERWRITE_VIA_BUCKET_WRITE: Setting = Setting::new(
    "switches.foreign_overwrite_via_bucket_write",
    "CHOICE",
    "deny",
    "Whether WRITE on a bucket lets somebody replace objects of others: deny or allow",
);

pub(super) const BPA_MESSAGE_STYLE: Setting = Setting::new(
    "switches.bpa_message_style",
    "CHOICE",
    "blocked_by",
    "Which texts refusals of Block Public Access have: blocked_by or prevented_by",
);

pub(super) const POLICY_STATUS_WITHOUT_POLICY: Setting = Setting::new(
    "switches.policy_status_without_policy",
    "CHOICE",
    "not_found",
    "What GetBucketPolicyStatus says of a bucket without a policy: not_found, or false (not public)",
);

pub(super) const POLICY_GET: Setting = Setting::new(
    "switches.policy_get",
    "CHOICE",
    "verbatim",
    "How GetBucketPolicy returns a policy: verbatim, the bytes that were stored, or normalised",
);

pub(super) const POLICY_RESOURCE_STAR: Setting = Setting::new(
    "switches.policy_resource_star",
    "CHOICE",
    "reject",
    "Whether a bucket policy may have * alone as a resource, which means the bucket and everything \
     in it: reject or accept",
);

pub(super) const LOG_SOURCE_REGION_FIELD: Setting = Setting::new(
    "switches.log_source_region_field",
    "CHOICE",
    "on",
    "Whether access log records end with the field that Amazon added for the source region: on or \
     off",
);

pub(super) const RICH_ACCESS_DENIED: Setting = Setting::new(
    "switches.rich_access_denied",
    "CHOICE",
    "same_account",
    "Who is told why access was denied: same_account or never",
);

pub(super) const CUSTOMER_KEYS_OVER_HTTP: Setting = Setting::new(
    "switches.customer_keys_over_http",
    "CHOICE",
    "loopback",
    "From where keys of customers (SSE-C) are taken without TLS: loopback, which is the machine itself; \
     reject, from nowhere, as at Amazon; or accept, from everywhere",
);

pub(super) const OBJECT_OWNERSHIP: Setting = Setting::new(
    "new_buckets.object_ownership",
    "CHOICE",
    "BucketOwnerEnforced",
    "Object Ownership of new buckets: BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter, or \
     none to store no setting",
);

pub(super) const BLOCK_PUBLIC_ACCESS: Setting = Setting::new(
    "new_buckets.block_public_access",
    "CHOICE",
    "all",
    "Block Public Access of new buckets: all, or none to store no configuration",
);

/// All settings, in the order of the help.
pub(super) const ALL: &[&Setting] = &[
    &LISTEN,
    &DATA_DIR,
    &REGION,
    &BASE_DOMAINS,
    &WEBSITE_DOMAINS,
    &WEBSITE_CUSTOM_HOSTS,
    &TLS_CERTIFICATE,
    &TLS_PRIVATE_KEY,
    &TRUSTED_PROXIES,
    &SIGNATURE_VERSION_2,
    &CONSOLE,
    &DEFAULT_ENCRYPTION,
    &MASTER_KEY_FILE,
    &MASTER_KEY,
    &PREVIOUS_MASTER_KEY_FILE,
    &PREVIOUS_MASTER_KEY,
    &MASTER_KEY_MISMATCH,
    &WEB_IDENTITY_CA_FILE,
    &WEB_IDENTITY_PRIVATE_ADDRESSES,
    &ROOT_ACCESS_KEY_ID,
    &ROOT_SECRET_ACCESS_KEY,
    &LOG,
    &LOG_FORMAT,
    &CONNECTIONS_MAX,
    &HEADER_TIMEOUT_SECONDS,
    &BODY_TIMEOUT_SECONDS,
    &ACCESS_LOG_INTERVAL_SECONDS,
    &DECISION_LOG,
    &DECISION_LOG_DAYS,
    &DECISION_LOG_BYTES,
    &LIFECYCLE_INTERVAL_SECONDS,
    &LIFECYCLE_DAY_SECONDS,
    &LIFECYCLE_CLOCK_DAYS_MAX,
    &WATCH_TEXTFILES,
    &WRITE_TIMEOUT_SECONDS,
    &SHUTDOWN_TIMEOUT_SECONDS,
    &BOE_PRIVATE_ACL,
    &CREATE_BUCKET_PRIVATE_ACL_OWNERSHIP,
    &BOE_PUT_OBJECT_ACL_NOOP,
    &FOREIGN_OVERWRITE_VIA_BUCKET_WRITE,
    &BPA_MESSAGE_STYLE,
    &POLICY_STATUS_WITHOUT_POLICY,
    &POLICY_GET,
    &POLICY_RESOURCE_STAR,
    &LOG_SOURCE_REGION_FIELD,
    &RICH_ACCESS_DENIED,
    &CUSTOMER_KEYS_OVER_HTTP,
    &OBJECT_OWNERSHIP,
    &BLOCK_PUBLIC_ACCESS,
];
