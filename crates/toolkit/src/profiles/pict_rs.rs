//! pict-rs, which Lemmy keeps its pictures in: `pict-rs.toml`.

use std::path::PathBuf;

use crate::application::Application;
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};

use super::base::{StoreNames, apply_flags, blank, keep_private, take_store};

const NAMES: StoreNames<'_> = StoreNames {
    bucket: "store.bucket_name",
    endpoint: "store.endpoint",
    region: "store.region",
    path_style: "store.use_path_style",
    access_key_id: "store.access_key",
    secret_access_key: "store.secret_key",
};

/// The profile.
pub struct PictRs;

impl Profile for PictRs {
    fn name(&self) -> &'static str {
        "pict-rs"
    }

    fn title(&self) -> &'static str {
        "pict-rs"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["lemmy"]
    }

    fn configuration(&self) -> &'static str {
        "pict-rs.toml"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("pict-rs.toml"));
        let mut layers = Layers { layers: inputs.stronger.clone() };
        layers.push(Layer::read(&file, Format::Toml)?);
        if layers.get("store.type").as_deref() != Some("object_storage") {
            let why = "store.type is not object_storage: pict-rs keeps its files on the local disk";
            return Err(ProfileError::NotS3(why.to_owned()));
        }
        let mut application = blank(self, layers, Format::Toml);
        take_store(&mut application, inputs, &NAMES)?;
        // pict-rs serves the pictures itself.
        keep_private(&mut application);
        application.services = vec!["pict-rs".to_owned()];
        application.secret_settings = vec!["secret_key", NAMES.secret_access_key];
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    #[test]
    fn tables_are_read() {
        let text = "[store]\ntype = \"object_storage\"\nendpoint = \"http://h:9000\"\nbucket_name = \"p\"\n\
            region = \"r\"\naccess_key = \"AK\"\nsecret_key = \"secretsecret\"\nuse_path_style = true\n";
        let application = load(&PictRs, "pict-rs.toml", text).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "http://h:9000/p/k");
        assert_eq!(application.upload_acls[0].acl, None);
        let local = text.replace("object_storage", "filesystem");
        assert!(matches!(load(&PictRs, "pict-rs.toml", &local), Err(ProfileError::NotS3(_))));
    }
}
