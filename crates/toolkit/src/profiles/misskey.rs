//! Misskey, Sharkey and CherryPick: settings in the database, given as the row in JSON.

use std::path::PathBuf;

use crate::application::{
    AclRemedy, Application, MediaPrefix, PublicUrl, PublicUrlKind, UploadAcl,
};
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};

use super::base::{StoreNames, apply_flags, blank, take_store, with_slash};

const NAMES: StoreNames<'_> = StoreNames {
    bucket: "objectStorageBucket",
    endpoint: "objectStorageEndpoint",
    region: "objectStorageRegion",
    path_style: "objectStorageS3ForcePathStyle",
    access_key_id: "objectStorageAccessKey",
    secret_access_key: "objectStorageSecretKey",
};

/// The profile.
pub struct Misskey;

impl Profile for Misskey {
    fn name(&self) -> &'static str {
        "misskey"
    }

    fn title(&self) -> &'static str {
        "Misskey"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["sharkey", "cherrypick", "firefish"]
    }

    fn configuration(&self) -> &'static str {
        "the row of the table meta as JSON: psql -Atc 'SELECT row_to_json(meta) FROM meta' > meta.json"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("meta.json"));
        let mut layers = Layers { layers: inputs.stronger.clone() };
        // JSON is YAML.
        layers.push(Layer::read(&file, Format::Yaml)?);
        if layers.get("useObjectStorage").as_deref() != Some("true") {
            let why = "useObjectStorage is not true: Misskey keeps its files on the local disk";
            return Err(ProfileError::NotS3(why.to_owned()));
        }
        let is_on = |name: &str| layers.get(name).as_deref() == Some("true");
        let (is_public, is_plain) = (
            is_on("objectStorageSetPublicRead"),
            layers.get("objectStorageUseSSL").as_deref() == Some("false"),
        );
        let prefix = layers.non_empty("objectStoragePrefix").map_or(String::new(), |p| p + "/");
        let base = layers.non_empty("objectStorageBaseUrl");
        let port = layers.non_empty("objectStoragePort");
        let mut application = blank(self, layers, Format::Yaml);
        take_store(&mut application, inputs, &NAMES)?;
        if is_plain {
            application.endpoint = application.endpoint.replacen("https://", "http://", 1);
        }
        if let Some(port) = port {
            application.endpoint = format!("{}:{port}", application.endpoint);
        }
        // What the database says is changed in the administration, not in this file.
        application.main_file = None;
        let acl = is_public.then_some("public-read");
        application.upload_acls = vec![UploadAcl::new(acl, "files of the drive")];
        let text = "switch `objectStorageSetPublicRead` off (Control panel, Object storage). Until then \
            each failed upload leaves a file in the drive that does not exist: the error is only logged";
        if is_public {
            application.acl_remedy = AclRemedy::Instructions(text.to_owned());
        }
        application.media_prefixes = vec![MediaPrefix::public(prefix.clone())];
        application.probe_directories = vec![prefix];
        if let Some(base) = base {
            application.public_urls =
                vec![PublicUrl { kind: PublicUrlKind::Alias, base: with_slash(&base) }];
        }
        application
            .upload_headers
            .push(("cache-control".into(), "max-age=31536000, immutable".into()));
        application.services = vec!["misskey".to_owned()];
        application.secret_settings = vec!["objectStorageSecretKey"];
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    #[test]
    fn rows_are_read() {
        let text = r#"{"useObjectStorage": true, "objectStorageBucket": "drive", "objectStoragePrefix": "files",
            "objectStorageEndpoint": "h", "objectStorageUseSSL": false, "objectStoragePort": 9000,
            "objectStorageSetPublicRead": true, "objectStorageS3ForcePathStyle": true}"#;
        let application = load(&Misskey, "meta.json", text).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "http://h:9000/drive/k");
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("public-read"));
        let quiet = text.replace("PublicRead\": true", "PublicRead\": false");
        assert_eq!(load(&Misskey, "meta.json", &quiet).unwrap().upload_acls[0].acl, None);
        let local = text.replace("useObjectStorage\": true", "useObjectStorage\": false");
        assert!(matches!(load(&Misskey, "m.json", &local), Err(ProfileError::NotS3(_))));
    }
}
