//! Discourse: `app.yml` of its container, or `discourse.conf`.

use std::path::PathBuf;

use crate::application::{AclRemedy, Application, PublicUrl, PublicUrlKind, UploadAcl};
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};

use super::base::{StoreNames, apply_flags, blank, take_store, with_scheme, with_slash};

/// The profile.
pub struct Discourse;

impl Profile for Discourse {
    fn name(&self) -> &'static str {
        "discourse"
    }

    fn title(&self) -> &'static str {
        "Discourse"
    }

    fn configuration(&self) -> &'static str {
        "containers/app.yml, usually /var/discourse/containers/app.yml, or config/discourse.conf"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("containers/app.yml"));
        let is_yaml = file.extension().is_some_and(|kind| kind == "yml" || kind == "yaml");
        let format = if is_yaml { Format::Yaml } else { Format::Dotenv };
        let mut layers = Layers { layers: inputs.stronger.clone() };
        layers.push(Layer::read(&file, format)?);
        let name = |setting: &str| {
            if is_yaml {
                format!("env.DISCOURSE_{}", setting.to_uppercase())
            } else {
                setting.to_owned()
            }
        };
        let bucket = layers
            .non_empty(&name("s3_bucket"))
            .or_else(|| layers.non_empty(&name("s3_upload_bucket")));
        if bucket.is_none() && inputs.flag("bucket").is_none() {
            let why = "no s3_bucket is set there; Discourse keeps uploads on the local disk, or has its \
                settings in the database (then give --bucket and the others)";
            return Err(ProfileError::NotS3(why.to_owned()));
        }
        let setting = if layers.find(&name("s3_bucket")).is_some() {
            "s3_bucket"
        } else {
            "s3_upload_bucket"
        };
        let cdn = layers.non_empty(&name("s3_cdn_url"));
        let sends_acls = layers.get(&name("s3_use_acls")).as_deref() != Some("false");
        let mut application = blank(self, layers, format);
        let names = StoreNames {
            bucket: &name(setting),
            endpoint: &name("s3_endpoint"),
            region: &name("s3_region"),
            path_style: &name("s3_force_path_style"),
            access_key_id: &name("s3_access_key_id"),
            secret_access_key: &name("s3_secret_access_key"),
        };
        take_store(&mut application, inputs, &names)?;
        // `bucket/path` is a bucket and a prefix.
        if let Some((bucket, path)) = application.bucket.clone().split_once('/') {
            bucket.clone_into(&mut application.bucket);
            application.probe_directories = vec![format!("{path}/")];
        }
        if sends_acls {
            application.upload_acls = vec![
                UploadAcl::new(Some("public-read"), "uploads"),
                UploadAcl::new(Some("private"), "secure uploads and backups"),
            ];
            application.changes_acls = true;
            let text = "switch `s3_use_acls` off (Admin, Settings, Files; or DISCOURSE_S3_USE_ACLS: false)";
            application.acl_remedy = AclRemedy::Instructions(text.to_owned());
        }
        if let Some(cdn) = cdn {
            let base = with_slash(&with_scheme(cdn.trim_start_matches("//"), "https"));
            application.public_urls = vec![PublicUrl { kind: PublicUrlKind::Alias, base }];
        }
        application.secret_settings =
            vec!["s3_secret_access_key", "DISCOURSE_S3_SECRET_ACCESS_KEY"];
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    #[test]
    fn containers_and_files_are_read() {
        let text = "env:\n  DISCOURSE_S3_BUCKET: up/site\n  DISCOURSE_S3_ENDPOINT: http://h:1\n  \
            DISCOURSE_S3_ACCESS_KEY_ID: AK\n  DISCOURSE_S3_SECRET_ACCESS_KEY: secretsecret\n  \
            DISCOURSE_S3_CDN_URL: //cdn\n";
        let application = load(&Discourse, "app.yml", text).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "http://h:1/up/k");
        assert_eq!(application.probe_directories, ["site/"]);
        assert_eq!(application.public_urls[0].base, "https://cdn/");
        assert_eq!(application.upload_acls.len(), 2);
        let text = "s3_bucket = up\ns3_use_acls = false\n";
        let application = load(&Discourse, "discourse.conf", text).unwrap();
        assert_eq!(application.upload_acls[0].acl, None);
        assert!(matches!(
            load(&Discourse, "app.yml", "env:\n  A: b\n"),
            Err(ProfileError::NotS3(_))
        ));
    }
}
