//! Pleroma and Akkoma: `prod.secret.exs`.

use std::path::PathBuf;

use crate::application::{AclRemedy, Application, PublicUrl, PublicUrlKind, UploadAcl};
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};
use crate::s3::Addressing;

use super::base::{StoreNames, apply_flags, blank, take_store, with_slash};

const NAMES: StoreNames<'_> = StoreNames {
    bucket: "pleroma.Pleroma.Uploaders.S3.bucket",
    endpoint: "ex_aws.s3.host",
    region: "ex_aws.s3.region",
    path_style: "ex_aws.s3.virtual_host",
    access_key_id: "ex_aws.s3.access_key_id",
    secret_access_key: "ex_aws.s3.secret_access_key",
};

/// The profile.
pub struct Pleroma;

impl Profile for Pleroma {
    fn name(&self) -> &'static str {
        "pleroma"
    }

    fn title(&self) -> &'static str {
        "Pleroma"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["akkoma"]
    }

    fn configuration(&self) -> &'static str {
        "config/prod.secret.exs, or /etc/pleroma/config.exs"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("config/prod.secret.exs"));
        let mut layers = Layers { layers: inputs.stronger.clone() };
        layers.push(Layer::read(&file, Format::Elixir)?);
        let uploader = layers.get("pleroma.Pleroma.Upload.uploader").unwrap_or_default();
        if !uploader.ends_with("Uploaders.S3") {
            let why = "the uploader is not Pleroma.Uploaders.S3: Pleroma keeps its files elsewhere";
            return Err(ProfileError::NotS3(why.to_owned()));
        }
        let base = layers.non_empty("pleroma.Pleroma.Upload.base_url");
        let scheme = layers.non_empty("ex_aws.s3.scheme");
        let port = layers.non_empty("ex_aws.s3.port");
        let is_virtual = layers.get("ex_aws.s3.virtual_host").as_deref() == Some("true");
        let mut application = blank(self, layers, Format::Elixir);
        take_store(&mut application, inputs, &NAMES)?;
        application.addressing =
            if is_virtual { Addressing::VirtualHost } else { Addressing::Path };
        if scheme.is_some_and(|scheme| scheme.starts_with("http:")) {
            application.endpoint = application.endpoint.replacen("https://", "http://", 1);
        }
        if let (Some(port), false) = (port, application.endpoint.is_empty()) {
            application.endpoint = format!("{}:{port}", application.endpoint);
        }
        application.upload_acls = vec![UploadAcl::new(Some("public-read"), "uploads")];
        application.acl_remedy = AclRemedy::Impossible(
            "Pleroma always sends `public-read`: let the bucket take ACLs (BucketOwnerPreferred, and \
             BlockPublicAcls off)"
                .to_owned(),
        );
        if let Some(base) = base {
            application.public_urls =
                vec![PublicUrl { kind: PublicUrlKind::Alias, base: with_slash(&base) }];
        }
        application.services = vec!["pleroma".to_owned()];
        application.secret_settings = vec!["secret_access_key", NAMES.secret_access_key];
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    #[test]
    fn statements_are_read() {
        let text = "import Config\nconfig :pleroma, Pleroma.Upload, uploader: Pleroma.Uploaders.S3, \
            base_url: \"https://m\"\nconfig :pleroma, Pleroma.Uploaders.S3, bucket: \"p\"\n\
            config :ex_aws, :s3, access_key_id: \"AK\", secret_access_key: \"secretsecret\", \
            scheme: \"http://\", host: \"h\", port: 9000\n";
        let application = load(&Pleroma, "prod.secret.exs", text).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "http://h:9000/p/k");
        assert_eq!(application.public_urls[0].base, "https://m/");
        assert_eq!(application.upload_acls[0].acl.as_deref(), Some("public-read"));
        let local =
            text.replace("uploader: Pleroma.Uploaders.S3", "uploader: Pleroma.Uploaders.Local");
        assert!(matches!(load(&Pleroma, "x.exs", &local), Err(ProfileError::NotS3(_))));
    }
}
