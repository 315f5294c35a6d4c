//! `grantry serve`: opens the store, serves until a signal comes, and closes it.

mod banner;
mod certificate;
mod destinations;
mod file_limit;
mod providers;
mod readiness;
mod root_account;
mod signals;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use identity::MasterKeySource;
use ops::Store;
use ops::store::{OpenError, StoreOptions};
use s3_api::metrics::Metrics;
use s3_api::provider_client::ProviderClient;
use s3_api::server::{self, Ending, ServerSettings};
use s3_api::service::{Service, ServiceSettings};
use s3_api::tls::TlsConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::control::server::ControlSocket;
use crate::data_directory::DataDirectory;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{clock, logs, output};

/// Runs the server until it is told to stop.
pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    logs::start(&settings.log_filter, settings.log_format);
    let directory = DataDirectory::create(&settings.data_directory)?;
    let _lock = directory.lock()?;
    if let Some(mode) = directory.open_to_others() {
        let path = directory.path().display();
        tracing::warn!(%path, "others may enter the data directory: its mode is {mode:04o}");
    }
    warn_of_unused_key(&directory, settings);
    file_limit::raise(settings.connections_max);
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("cannot start threads", error))?;
    runtime.block_on(serve(settings, &directory))
}

/// Opens the store in a directory whose lock the caller holds.
pub(crate) fn open_store(
    directory: &DataDirectory,
    settings: &Settings,
) -> Result<Arc<Store>, Failure> {
    let options = StoreOptions {
        data_directory: directory.path().to_owned(),
        master_key: settings.master_key.clone(),
        region: settings.region.clone(),
        switches: settings.switches,
        new_buckets: settings.new_buckets,
        encrypts_by_default: settings.encrypts_by_default,
        access_log_interval: settings.access_log_interval,
        decision_log: settings.decision_log,
        destinations: destinations::all(&settings.notifications)?,
        log_source_region: settings.log_source_region,
        lifecycle: settings.lifecycle,
        watch_textfiles: settings.watch_textfiles.clone(),
        clock: clock::now,
    };
    Store::open(options).map_err(|error| {
        let what = format!("cannot open the store in {}", directory.path().display());
        with_next_step(Failure::new(what, &error), &error)
    })
}

/// Adds what to do if the master key is the reason.
pub(crate) fn with_next_step(failure: Failure, error: &OpenError) -> Failure {
    match error {
        OpenError::OtherMasterKey { .. } => failure.next(
            "Nothing was changed. Give the master key of this store (`grantry keys master` shows the \
             id of a key that fits); to change it, give the old one too, with \
             previous_master_key_file.",
        ),
        OpenError::MasterKey(error) if error.is_missing_file() => failure.next(
            "Put the master key there, or name its place with master_key_file or \
             GRANTRY_MASTER_KEY. A new key would open nothing of this store.",
        ),
        _ => failure,
    }
}

/// A key that lies beside what it opens protects nothing, even if it is not used.
fn warn_of_unused_key(directory: &DataDirectory, settings: &Settings) {
    let file = MasterKeySource::file_in(directory.path());
    if settings.master_key.source.is_elsewhere() && file.exists() {
        let path = file.display();
        tracing::warn!(%path, "this master key is not used; if it is the same, it should not lie there");
    }
}

/// Where S3 is served.
struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<watch::Receiver<TlsConfig>>,
    providers: ProviderClient,
}

impl Endpoint {
    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

async fn serve(settings: &Settings, directory: &DataDirectory) -> Result<(), Failure> {
    // Before the first account is made: a start that fails must not have shown its only secret.
    let stop = signals::watch()?;
    let tls = settings.tls.as_ref().map(certificate::watch).transpose()?;
    let providers = providers::client(settings)?;
    let (listener, address) = listen(settings.listen).await?;
    let endpoint = Endpoint { listener, address, tls, providers };
    let store = open_store(directory, settings)?;
    let outcome = serve_store(settings, directory, &store, endpoint, stop).await;
    store.shutdown().await;
    tracing::info!("stopped");
    outcome
}

async fn serve_store(
    settings: &Settings,
    directory: &DataDirectory,
    store: &Arc<Store>,
    endpoint: Endpoint,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let control = ControlSocket::bind(directory)?;
    let root = root_account::prepare(store, settings.root_key.as_ref()).await?;
    let background = tokio::spawn(Arc::clone(store).run_background(stopped(stop.clone())));
    // A server whose standard output is closed serves all the same.
    let address = endpoint.address;
    let console =
        (settings.console && s3_api::console::is_built()).then_some(s3_api::console::PATH);
    let text = banner::text(endpoint.scheme(), address, &settings.region, &root, console);
    if let Err(failure) = output::print(&text) {
        tracing::warn!(%failure, "the start-up message was not shown");
    }
    tracing::info!(%address, scheme = endpoint.scheme(), directory = %directory.path().display(), "listening");
    readiness::announce();
    let (ending, ()) = tokio::join!(
        serve_s3(settings, Arc::clone(store), endpoint, stop.clone()),
        control.serve(store, stopped(stop)),
    );
    if let Ending::Cut { connections } = ending {
        tracing::warn!(connections, "requests that did not finish in time were cut off");
    }
    if let Err(error) = background.await {
        tracing::error!(%error, "background work ended before the server");
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error| {
        Failure::new(format!("cannot listen on {address}"), error)
            .next("Choose another address with --listen or GRANTRY_LISTEN.")
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn serve_s3(
    settings: &Settings,
    store: Arc<Store>,
    endpoint: Endpoint,
    stop: watch::Receiver<bool>,
) -> Ending {
    let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), clock::now()));
    let service_settings = ServiceSettings {
        base_domains: settings.base_domains.clone(),
        websites: settings.websites.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        signature_version_2: settings.signature_version_2,
        log_source_region: settings.log_source_region,
        customer_keys_over_http: settings.customer_keys_over_http,
        console: settings.console,
        body_timeout: settings.body_timeout,
        clock: clock::now,
    };
    let Endpoint { listener, tls, providers, .. } = endpoint;
    let service = Arc::new(Service::new(store, service_settings, Arc::clone(&metrics), providers));
    let server_settings = ServerSettings {
        connections_max: settings.connections_max,
        header_timeout: settings.header_timeout,
        write_timeout: settings.write_timeout,
        shutdown_grace: settings.shutdown_timeout,
    };
    server::run(listener, service, metrics, server_settings, tls, stopped(stop)).await
}

/// Ends when the server is told to stop.
async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that nobody is left who could tell: stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}
