//! Any application: everything comes from the command line.

use crate::application::{AclRemedy, Application, MediaPrefix, UploadAcl};
use crate::config::{Format, Layers};
use crate::profile::{Inputs, Profile, ProfileError};

use super::base::{apply_flags, blank, required, sdk_addressing};

/// The profile.
pub struct Generic;

impl Profile for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn title(&self) -> &'static str {
        "an application"
    }

    fn configuration(&self) -> &'static str {
        "--bucket, --endpoint, --region, --access-key-id, --acl, --prefix, --public-url"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let layers = Layers { layers: inputs.stronger.clone() };
        let mut application = blank(self, layers, Format::Dotenv);
        let bucket = inputs.flag("bucket").map(ToOwned::to_owned);
        application.bucket = required(bucket, "bucket", "give --bucket")?;
        if inputs.flag("endpoint").is_none() {
            application.addressing = sdk_addressing(&application.bucket);
        }
        if let Some(acls) = inputs.flag("acl") {
            let acls = acls.split(',').map(str::trim);
            application.upload_acls =
                acls.map(|acl| UploadAcl::new(Some(acl), "uploads")).collect();
            application.acl_remedy = AclRemedy::Instructions(
                "find the application's setting for the canned ACL of its uploads and switch it off"
                    .to_owned(),
            );
        }
        if let Some(prefixes) = inputs.flag("prefix") {
            application.media_prefixes = prefixes.split(',').map(MediaPrefix::public).collect();
            application.probe_directories = prefixes.split(',').map(ToOwned::to_owned).collect();
        }
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_enough() {
        let mut inputs = Inputs::default();
        assert!(matches!(Generic.load(&inputs), Err(ProfileError::Missing { .. })));
        for (name, value) in [("bucket", "media"), ("acl", "public-read,private")] {
            inputs.flags.insert(name.into(), value.into());
        }
        let application = Generic.load(&inputs).unwrap();
        assert_eq!(
            application.target().url(Some("k"), ""),
            "https://media.s3.us-east-1.amazonaws.com/k"
        );
        assert_eq!(application.upload_acls.len(), 2);
        assert_eq!(application.public_urls.len(), 1);
    }
}
