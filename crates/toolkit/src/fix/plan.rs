//! What has to change in an application's file.

use std::path::PathBuf;

use crate::application::{AclRemedy, Application, Severity};
use crate::config::{Format, Origin};

/// What a setting should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This value; none for "no value" (`null`).
    Value(Option<String>),
    /// No line at all.
    Absent,
}

/// A setting to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What it should be.
    pub wanted: Wanted,
    /// Why.
    pub why: String,
}

/// Everything that has to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the file.
    pub changes: Vec<Change>,
    /// What only somebody else can do.
    pub by_hand: Vec<String>,
}

/// What is wanted besides what the mode itself needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras {
    /// The two lines about checksums.
    pub checksums: bool,
    /// `S3_RETRY_LIMIT`.
    pub retry_limit: Option<u8>,
    /// `S3_ENABLED=true`.
    pub enable_s3: bool,
}

/// Settings whose right value C-01 proposes as a whole line.
const WRITABLE: [&str; 3] = ["S3_MULTIPART_THRESHOLD", "S3_ALIAS_HOST", "S3_CLOUDFRONT_HOST"];

impl Plan {
    /// What it takes so that uploads carry no ACL, and the other known traps are gone.
    pub fn without_acl(application: &Application, extras: Extras) -> Self {
        let mut plan = Self::default();
        match &application.acl_remedy {
            AclRemedy::Setting { name, value } => {
                plan.set(name, value.clone(), "uploads carry no x-amz-acl then");
                plan.also(application);
            }
            AclRemedy::Instructions(text) | AclRemedy::Impossible(text) => {
                plan.by_hand.push(text.clone());
            }
            AclRemedy::NotNeeded => {}
        }
        if application.profile == "mastodon" {
            plan.mastodon(application, extras);
        }
        plan
    }

    /// What it takes so that uploads are public by their ACL.
    pub fn with_acl(application: &Application) -> Self {
        let mut plan = Self::default();
        if application.profile == "mastodon" {
            plan.set(
                "S3_PERMISSION",
                Some("public-read".to_owned()),
                "uploads are public by their ACL",
            );
        } else {
            plan.by_hand
                .push("set the application's ACL for public files to public-read".to_owned());
        }
        plan
    }

    fn set(&mut self, name: &str, value: Option<String>, why: &str) {
        self.changes.push(Change {
            name: name.to_owned(),
            wanted: Wanted::Value(value),
            why: why.to_owned(),
        });
    }

    /// Settings that must be like the first one, as PeerTube's two.
    fn also(&mut self, application: &Application) {
        for name in &application.acl_settings {
            if !self.changes.iter().any(|change| change.name == *name) {
                let value = self.changes.first().map(|change| change.wanted.clone());
                let Some(Wanted::Value(value)) = value else { continue };
                self.set(name, value, "uploads carry no x-amz-acl then");
            }
        }
    }

    fn mastodon(&mut self, application: &Application, extras: Extras) {
        for unread in ["S3_ACL", "S3_NO_INHERIT"] {
            if application.layers.find(unread).is_some() {
                self.changes.push(Change {
                    name: unread.to_owned(),
                    wanted: Wanted::Absent,
                    why: "no version of Mastodon reads it".to_owned(),
                });
            }
        }
        for remark in &application.remarks {
            let line = remark.proposed.as_deref().and_then(|line| line.split_once('='));
            if let Some((name, value)) = line
                && remark.severity == Severity::Failing
                && WRITABLE.contains(&name)
            {
                self.set(name, Some(value.to_owned()), &remark.meaning);
            }
        }
        if extras.enable_s3 {
            self.set("S3_ENABLED", Some("true".to_owned()), "only exactly `true` counts");
        }
        if extras.checksums {
            for name in ["AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"] {
                let why = "the store does not take what current SDKs send by themselves";
                self.set(name, Some("when_required".to_owned()), why);
            }
        }
        if let Some(limit) = extras.retry_limit {
            let why = "one transient error is no failed upload then";
            self.set("S3_RETRY_LIMIT", Some(limit.to_string()), why);
        }
    }

    /// The file's text with the changes made.
    pub fn apply(&self, text: &str, format: Format) -> Result<String, String> {
        if self.changes.is_empty() {
            return Ok(text.to_owned());
        }
        match format {
            Format::Yaml => super::yaml::edit(text, &self.changes),
            _ if format.is_environment() => super::environment::edit(text, format, &self.changes),
            _ => Err("files of this kind are changed by hand".to_owned()),
        }
    }

    /// Which of the changes another source would still override once they stand in `file`.
    pub fn overridden(&self, application: &Application, file: &PathBuf) -> Vec<(String, Origin)> {
        let mut found = Vec::new();
        for change in &self.changes {
            for layer in &application.layers.layers {
                if layer.path.as_ref() == Some(file) {
                    break;
                }
                let Some(entry) = layer.all(&change.name).last() else { continue };
                let is_right = match &change.wanted {
                    Wanted::Value(value) => entry.value == *value,
                    Wanted::Absent => false,
                };
                if !is_right {
                    found.push((change.name.clone(), layer.origin(entry)));
                }
            }
        }
        found
    }
}
