//! Mastodon, glitch-soc and Hometown: `.env.production`.

pub mod keys;
mod remarks;
mod services;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::application::{
    AclRemedy, Application, ChecksumMode, MediaPrefix, PublicUrl, PublicUrlKind, UploadAcl, Version,
};
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};
use crate::s3::{Addressing, amazon_endpoint};

use super::base::{apply_flags, blank, required, take_credentials, with_slash};

/// The first version for which an empty `S3_PERMISSION` means "no ACL".
const EMPTY_MEANS_NONE: Version = Version(4, 0, 0);
/// The first version whose archive exports obey an empty `S3_PERMISSION`.
const EXPORTS_OBEY: Version = Version(4, 1, 2);
/// The first version whose SDK sends CRC32 by itself.
const CRC32_BY_DEFAULT: Version = Version(4, 5, 0);
/// What every upload says about caching.
const CACHE_CONTROL: &str = "public, max-age=315576000, immutable";
const ENVIRONMENT_FILE: &str = ".env.production";
/// The files that are read beside it, the strongest first.
const FILES: [&str; 4] = [".env.production.local", ".env.local", ENVIRONMENT_FILE, ".env"];
/// Prefixes of what the public reads.
const PUBLIC_PREFIXES: [&str; 6] = [
    "accounts/",
    "cache/",
    "custom_emojis/",
    "media_attachments/",
    "preview_cards/",
    "site_uploads/",
];
/// Where probes go, one for each public prefix.
const PROBE_DIRECTORIES: [&str; 6] = [
    "accounts/avatars/",
    "cache/accounts/avatars/",
    "custom_emojis/images/",
    "media_attachments/files/",
    "preview_cards/images/",
    "site_uploads/files/",
];
/// Archive exports, which only their owner may read.
const PRIVATE_PREFIX: &str = "backups/";
/// Settings whose values are never shown.
const SECRETS: [&str; 13] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "SECRET_KEY_BASE",
    "OTP_SECRET",
    "VAPID_PRIVATE_KEY",
    "DB_PASS",
    "DATABASE_URL",
    "REDIS_PASSWORD",
    "REDIS_URL",
    "SIDEKIQ_REDIS_URL",
    "SIDEKIQ_REDIS_PASSWORD",
    "SMTP_PASSWORD",
    "REDIS_SENTINEL_PASSWORD",
];

/// The profile.
pub struct Mastodon;

impl Profile for Mastodon {
    fn name(&self) -> &'static str {
        "mastodon"
    }

    fn title(&self) -> &'static str {
        "Mastodon"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["glitch-soc", "hometown"]
    }

    fn configuration(&self) -> &'static str {
        ".env.production, usually /home/mastodon/live/.env.production"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from(ENVIRONMENT_FILE));
        let format = format(inputs)?;
        let layers = layers(inputs, &file, format)?;
        if inputs.flag("enable-s3").is_none() {
            enabled(&layers)?;
        }
        let mut application = blank(self, layers, format);
        application.main_file = Some(file.clone());
        application.version = inputs.version.or_else(|| installed_version(&file));
        store(&mut application)?;
        uploads(&mut application);
        application.media_prefixes = media_prefixes(&application.layers);
        probes(&mut application);
        application.web_url = services::web_url(&application.layers);
        application.database = Some(services::database(&application.layers));
        application.redis = Some(services::redis(&application.layers));
        application.smtp = services::smtp(&application.layers);
        application.services = vec!["mastodon-web".to_owned(), "mastodon-sidekiq".to_owned()];
        application.secret_settings = SECRETS.to_vec();
        let remarks = remarks::all(&application);
        application.remarks.extend(remarks);
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

fn format(inputs: &Inputs) -> Result<Format, ProfileError> {
    match inputs.flag("env-format") {
        None | Some("dotenv") => Ok(Format::Dotenv),
        Some("docker") => Ok(Format::DockerEnvironment),
        Some("systemd") => Ok(Format::SystemdEnvironment),
        Some(other) => Err(ProfileError::Invalid(format!(
            "`{other}` is no way to read the file: dotenv, docker or systemd"
        ))),
    }
}

/// All sources, the strongest first. The named file must be there; those beside it count only if the
/// application itself would find them.
fn layers(inputs: &Inputs, file: &Path, format: Format) -> Result<Layers, ProfileError> {
    let mut layers = Layers { layers: inputs.stronger.clone() };
    let is_usual = file.file_name().is_some_and(|name| FILES.iter().any(|usual| name == *usual));
    if !is_usual || format != Format::Dotenv {
        layers.push(Layer::read(file, format)?);
        return Ok(layers);
    }
    let directory = file.parent().unwrap_or(Path::new(""));
    for name in FILES {
        let path = directory.join(name);
        if file.ends_with(name) {
            layers.push(Layer::read(file, format)?);
        } else {
            layers.push_file(&path, format)?;
        }
    }
    Ok(layers)
}

/// Mastodon uses S3 only if `S3_ENABLED` is exactly `true`.
fn enabled(layers: &Layers) -> Result<(), ProfileError> {
    let found = layers.find("S3_ENABLED");
    match found.as_ref().map(|found| found.value.as_deref().unwrap_or_default()) {
        Some("true") => Ok(()),
        Some(other) => Err(ProfileError::NotS3(format!(
            "S3_ENABLED is `{other}` ({}); only exactly `true` counts, so Mastodon keeps its files \
             on the local disk or in another store: nothing to examine",
            layers.origin("S3_ENABLED")
        ))),
        None => Err(ProfileError::NotS3(
            "S3_ENABLED is not set, so Mastodon keeps its files on the local disk or in another \
             store: nothing to examine"
                .to_owned(),
        )),
    }
}

/// The version beside the environment file, as `lib/mastodon/version.rb` says it.
fn installed_version(file: &Path) -> Option<Version> {
    let directory = file.parent()?;
    let path = directory.join("lib/mastodon/version.rb");
    version_of(&crate::config::read_text(&path).ok()?)
}

fn version_of(source: &str) -> Option<Version> {
    let number = |method: &str| {
        let (_, behind) = source.split_once(&format!("def {method}\n"))?;
        behind.split_whitespace().next()?.parse::<u32>().ok()
    };
    Some(Version(number("major")?, number("minor")?, number("patch")?))
}

fn store(application: &mut Application) -> Result<(), ProfileError> {
    let layers = &application.layers;
    let bucket =
        required(layers.get("S3_BUCKET"), "S3_BUCKET", "without it nothing can be stored")?;
    if let Some(region) = layers.non_empty("S3_REGION") {
        application.region = region;
    }
    let endpoint = layers.get("S3_ENDPOINT");
    application.endpoint = match &endpoint {
        Some(endpoint) if !endpoint.is_empty() => endpoint.clone(),
        _ => amazon_endpoint(&application.region),
    };
    let wants_virtual_host = layers.get("S3_OVERRIDE_PATH_STYLE").as_deref() == Some("true");
    application.addressing = match (&endpoint, wants_virtual_host) {
        (Some(_), false) => Addressing::Path,
        (Some(_), true) => Addressing::VirtualHost,
        (None, _) => super::base::sdk_addressing(&bucket),
    };
    let protocol = layers.non_empty("S3_PROTOCOL").unwrap_or_else(|| "https".to_owned());
    let hostname = layers
        .non_empty("S3_HOSTNAME")
        .unwrap_or_else(|| format!("s3-{}.amazonaws.com", application.region));
    let alias =
        layers.non_empty("S3_ALIAS_HOST").or_else(|| layers.non_empty("S3_CLOUDFRONT_HOST"));
    application.public_urls = match alias {
        Some(alias) => vec![PublicUrl {
            kind: PublicUrlKind::Alias,
            base: with_slash(&format!("{protocol}://{alias}")),
        }],
        None => vec![PublicUrl {
            kind: PublicUrlKind::Direct,
            base: format!("{protocol}://{hostname}/{bucket}/"),
        }],
    };
    let key = ("AWS_ACCESS_KEY_ID", layers.get("AWS_ACCESS_KEY_ID"));
    let secret = ("AWS_SECRET_ACCESS_KEY", layers.get("AWS_SECRET_ACCESS_KEY"));
    application.bucket = bucket;
    take_credentials(application, key, secret);
    Ok(())
}

fn uploads(application: &mut Application) {
    let layers = &application.layers;
    application.upload_acls =
        upload_acls(layers.get("S3_PERMISSION").as_deref(), application.version);
    application.changes_acls = application
        .upload_acls
        .first()
        .is_some_and(|first| first.acl.as_deref().is_some_and(|acl| !acl.is_empty()));
    application.upload_headers.push(("cache-control".to_owned(), CACHE_CONTROL.to_owned()));
    application.storage_class = layers.get("S3_STORAGE_CLASS");
    if let Some(threshold) = layers.get("S3_MULTIPART_THRESHOLD") {
        application.multipart_threshold_bytes =
            u64::try_from(remarks::ruby_integer(&threshold)).unwrap_or(0);
    }
    let when_required = layers
        .get("AWS_REQUEST_CHECKSUM_CALCULATION")
        .is_some_and(|value| value.eq_ignore_ascii_case("when_required"));
    let has_new_sdk = application.version.is_none_or(|version| version >= CRC32_BY_DEFAULT);
    application.checksum = match (has_new_sdk, when_required) {
        (false, _) => ChecksumMode::ContentMd5,
        (true, false) => ChecksumMode::Crc32,
        (true, true) => ChecksumMode::None,
    };
    application.acl_remedy = match application.version {
        Some(version) if version < EMPTY_MEANS_NONE => AclRemedy::Impossible(format!(
            "Mastodon {version} sends the header even for an empty value: upgrade to 4.0.0 or later, \
             or let the bucket take ACLs again (BucketOwnerPreferred)"
        )),
        _ => AclRemedy::Setting { name: "S3_PERMISSION".to_owned(), value: Some(String::new()) },
    };
}

/// What is sent as `x-amz-acl`. A missing line is `public-read`; only an empty value sends nothing.
fn upload_acls(permission: Option<&str>, version: Option<Version>) -> Vec<UploadAcl> {
    let is_before = |limit: Version| version.is_some_and(|version| version < limit);
    let is_empty = permission == Some("");
    let media = match permission {
        None => Some("public-read"),
        Some("") if is_before(EMPTY_MEANS_NONE) => Some(""),
        Some("") => None,
        Some(value) => Some(value),
    };
    let exports = if is_empty && !is_before(EXPORTS_OBEY) { None } else { Some("private") };
    if media == exports {
        return vec![UploadAcl::new(media, "media and archive exports")];
    }
    vec![UploadAcl::new(media, "media"), UploadAcl::new(exports, "archive exports")]
}

/// Leaves directly below each attachment's directory: what `tootctl media remove-orphans` does not
/// take for a file of its own.
fn probes(application: &mut Application) {
    let front = application.layers.non_empty("S3_KEY_PREFIX").map_or(String::new(), |p| p + "/");
    let below = |directory: &str| format!("{front}{directory}");
    application.probe_directories = PROBE_DIRECTORIES.map(below).to_vec();
    application.private_probe_directory = Some(below("backups/dumps/"));
}

fn media_prefixes(layers: &Layers) -> Vec<MediaPrefix> {
    let front = layers.non_empty("S3_KEY_PREFIX").map_or(String::new(), |prefix| prefix + "/");
    let public = PUBLIC_PREFIXES.map(|prefix| MediaPrefix::public(format!("{front}{prefix}")));
    let private = MediaPrefix::private(format!("{front}{PRIVATE_PREFIX}"));
    public.into_iter().chain([private]).collect()
}
