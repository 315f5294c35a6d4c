//! PostgreSQL, as far as the tools need it.
//!
//! Statements are never prepared under a name, so that a pooler may hand each one to another connection
//! (PgBouncer's transaction pooling).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::task::JoinHandle;
use tokio_postgres::config::{Config, SslMode};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::application::Database;

/// Time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What every statement may take, and how long it may wait for a lock.
const STATEMENT_TIMEOUT: &str = "30s";
const LOCK_TIMEOUT: &str = "2s";

/// Why the database cannot be used; never with the password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address is none.
    #[error("the address of the database cannot be read: {0}")]
    Address(String),
    /// TLS cannot be prepared.
    #[error("cannot prepare TLS for the database: {0}")]
    Tls(#[from] rustls::Error),
    /// The database does not answer, or refuses.
    #[error("the database: {}", described(.0))]
    Refused(#[from] tokio_postgres::Error),
}

/// The error of the server with its message; `tokio_postgres` itself says only "db error".
fn described(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(server), _) => server.to_string(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// A value of a statement; its type is known without asking the server.
#[derive(Clone, Debug)]
pub enum Value {
    /// `bigint`
    Number(i64),
    /// `text`
    Text(String),
    /// `bigint[]`
    Numbers(Vec<i64>),
    /// `text[]`
    Texts(Vec<String>),
    /// `text[]` with gaps.
    OptionalTexts(Vec<Option<String>>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Value {
    fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Number(number) => (number, Type::INT8),
            Self::Text(text) => (text, Type::TEXT),
            Self::Numbers(numbers) => (numbers, Type::INT8_ARRAY),
            Self::Texts(texts) => (texts, Type::TEXT_ARRAY),
            Self::OptionalTexts(texts) => (texts, Type::TEXT_ARRAY),
        }
    }
}

/// A connection. It ends when this is dropped.
pub struct Connection {
    client: Client,
    task: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    /// Connects as the application does.
    pub async fn open(
        database: &Database,
        trusted: &[CertificateDer<'static>],
    ) -> Result<Self, DatabaseError> {
        let (mut config, mode) = configuration(database)?;
        config.connect_timeout(CONNECT_TIMEOUT).application_name("grantry");
        config.options(format!(
            "-c statement_timeout={STATEMENT_TIMEOUT} -c lock_timeout={LOCK_TIMEOUT}"
        ));
        let tls = MakeRustlsConnect::new(tls(mode.verifies(), trusted)?);
        config.ssl_mode(mode.spoken());
        // A pooler refuses settings at the start of a connection; then they are the pooler's.
        let (client, connection) = match config.connect(tls.clone()).await {
            Err(error) if refuses_options(&error) => {
                config.options("");
                config.connect(tls).await?
            }
            other => other?,
        };
        let task = tokio::spawn(async move {
            // Whoever waits for an answer is told of the error.
            _ = connection.await;
        });
        Ok(Self { client, task })
    }

    /// Rows of one statement.
    pub async fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let values: Vec<_> = values.iter().map(Value::typed).collect();
        Ok(self.client.query_typed(sql, &values).await?)
    }

    /// Statements without values and rows, such as `BEGIN`.
    pub async fn execute(&self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// The columns of a table; they differ between versions of the application. Empty if there is no such
    /// table.
    pub async fn columns(&self, table: &str) -> Result<BTreeSet<String>, DatabaseError> {
        let sql = "SELECT column_name::text FROM information_schema.columns \
                   WHERE table_schema = ANY (current_schemas(false)) AND table_name = $1";
        let rows = self.query(sql, &[table.into()]).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

/// 08P01 is what PgBouncer answers to settings that it does not know.
fn refuses_options(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        error.code().code() == "08P01" && error.message().contains("unsupported startup parameter")
    })
}

/// The modes of libpq. AWS and others name them so too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    Verify,
}

impl Mode {
    fn parse(text: &str) -> Result<Self, DatabaseError> {
        match text {
            "disable" => Ok(Self::Disable),
            "" | "allow" | "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" | "verify-full" => Ok(Self::Verify),
            other => Err(DatabaseError::Address(format!("`{other}` is no sslmode"))),
        }
    }

    fn spoken(self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::Verify => SslMode::Require,
        }
    }

    /// As libpq has it: only the two `verify` modes look at the certificate.
    fn verifies(self) -> bool {
        self == Self::Verify
    }
}

fn configuration(database: &Database) -> Result<(Config, Mode), DatabaseError> {
    let Some(url) = &database.url else {
        let mut config = Config::new();
        config.host(&database.host).port(database.port).dbname(&database.name).user(&database.user);
        if !database.password.is_empty() {
            config.password(&database.password);
        }
        return Ok((config, Mode::parse(&database.ssl_mode)?));
    };
    // Rails' adapters, and parameters of theirs that PostgreSQL does not know.
    let url = url.replacen("postgis://", "postgres://", 1);
    let (base, query) = url.split_once('?').unwrap_or((&url, ""));
    let mut mode = Mode::parse(&database.ssl_mode)?;
    let mut host = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Mode::parse(value)?,
            Some(("host", value)) => host = Some(percent_decoded(value)),
            _ => {}
        }
    }
    let mut config: Config =
        base.parse().map_err(|_| DatabaseError::Address("it is no postgres:// URL".to_owned()))?;
    if let Some(host) = host {
        config.host(&host);
    }
    Ok((config, mode))
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn tls(verifies: bool, trusted: &[CertificateDer<'static>]) -> Result<ClientConfig, DatabaseError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    if verifies {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.iter().cloned());
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let verifier = Arc::new(AnyCertificate(provider));
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Takes every certificate: `prefer` and `require` ask for encryption, not for the identity.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    fn database(url: Option<&str>, ssl_mode: &str) -> Database {
        Database {
            url: url.map(Into::into),
            host: "/run/postgresql".into(),
            port: 5433,
            name: "mastodon_production".into(),
            user: "mastodon".into(),
            password: String::new(),
            ssl_mode: ssl_mode.into(),
        }
    }

    #[test]
    fn parts_and_urls_are_understood() {
        let (config, mode) = configuration(&database(None, "")).unwrap();
        assert_eq!(mode, Mode::Prefer);
        assert_eq!(config.get_hosts(), [Host::Unix("/run/postgresql".into())]);
        assert_eq!((config.get_ports(), config.get_password()), (&[5433][..], None));
        let url = "postgres://u:p@h.example:6432/d?sslmode=verify-full&pool=5";
        let (config, mode) = configuration(&database(Some(url), "prefer")).unwrap();
        assert!(mode.verifies());
        assert_eq!(config.get_hosts(), [Host::Tcp("h.example".into())]);
        assert_eq!((config.get_dbname(), config.get_ports()), (Some("d"), &[6432][..]));
    }

    #[test]
    fn what_cannot_be_read_does_not_show_the_password() {
        for bad in [database(Some("mysql://u:secret@h/d"), ""), database(None, "sometimes")] {
            let error = configuration(&bad).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("secret"), "{error}");
        }
    }
}
