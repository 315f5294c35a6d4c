//! PeerTube: `config/production.yaml`.

use std::path::PathBuf;

use crate::application::{
    AclRemedy, Application, MediaPrefix, PublicUrl, PublicUrlKind, UploadAcl,
};
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};
use crate::s3::Addressing;

use super::base::{
    apply_flags, blank, required, sdk_addressing, take_credentials, with_scheme, with_slash,
};

/// The profile.
pub struct PeerTube;

const PUBLIC: &str = "object_storage.upload_acl.public";
const PRIVATE: &str = "object_storage.upload_acl.private";
/// The one setting of versions before 5.
const OLD: &str = "object_storage.upload_acl";

impl Profile for PeerTube {
    fn name(&self) -> &'static str {
        "peertube"
    }

    fn title(&self) -> &'static str {
        "PeerTube"
    }

    fn configuration(&self) -> &'static str {
        "config/production.yaml, usually /var/www/peertube/config/production.yaml"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("config/production.yaml"));
        let mut layers = Layers { layers: inputs.stronger.clone() };
        layers.push(Layer::read(&file, Format::Yaml)?);
        let get = |name: &str| layers.non_empty(&format!("object_storage.{name}"));
        if get("enabled").as_deref() != Some("true") {
            return Err(ProfileError::NotS3(
                "object_storage.enabled is not true: PeerTube keeps its files on the local disk"
                    .into(),
            ));
        }
        let hint = "PeerTube names a bucket for each kind of file";
        let bucket = required(
            inputs
                .flag("bucket")
                .map(ToOwned::to_owned)
                .or_else(|| get("web_videos.bucket_name"))
                .or_else(|| get("videos.bucket_name"))
                .or_else(|| get("streaming_playlists.bucket_name")),
            "object_storage.web_videos.bucket_name",
            hint,
        )?;
        let base_url = get("web_videos.base_url").or_else(|| get("videos.base_url"));
        let prefix = get("web_videos.prefix").unwrap_or_default();
        let mut application = blank(self, layers.clone(), Format::Yaml);
        application.main_file = Some(file);
        if let Some(endpoint) = get("endpoint") {
            application.endpoint = with_scheme(&endpoint, "https");
        }
        if let Some(region) = get("region") {
            application.region = region;
        }
        let forced = get("force_path_style").as_deref() == Some("true");
        application.addressing = if forced { Addressing::Path } else { sdk_addressing(&bucket) };
        application.bucket = bucket;
        application.upload_acls = acls(&layers);
        application.changes_acls =
            application.upload_acls.iter().any(|upload| upload.acl.is_some());
        application.acl_remedy = AclRemedy::Setting { name: setting(&layers).into(), value: None };
        if setting(&layers) == PUBLIC {
            application.acl_settings = vec![PRIVATE.to_owned()];
        }
        application.media_prefixes = vec![MediaPrefix::public(prefix.clone())];
        application.probe_directories = vec![prefix];
        if let Some(url) = base_url {
            application.public_urls =
                vec![PublicUrl { kind: PublicUrlKind::Alias, base: with_slash(&url) }];
        }
        application.services = vec!["peertube".to_owned()];
        application.secret_settings =
            vec!["secret_access_key", "object_storage.credentials.secret_access_key"];
        let id = "object_storage.credentials.access_key_id";
        let secret = "object_storage.credentials.secret_access_key";
        take_credentials(&mut application, (id, layers.get(id)), (secret, layers.get(secret)));
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

fn setting(layers: &Layers) -> &'static str {
    if layers.find(OLD).is_some() { OLD } else { PUBLIC }
}

/// `null` sends no header; an absent line means the default of the version's own default file.
fn acls(layers: &Layers) -> Vec<UploadAcl> {
    if let Some(found) = layers.find(OLD) {
        return vec![UploadAcl::new(found.value.as_deref(), "videos")];
    }
    let one = |name: &str, default: &str, purpose: &str| {
        let acl = layers.find(name).map_or(Some(default.to_owned()), |found| found.value);
        UploadAcl::new(acl.as_deref(), purpose)
    };
    vec![one(PUBLIC, "public-read", "public videos"), one(PRIVATE, "private", "private videos")]
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    const TEXT: &str = "object_storage:\n  enabled: true\n  endpoint: 's3.example'\n  region: 'r'\n  \
        credentials:\n    access_key_id: 'AKIA'\n    secret_access_key: 'secretsecret'\n  \
        web_videos:\n    bucket_name: 'videos'\n    prefix: 'v/'\n    base_url: 'https://cdn'\n";

    #[test]
    fn settings_are_read() {
        let application = load(&PeerTube, "production.yaml", TEXT).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "https://videos.s3.example/k");
        let acls: Vec<_> = application.upload_acls.iter().map(|one| one.acl.as_deref()).collect();
        assert_eq!(acls, [Some("public-read"), Some("private")]);
        assert_eq!(application.public_urls[0].base, "https://cdn/");
        let off = TEXT
            .replace("  region", "  upload_acl:\n    public: null\n    private: null\n  region");
        let application = load(&PeerTube, "production.yaml", &off).unwrap();
        assert!(application.upload_acls.iter().all(|one| one.acl.is_none()));
        assert!(!application.changes_acls);
        let old = TEXT.replace("  region", "  upload_acl: 'public'\n  region");
        let application = load(&PeerTube, "production.yaml", &old).unwrap();
        assert_eq!(application.upload_acls.len(), 1);
        let disabled = TEXT.replace("enabled: true", "enabled: false");
        assert!(matches!(
            load(&PeerTube, "production.yaml", &disabled),
            Err(ProfileError::NotS3(_))
        ));
    }
}
