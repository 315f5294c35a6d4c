//! What every profile needs: an application with nothing decided, and the flags of the command line.

use crate::application::{
    AclRemedy, Application, ChecksumMode, MediaPrefix, PublicUrl, PublicUrlKind, Remark, Severity,
    UploadAcl,
};
use crate::config::{Format, Layers, Origin};
use crate::profile::{Inputs, Profile, ProfileError};
use crate::s3::{Addressing, Credentials};

/// The threshold of most SDKs and of Mastodon.
pub(super) const MULTIPART_THRESHOLD_BYTES: u64 = 15 * 1024 * 1024;

/// An application about which nothing is known yet.
pub(super) fn blank(profile: &dyn Profile, layers: Layers, format: Format) -> Application {
    let main_file = layers.layers.iter().rev().find_map(|layer| layer.path.clone());
    Application {
        profile: profile.name(),
        title: profile.title(),
        version: None,
        endpoint: String::new(),
        region: "us-east-1".to_owned(),
        bucket: String::new(),
        addressing: Addressing::Path,
        credentials: None,
        credentials_origin: Origin::Default,
        upload_acls: vec![UploadAcl::new(None, "uploads")],
        changes_acls: false,
        upload_headers: vec![("content-type".to_owned(), "image/png".to_owned())],
        storage_class: None,
        media_prefixes: vec![MediaPrefix::public("")],
        probe_directories: vec![String::new()],
        private_probe_directory: None,
        public_urls: Vec::new(),
        multipart_threshold_bytes: MULTIPART_THRESHOLD_BYTES,
        checksum: ChecksumMode::Crc32,
        web_url: None,
        database: None,
        redis: None,
        smtp: None,
        services: Vec::new(),
        layers,
        main_file,
        format,
        remarks: Vec::new(),
        acl_remedy: AclRemedy::NotNeeded,
        acl_settings: Vec::new(),
        secret_settings: Vec::new(),
    }
}

/// Takes the access key from two settings.
pub(super) fn take_credentials(
    application: &mut Application,
    id: (&str, Option<String>),
    secret: (&str, Option<String>),
) {
    application.credentials_origin = application.layers.origin(secret.0);
    let (Some(id_value), Some(secret_value)) = (id.1, secret.1) else { return };
    if id_value.is_empty() && secret_value.is_empty() {
        return;
    }
    application.credentials = Credentials::parse(&id_value, &secret_value, None);
    if application.credentials.is_none() {
        application.remarks.push(Remark {
            severity: Severity::Failing,
            setting: secret.0.to_owned(),
            origin: application.layers.origin(secret.0),
            meaning: format!(
                "`{}` and `{}` are no access key as the application reads them: empty, with \
                 blanks, cut off, or with characters that no key has",
                id.0, secret.0
            ),
            current: None,
            proposed: Some("the secret in single quotes".to_owned()),
        });
    }
}

/// What the command line says wins over what the configuration says.
pub(super) fn apply_flags(
    application: &mut Application,
    inputs: &Inputs,
) -> Result<(), ProfileError> {
    if let Some(endpoint) = inputs.flag("endpoint") {
        endpoint.clone_into(&mut application.endpoint);
    }
    if let Some(region) = inputs.flag("region") {
        region.clone_into(&mut application.region);
    }
    if let Some(bucket) = inputs.flag("bucket") {
        bucket.clone_into(&mut application.bucket);
    }
    if let Some(style) = inputs.flag("addressing") {
        application.addressing = match style {
            "path" => Addressing::Path,
            "virtual-host" => Addressing::VirtualHost,
            other => {
                return Err(ProfileError::Invalid(format!(
                    "`{other}` is no addressing style: path or virtual-host"
                )));
            }
        };
    }
    if let (Some(id), Some(secret)) =
        (inputs.flag("access-key-id"), inputs.flag("secret-access-key"))
    {
        let token = inputs.flag("session-token").map(ToOwned::to_owned);
        let credentials = Credentials::parse(id, secret, token);
        application.credentials = Some(credentials.ok_or_else(|| {
            ProfileError::Invalid("the access key given is malformed".to_owned())
        })?);
        application.credentials_origin = Origin::Named("the command line".to_owned());
    }
    if let Some(url) = inputs.flag("public-url") {
        application.public_urls.retain(|known| known.kind != PublicUrlKind::Alias);
        let alias = PublicUrl { kind: PublicUrlKind::Alias, base: with_slash(url) };
        application.public_urls.insert(0, alias);
    }
    if let Some(url) = inputs.flag("web-url") {
        application.web_url = Some(url.to_owned());
    }
    application.version = inputs.version.or(application.version);
    if application.endpoint.is_empty() {
        application.endpoint = crate::s3::amazon_endpoint(&application.region);
    }
    let has_direct =
        application.public_urls.iter().any(|known| known.kind == PublicUrlKind::Direct);
    if !has_direct {
        let base = with_slash(&application.target().url(None, ""));
        application.public_urls.push(PublicUrl { kind: PublicUrlKind::Direct, base });
    }
    Ok(())
}

/// A setting without which nothing can be asked.
pub(super) fn required(
    value: Option<String>,
    name: &str,
    hint: &str,
) -> Result<String, ProfileError> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ProfileError::Missing { name: name.to_owned(), hint: hint.to_owned() })
}

/// The URL with a slash at its end.
pub(super) fn with_slash(url: &str) -> String {
    if url.ends_with('/') { url.to_owned() } else { format!("{url}/") }
}

/// A scheme in front of a host that has none.
pub(super) fn with_scheme(host: &str, scheme: &str) -> String {
    if host.contains("://") { host.to_owned() } else { format!("{scheme}://{host}") }
}

/// The settings that every application has somewhere, by the names that it gives them.
pub(super) struct StoreNames<'a> {
    pub(super) bucket: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) region: &'a str,
    pub(super) path_style: &'a str,
    pub(super) access_key_id: &'a str,
    pub(super) secret_access_key: &'a str,
}

/// Takes bucket, endpoint, style and access key from the layers. Without a setting for the style, the
/// bucket is named in the host on Amazon and in the path elsewhere.
pub(super) fn take_store(
    application: &mut Application,
    inputs: &Inputs,
    names: &StoreNames<'_>,
) -> Result<(), ProfileError> {
    let layers = application.layers.clone();
    let bucket = inputs.flag("bucket").map(ToOwned::to_owned);
    let bucket = bucket.or_else(|| layers.non_empty(names.bucket));
    application.bucket = required(bucket, names.bucket, "or give --bucket")?;
    let endpoint = layers.non_empty(names.endpoint);
    if let Some(endpoint) = &endpoint {
        application.endpoint = with_scheme(endpoint, "https");
    }
    if let Some(region) = layers.non_empty(names.region) {
        application.region = region;
    }
    let style = layers.non_empty(names.path_style);
    application.addressing = match (style.as_deref(), &endpoint) {
        (Some("true" | "1"), _) | (None, Some(_)) => Addressing::Path,
        _ => sdk_addressing(&application.bucket),
    };
    let (id, secret) = (names.access_key_id, names.secret_access_key);
    take_credentials(application, (id, layers.get(id)), (secret, layers.get(secret)));
    Ok(())
}

/// Marks an application whose files only it reads itself.
pub(super) fn keep_private(application: &mut Application) {
    application.media_prefixes = vec![MediaPrefix::private("")];
}

/// Amazon's own SDKs name the bucket in the host, where its name can stand in a certificate.
pub(super) fn sdk_addressing(bucket: &str) -> Addressing {
    if bucket.contains('.') { Addressing::Path } else { Addressing::VirtualHost }
}
