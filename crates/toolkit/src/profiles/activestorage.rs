//! Rails ActiveStorage (Chatwoot, Forem and many others): `config/storage.yml`.

use std::path::PathBuf;

use crate::application::{AclRemedy, Application, UploadAcl};
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};

use super::base::{StoreNames, apply_flags, blank, keep_private, take_store};

/// The profile.
pub struct ActiveStorage;

impl Profile for ActiveStorage {
    fn name(&self) -> &'static str {
        "activestorage"
    }

    fn title(&self) -> &'static str {
        "a Rails application"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["rails"]
    }

    fn configuration(&self) -> &'static str {
        "config/storage.yml; the first service that is S3"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("config/storage.yml"));
        let mut layers = Layers { layers: inputs.stronger.clone() };
        layers.push(Layer::read(&file, Format::Yaml)?);
        let services = layers.layers.iter().flat_map(|layer| &layer.entries);
        let service = services
            .filter(|entry| entry.value.as_deref() == Some("S3"))
            .find_map(|entry| entry.name.strip_suffix(".service").map(ToOwned::to_owned));
        let Some(service) = service else {
            let why = "no service of config/storage.yml is S3";
            return Err(ProfileError::NotS3(why.to_owned()));
        };
        let name = |setting: &str| format!("{service}.{setting}");
        let is_computed =
            |setting: &str| layers.get(&name(setting)).is_some_and(|value| value.contains("<%"));
        for (setting, flag) in [
            ("bucket", "bucket"),
            ("endpoint", "endpoint"),
            ("region", "region"),
            ("secret_access_key", "access-key-id"),
        ] {
            if is_computed(setting) && inputs.flag(flag).is_none() {
                return Err(ProfileError::Missing {
                    name: name(setting),
                    hint: format!("the file computes it (ERB); give --{flag}"),
                });
            }
        }
        let is_public = layers.get(&name("public")).as_deref() == Some("true");
        let own = layers.get(&name("upload.acl"));
        let mut application = blank(self, layers, Format::Yaml);
        let names = StoreNames {
            bucket: &name("bucket"),
            endpoint: &name("endpoint"),
            region: &name("region"),
            path_style: &name("force_path_style"),
            access_key_id: &name("access_key_id"),
            secret_access_key: &name("secret_access_key"),
        };
        take_store(&mut application, inputs, &names)?;
        // `public: true` sends public-read whatever `upload:` says.
        let acl = if is_public { Some("public-read".to_owned()) } else { own };
        application.upload_acls = vec![UploadAcl::new(acl.as_deref(), "attachments")];
        if acl.is_some() {
            let text = "set `public: false` and take `acl` out of `upload:`, and serve attachments by \
                redirects or the proxy of ActiveStorage";
            application.acl_remedy = AclRemedy::Instructions(text.to_owned());
        }
        if !is_public {
            keep_private(&mut application);
        }
        application.secret_settings = vec!["secret_access_key"];
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    const TEXT: &str = "local:\n  service: Disk\namazon:\n  service: S3\n  bucket: b\n  endpoint: http://h:1\n  \
        force_path_style: true\n  access_key_id: AK\n  secret_access_key: secretsecret\n";

    #[test]
    fn services_are_read() {
        let application = load(&ActiveStorage, "storage.yml", TEXT).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "http://h:1/b/k");
        assert_eq!(application.upload_acls[0].acl, None);
        let public = format!("{TEXT}  public: true\n  upload:\n    acl: private\n");
        let application = load(&ActiveStorage, "storage.yml", &public).unwrap();
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("public-read"));
        let computed = TEXT.replace("bucket: b", "bucket: <%= ENV['B'] %>");
        let error = load(&ActiveStorage, "storage.yml", &computed).unwrap_err();
        assert!(matches!(error, ProfileError::Missing { .. }));
    }
}
