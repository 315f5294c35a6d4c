//! What an operator may set: one table of settings, each of which has one name in the
//! configuration file, the environment and on the command line.
//!
//! The command line wins over the environment, the environment over the file, the file over the
//! default. What is wrong is reported with where it comes from and what is allowed.

mod file;
mod flags;
mod notifications;
mod print;
mod switches;
mod table;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use audit::decision_log::DecisionLogOptions;
use authz::Switches;
use authz::admission::NewBucketDefaults;
use identity::{MasterKeySettings, MasterKeySource, SecretAccessKey};
use model::AddressRange;
use ops::store::LifecycleOptions;
use s3_api::origin::CustomerKeysOverHttp;
use s3_api::provider_client::PrivateAddresses;
use s3_api::website::WebsiteHosts;

pub(crate) use self::flags::{DataDirectoryFlags, MasterKeyFlags, SettingFlags};
pub(crate) use self::notifications::{DestinationKind, DestinationSettings};
pub(crate) use self::print::print;
use self::table::Setting;
pub(crate) use self::values::Values;
use crate::failure::Failure;
use crate::logs::LogFormat;

/// All settings, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Address and port of the S3 endpoint.
    pub(crate) listen: SocketAddr,
    /// Where everything lies.
    pub(crate) data_directory: PathBuf,
    /// The region of the endpoint, and of buckets that name none.
    pub(crate) region: String,
    /// Host names below which a label is a bucket name.
    pub(crate) base_domains: Vec<String>,
    /// Hosts that are websites.
    pub(crate) websites: WebsiteHosts,
    /// Where certificate and key are; without them the endpoint speaks plain text.
    pub(crate) tls: Option<TlsFiles>,
    /// Proxies whose word about their clients counts.
    pub(crate) trusted_proxies: Vec<AddressRange>,
    /// Whether Signature Version 2 is accepted.
    pub(crate) signature_version_2: bool,
    /// Whether the console is served.
    pub(crate) console: bool,
    /// Whether access log records have the field of the source region (U-20).
    pub(crate) log_source_region: bool,
    /// From where keys of customers are taken without TLS.
    pub(crate) customer_keys_over_http: CustomerKeysOverHttp,
    /// Whether new objects are encrypted where neither writer nor bucket says how.
    pub(crate) encrypts_by_default: bool,
    /// Where the master key is, and the one before it.
    pub(crate) master_key: MasterKeySettings,
    /// Certificates that OpenID Connect providers may have besides the system's.
    pub(crate) web_identity_ca_file: Option<PathBuf>,
    /// Whether OpenID Connect providers may be in private networks.
    pub(crate) web_identity_private_addresses: PrivateAddresses,
    /// The first access key, if the operator gives it.
    pub(crate) root_key: Option<RootKey>,
    /// Where event notifications go.
    pub(crate) notifications: Vec<DestinationSettings>,
    /// Which events are logged.
    pub(crate) log_filter: String,
    /// What a line of the log looks like.
    pub(crate) log_format: LogFormat,
    /// Open connections; further ones wait.
    pub(crate) connections_max: u32,
    /// Time for a TLS handshake, for a request head, and for the next request on a kept connection.
    pub(crate) header_timeout: Duration,
    /// Time for which a client may send nothing of a body.
    pub(crate) body_timeout: Duration,
    /// Time between two deliveries of access logs.
    pub(crate) access_log_interval: Duration,
    /// Which decisions are recorded, and for how long.
    pub(crate) decision_log: DecisionLogOptions,
    /// When lifecycle rules are carried out.
    pub(crate) lifecycle: LifecycleOptions,
    /// Textfiles of `grantry watch` that the console shows.
    pub(crate) watch_textfiles: Vec<PathBuf>,
    /// Time for which a client may leave an answer unread.
    pub(crate) write_timeout: Duration,
    /// Time for requests in flight to finish at shutdown.
    pub(crate) shutdown_timeout: Duration,
    /// Choices where Amazon's behaviour is open (§15.1).
    pub(crate) switches: Switches,
    /// What a new bucket gets.
    pub(crate) new_buckets: NewBucketDefaults,
}

/// The files of the endpoint's certificate, each PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The certificate and its chain.
    pub(crate) certificate: PathBuf,
    /// The private key of the certificate.
    pub(crate) private_key: PathBuf,
}

/// An access key that the operator chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RootKey {
    /// The id that requests carry.
    pub(crate) access_key_id: String,
    /// The secret.
    pub(crate) secret_access_key: SecretAccessKey,
}

/// Looks a variable of the environment up.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Settings {
    /// Checks all values. Errors name the setting, where its value comes from, and what is
    /// allowed.
    pub(crate) fn from_values(values: &Values) -> Result<Self, Failure> {
        Ok(Self {
            listen: values.parse(&table::LISTEN, values::socket_address)?,
            data_directory: values.parse(&table::DATA_DIR, values::path)?,
            region: values.parse(&table::REGION, values::region)?,
            base_domains: values.parse(&table::BASE_DOMAINS, values::domains)?,
            websites: WebsiteHosts {
                domains: values.parse(&table::WEBSITE_DOMAINS, values::domains)?,
                custom: values.parse(&table::WEBSITE_CUSTOM_HOSTS, values::truth)?,
            },
            tls: tls(values)?,
            trusted_proxies: trusted_proxies(values)?,
            log_source_region: switches::log_source_region(values)?,
            customer_keys_over_http: switches::customer_keys_over_http(values)?,
            signature_version_2: values.parse(&table::SIGNATURE_VERSION_2, values::truth)?,
            console: values.parse(&table::CONSOLE, values::on_or_off)?,
            encrypts_by_default: values
                .parse(&table::DEFAULT_ENCRYPTION, values::default_encryption)?,
            master_key: master_key(values)?,
            web_identity_ca_file: web_identity_ca_file(values)?,
            web_identity_private_addresses: values
                .parse(&table::WEB_IDENTITY_PRIVATE_ADDRESSES, values::private_addresses)?,
            root_key: root_key(values)?,
            notifications: values.notifications().to_vec(),
            log_filter: values.parse(&table::LOG, values::log_filter)?,
            log_format: values.parse(&table::LOG_FORMAT, values::log_format)?,
            connections_max: values.parse(&table::CONNECTIONS_MAX, values::connections)?,
            header_timeout: values.parse(&table::HEADER_TIMEOUT_SECONDS, values::timeout)?,
            body_timeout: values.parse(&table::BODY_TIMEOUT_SECONDS, values::timeout)?,
            access_log_interval: values
                .parse(&table::ACCESS_LOG_INTERVAL_SECONDS, values::timeout)?,
            decision_log: DecisionLogOptions {
                kept: values.parse(&table::DECISION_LOG, values::kept_decisions)?,
                days: values.parse(&table::DECISION_LOG_DAYS, values::days)?,
                bytes: values.parse(&table::DECISION_LOG_BYTES, values::decision_log_bytes)?,
            },
            lifecycle: lifecycle(values)?,
            watch_textfiles: watch_textfiles(values)?,
            write_timeout: values.parse(&table::WRITE_TIMEOUT_SECONDS, values::timeout)?,
            shutdown_timeout: values.parse(&table::SHUTDOWN_TIMEOUT_SECONDS, values::timeout)?,
            switches: switches::switches(values)?,
            new_buckets: switches::new_buckets(values)?,
        })
    }
}

/// Both files, or neither.
fn tls(values: &Values) -> Result<Option<TlsFiles>, Failure> {
    let (certificate, key) = (&table::TLS_CERTIFICATE, &table::TLS_PRIVATE_KEY);
    match (values.is_given(certificate), values.is_given(key)) {
        (false, false) => Ok(None),
        (true, true) => Ok(Some(TlsFiles {
            certificate: values.parse(certificate, values::path)?,
            private_key: values.parse(key, values::path)?,
        })),
        (true, false) => Err(half_given(certificate, key)),
        (false, true) => Err(half_given(key, certificate)),
    }
}

/// None are trusted unless the operator names them.
fn trusted_proxies(values: &Values) -> Result<Vec<AddressRange>, Failure> {
    let setting = &table::TRUSTED_PROXIES;
    if values.is_given(setting) { values.parse(setting, values::ranges) } else { Ok(Vec::new()) }
}

fn watch_textfiles(values: &Values) -> Result<Vec<PathBuf>, Failure> {
    let setting = &table::WATCH_TEXTFILES;
    if values.is_given(setting) { values.parse(setting, values::files) } else { Ok(Vec::new()) }
}

fn web_identity_ca_file(values: &Values) -> Result<Option<PathBuf>, Failure> {
    let setting = &table::WEB_IDENTITY_CA_FILE;
    values.is_given(setting).then(|| values.parse(setting, values::path)).transpose()
}

/// The master key and the one before it, each from one place.
fn master_key(values: &Values) -> Result<MasterKeySettings, Failure> {
    let source = master_key_source(values, (&table::MASTER_KEY, &table::MASTER_KEY_FILE))?;
    let previous = (&table::PREVIOUS_MASTER_KEY, &table::PREVIOUS_MASTER_KEY_FILE);
    Ok(MasterKeySettings {
        source: source.unwrap_or_default(),
        previous: master_key_source(values, previous)?,
        on_mismatch: values.parse(&table::MASTER_KEY_MISMATCH, values::on_mismatch)?,
    })
}

fn master_key_source(
    values: &Values,
    (key, file): (&Setting, &Setting),
) -> Result<Option<MasterKeySource>, Failure> {
    match (values.is_given(key), values.is_given(file)) {
        (false, false) => Ok(None),
        (true, false) => {
            values.parse(key, values::master_key).map(MasterKeySource::Given).map(Some)
        }
        (false, true) => values.parse(file, values::path).map(MasterKeySource::File).map(Some),
        // Neither wins: whoever gives both would not know with which key everything is sealed.
        (true, true) => {
            let why = format!("is given, and `{}` too; give one of them", file.name);
            Err(Failure::usage(format!("setting `{}`", key.name), why))
        }
    }
}

fn lifecycle(values: &Values) -> Result<LifecycleOptions, Failure> {
    Ok(LifecycleOptions {
        interval: values.parse(&table::LIFECYCLE_INTERVAL_SECONDS, values::timeout)?,
        day: values.parse(&table::LIFECYCLE_DAY_SECONDS, values::lifecycle_day)?,
        clock_ahead_max: values.parse(&table::LIFECYCLE_CLOCK_DAYS_MAX, values::clock_days)?,
    })
}

/// Both halves of the key, or neither.
fn root_key(values: &Values) -> Result<Option<RootKey>, Failure> {
    let (id, secret) = (&table::ROOT_ACCESS_KEY_ID, &table::ROOT_SECRET_ACCESS_KEY);
    match (values.is_given(id), values.is_given(secret)) {
        (false, false) => Ok(None),
        (true, true) => Ok(Some(RootKey {
            access_key_id: values.parse(id, values::access_key_id)?,
            secret_access_key: values.parse(secret, values::secret)?,
        })),
        (true, false) => Err(half_given(id, secret)),
        (false, true) => Err(half_given(secret, id)),
    }
}

fn half_given(given: &Setting, missing: &Setting) -> Failure {
    let why = format!("is not given, but `{}` is; give both or neither", given.name);
    Failure::usage(format!("setting `{}`", missing.name), why)
}
