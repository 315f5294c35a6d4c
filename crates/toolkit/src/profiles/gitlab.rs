//! GitLab: `gitlab.rb` with the consolidated object store.

use std::path::PathBuf;

use crate::application::Application;
use crate::config::{Format, Layer, Layers};
use crate::profile::{Inputs, Profile, ProfileError};

use super::base::{StoreNames, apply_flags, blank, keep_private, take_store};

const NAMES: StoreNames<'_> = StoreNames {
    bucket: "gitlab_rails.object_store.objects.uploads.bucket",
    endpoint: "gitlab_rails.object_store.connection.endpoint",
    region: "gitlab_rails.object_store.connection.region",
    path_style: "gitlab_rails.object_store.connection.path_style",
    access_key_id: "gitlab_rails.object_store.connection.aws_access_key_id",
    secret_access_key: "gitlab_rails.object_store.connection.aws_secret_access_key",
};

/// The profile.
pub struct GitLab;

impl Profile for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab"
    }

    fn configuration(&self) -> &'static str {
        "/etc/gitlab/gitlab.rb"
    }

    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError> {
        let file = inputs.file.clone().unwrap_or_else(|| PathBuf::from("/etc/gitlab/gitlab.rb"));
        let mut layers = Layers { layers: inputs.stronger.clone() };
        layers.push(Layer::read(&file, Format::Ruby)?);
        let provider = layers.get("gitlab_rails.object_store.connection.provider");
        let is_on = layers.get("gitlab_rails.object_store.enabled").as_deref() == Some("true");
        if !is_on || provider.as_deref() != Some("AWS") {
            let why = "the consolidated object store is not enabled, or its provider is not AWS";
            return Err(ProfileError::NotS3(why.to_owned()));
        }
        let mut application = blank(self, layers, Format::Ruby);
        take_store(&mut application, inputs, &NAMES)?;
        keep_private(&mut application);
        application.secret_settings = vec!["aws_secret_access_key", NAMES.secret_access_key];
        apply_flags(&mut application, inputs)?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::load;
    use super::*;

    #[test]
    fn assignments_are_read() {
        let text = "gitlab_rails['object_store']['enabled'] = true\n\
            gitlab_rails['object_store']['connection'] = { 'provider' => 'AWS', 'region' => 'eu', \
            'aws_access_key_id' => 'AK', 'aws_secret_access_key' => 'secretsecret' }\n\
            gitlab_rails['object_store']['objects']['uploads']['bucket'] = 'up'\n";
        let application = load(&GitLab, "gitlab.rb", text).unwrap();
        assert_eq!(application.target().url(Some("k"), ""), "https://up.s3.eu.amazonaws.com/k");
        assert_eq!(application.upload_acls[0].acl, None);
        let other = text.replace("AWS'", "Google'");
        assert!(matches!(load(&GitLab, "gitlab.rb", &other), Err(ProfileError::NotS3(_))));
    }
}
