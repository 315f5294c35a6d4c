//! Nextcloud with S3 as primary storage: `config.php`.

use std::path::PathBuf;

use crate::application::{AclRemedy, Application, UploadAcl};
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};

use super::base::{StoreNames, apply_flags, blank, keep_private, take_store};

const NAMES: StoreNames<'_> = StoreNames {
    bucket: "objectstore.arguments.bucket",
    endpoint: "objectstore.arguments.hostname",
    region: "objectstore.arguments.region",
    path_style: "objectstore.arguments.use_path_style",
    access_key_id: "objectstore.arguments.key",
    secret_access_key: "objectstore.arguments.secret",
};
/// `putSizeLimit` without a line of its own.
const PUT_SIZE_LIMIT_BYTES: u64 = 104_857_600;

/// The profile.
pub struct Nextcloud;

impl Profile for Nextcloud {
    fn name(&self) -> &'static str {
        "nextcloud"
    }

    fn title(&self) -> &'static str {
        "Nextcloud"
    }

    fn configuration(&self) -> &'static str {
        "config/config.php, usually /var/www/nextcloud/config/config.php"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("config/config.php"));
        let mut layers = Layers { layers: inputs.stronger.clone() };
        layers.push(Layer::read(&file, Format::Php)?);
        let class = layers.get("objectstore.class").unwrap_or_default();
        if !class.ends_with("S3") && !class.ends_with("S3::class") {
            let why = "`objectstore` is not S3: Nextcloud keeps its files elsewhere";
            return Err(ProfileError::NotS3(why.to_owned()));
        }
        let get = |name: &str| layers.non_empty(&format!("objectstore.arguments.{name}"));
        let (port, ssl, class) = (get("port"), get("use_ssl"), get("storageClass"));
        let limit = get("putSizeLimit").and_then(|limit| limit.parse().ok());
        let mut application = blank(self, layers, Format::Php);
        take_store(&mut application, inputs, &NAMES)?;
        if ssl.as_deref() == Some("false") {
            application.endpoint = application.endpoint.replacen("https://", "http://", 1);
        }
        if let (Some(port), false) = (port, application.endpoint.is_empty()) {
            application.endpoint = format!("{}:{port}", application.endpoint);
        }
        keep_private(&mut application);
        application.storage_class = class;
        application.multipart_threshold_bytes = limit.unwrap_or(PUT_SIZE_LIMIT_BYTES);
        application.upload_acls = vec![
            UploadAcl::new(Some("private"), "files below putSizeLimit, and copies"),
            UploadAcl::new(None, "files in parts"),
        ];
        application.acl_remedy = AclRemedy::Impossible(
            "Nextcloud sends `private` with every single upload and copy, and none with uploads in parts: \
             where the store refuses it, small files fail and large ones work; let the bucket take ACLs \
             (BucketOwnerPreferred)"
                .to_owned(),
        );
        application.secret_settings = vec!["secret", "objectstore.arguments.secret"];
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    #[test]
    fn arrays_are_read() {
        let text = "<?php\n$CONFIG = array (\n 'objectstore' => array('class' => \
            '\\\\OC\\\\Files\\\\ObjectStore\\\\S3', 'arguments' => array('bucket' => 'nc', 'hostname' => 'h', \
            'port' => 9000, 'use_ssl' => false, 'use_path_style' => true, 'key' => 'AK', 'secret' => \
            'secretsecret')));";
        let application = load(&Nextcloud, "config.php", text).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "http://h:9000/nc/k");
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("private"));
        assert_eq!(application.public_prefixes().count(), 0);
        assert!(application.credentials.is_some());
        let local = text.replace("S3'", "Swift'");
        assert!(matches!(load(&Nextcloud, "config.php", &local), Err(ProfileError::NotS3(_))));
    }
}
