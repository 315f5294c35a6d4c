//! The application that the command line names.

use std::collections::BTreeMap;
use std::sync::Arc;

use toolkit::application::{Application, Version};
use toolkit::config::Layer;
use toolkit::doctor::Probes;
use toolkit::http::{Timeouts, Transport};
use toolkit::profile::{Inputs, Profile, ProfileError};
use toolkit::s3::{Clock, S3Client, Target};
use toolkit::{profiles, systemd};

use super::EXIT_CANNOT;
use super::arguments::ApplicationFlags;
use crate::clock;
use crate::failure::Failure;

/// Names of the tool's own secrets; an application's environment has no business with them.
const OWN_NAMES: &str = "GRANTRY_";

/// Reads the configuration, with what the running service has besides.
pub(crate) async fn load(
    profile: &str,
    flags: &ApplicationFlags,
    more: &[(&str, &str)],
) -> Result<(Application, Inputs), Failure> {
    let profile = profiles::find(profile).map_err(cannot)?;
    let mut inputs = inputs(flags)?;
    inputs.flags.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let application = profile.load(&inputs).map_err(cannot)?;
    let units = unit_layers(&application).await;
    if units.is_empty() {
        return Ok((application, inputs));
    }
    inputs.stronger.extend(units);
    Ok((reload(profile, &inputs)?, inputs))
}

/// Reads the configuration once more.
pub(super) fn reload(profile: &dyn Profile, inputs: &Inputs) -> Result<Application, Failure> {
    profile.load(inputs).map_err(cannot)
}

fn inputs(flags: &ApplicationFlags) -> Result<Inputs, Failure> {
    let mut given = BTreeMap::new();
    for (name, value) in [
        ("env-format", &flags.env_format),
        ("endpoint", &flags.endpoint),
        ("region", &flags.region),
        ("bucket", &flags.bucket),
        ("addressing", &flags.addressing),
        ("access-key-id", &flags.access_key_id),
        ("secret-access-key", &flags.secret_access_key),
        ("session-token", &flags.session_token),
        ("acl", &flags.acl),
        ("prefix", &flags.prefix),
        ("public-url", &flags.public_url),
        ("web-url", &flags.web_url),
    ] {
        if let Some(value) = value {
            given.insert(name.to_owned(), value.clone());
        }
    }
    let version = flags.app_version.as_deref().map(|text| {
        Version::parse(text)
            .ok_or_else(|| Failure::usage("cannot use --app-version", "it is no version"))
    });
    let mut stronger = Vec::new();
    if flags.process_env {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let of_application = variables.filter(|(name, _)| !name.starts_with(OWN_NAMES));
        stronger.push(Layer::named("the environment of this process", of_application));
    }
    let version = version.transpose()?;
    Ok(Inputs { file: flags.env_file.clone(), stronger, flags: given, version })
}

/// What systemd gives to the first of the services.
async fn unit_layers(application: &Application) -> Vec<Layer> {
    let Some(service) = application.services.first() else { return Vec::new() };
    match systemd::show(service).await {
        Some(unit) => unit.layers(service),
        None => Vec::new(),
    }
}

fn cannot(error: ProfileError) -> Failure {
    let is_absent = matches!(&error, ProfileError::Read(read) if read.is_absent());
    let failure = Failure::new("cannot examine the application", error).exit_code(EXIT_CANNOT);
    if is_absent {
        return failure.next("Name the application's configuration with --env-file FILE.");
    }
    failure
}

/// A client with the application's own credentials.
pub(super) fn client(application: &Application) -> Result<S3Client, Failure> {
    client_of(application.target(), Timeouts::default())
}

/// A client of any bucket.
pub(crate) fn client_of(target: Target, timeouts: Timeouts) -> Result<S3Client, Failure> {
    // Certificates that cannot be loaded are missed when a server shows one that they would prove.
    let roots = rustls_native_certs::load_native_certs().certs;
    let transport = Transport::new(roots, timeouts)
        .map_err(|error| Failure::new("cannot ask the store", error).exit_code(EXIT_CANNOT))?;
    let clock: Clock = Arc::new(clock::now);
    Ok(S3Client::new(target, transport, clock))
}

/// Probes of a run that no other run meets.
pub(super) fn probes(client: &S3Client) -> Result<Probes, Failure> {
    let run = identity::generate::request_id()
        .map_err(|error| Failure::new("cannot examine the application", format!("{error:?}")))?;
    Ok(Probes::new(client.clone(), &run))
}
