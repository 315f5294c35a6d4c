//! Endpoint, region and credentials as the AWS tools take them: from the environment and from the files
//! `config` and `credentials`.
//!
//! AWS: "Configuration and credential file settings in the AWS CLI", "Service-specific endpoints".

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{ReadError, read_text};
use crate::s3::{Addressing, Credentials, shown_key_id};

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct AwsSettings {
    /// The endpoint of S3; that of Amazon without.
    pub endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Who asks.
    pub credentials: Option<Credentials>,
    /// How buckets are named.
    pub addressing: Option<Addressing>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum AwsSettingsError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is no such profile.
    #[error("there is no profile `{0}` in the files config and credentials")]
    NoProfile(String),
    /// The profile gets its credentials by other means.
    #[error(
        "the profile `{profile}` gets its credentials by `{setting}`, which is not followed here; \
         `aws configure export-credentials --profile {profile} --format env` prints some that can be put \
         into the environment"
    )]
    Elsewhere {
        /// The profile.
        profile: String,
        /// The setting.
        setting: &'static str,
    },
    /// There is an id of a key without a secret that can be one.
    #[error("the access key {0} has no secret, or one that cannot be")]
    NoSecret(String),
}

/// Settings that lead to credentials elsewhere.
const ELSEWHERE: [&str; 5] =
    ["role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file"];

/// Sections with their settings; nested ones with a dot between the names.
type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Finds them out. A profile that is named goes before keys in the environment, as in the AWS CLI.
pub fn read(
    environment: &dyn Fn(&str) -> Option<String>,
    profile: Option<&str>,
) -> Result<AwsSettings, AwsSettingsError> {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    let found = Profile::read(&variable, profile)?;
    let is_ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").as_deref() == Some("true");
    let endpoint = variable("AWS_ENDPOINT_URL_S3")
        .or_else(|| variable("AWS_ENDPOINT_URL"))
        .or_else(|| found.endpoint())
        .filter(|_| !is_ignored);
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let addressing = match found.setting("s3.addressing_style").as_deref() {
        Some("path") => Some(Addressing::Path),
        Some("virtual") => Some(Addressing::VirtualHost),
        _ => None,
    };
    let of_environment = variable("AWS_ACCESS_KEY_ID").filter(|_| profile.is_none());
    let credentials = match of_environment {
        Some(id) => {
            let secret = variable("AWS_SECRET_ACCESS_KEY");
            Some(credentials(&id, secret, variable("AWS_SESSION_TOKEN"))?)
        }
        None => found.credentials()?,
    };
    let region = region.or_else(|| found.setting("region"));
    Ok(AwsSettings { endpoint, region, credentials, addressing })
}

fn credentials(
    id: &str,
    secret: Option<String>,
    token: Option<String>,
) -> Result<Credentials, AwsSettingsError> {
    let parsed = Credentials::parse(id, &secret.unwrap_or_default(), token);
    parsed.ok_or_else(|| AwsSettingsError::NoSecret(shown_key_id(id)))
}

/// A profile of the files.
struct Profile {
    name: String,
    config: Sections,
    credentials: Sections,
}

impl Profile {
    fn read(
        variable: &dyn Fn(&str) -> Option<String>,
        profile: Option<&str>,
    ) -> Result<Self, AwsSettingsError> {
        let file = |variable_name: &str, name: &str| -> Result<Sections, AwsSettingsError> {
            let named = variable(variable_name).map(PathBuf::from);
            let usual = variable("HOME").map(|home| PathBuf::from(home).join(".aws").join(name));
            match named.or(usual).filter(|path| path.exists()) {
                Some(path) => Ok(sections(&read_text(&path)?)),
                None => Ok(Sections::new()),
            }
        };
        let named = profile.map(ToOwned::to_owned).or_else(|| variable("AWS_PROFILE"));
        let found = Self {
            name: named.clone().unwrap_or_else(|| "default".to_owned()),
            config: file("AWS_CONFIG_FILE", "config")?,
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
        };
        if named.is_some() && found.sections().iter().all(Option::is_none) {
            return Err(AwsSettingsError::NoProfile(found.name));
        }
        Ok(found)
    }

    /// The section of each file, the stronger one first.
    fn sections(&self) -> [Option<&BTreeMap<String, String>>; 2] {
        let of_config = match self.config.get(&format!("profile {}", self.name)) {
            None if self.name == "default" => self.config.get("default"),
            found => found,
        };
        [self.credentials.get(&self.name), of_config]
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.sections().into_iter().flatten().find_map(|section| section.get(name)).cloned()
    }

    fn endpoint(&self) -> Option<String> {
        let service = self.setting("services").and_then(|services| {
            self.config.get(&format!("services {services}"))?.get("s3.endpoint_url").cloned()
        });
        service.or_else(|| self.setting("endpoint_url"))
    }

    fn credentials(&self) -> Result<Option<Credentials>, AwsSettingsError> {
        if let Some(id) = self.setting("aws_access_key_id") {
            let secret = self.setting("aws_secret_access_key");
            return credentials(&id, secret, self.setting("aws_session_token")).map(Some);
        }
        match ELSEWHERE.into_iter().find(|name| self.setting(name).is_some()) {
            Some(setting) => {
                Err(AwsSettingsError::Elsewhere { profile: self.name.clone(), setting })
            }
            None => Ok(None),
        }
    }
}

/// Reads a file. What is no section and no setting is skipped, as the AWS tools skip it.
fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut section = String::new();
    let mut outer = String::new();
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = bare.strip_prefix('[') {
            let name = name.split(']').next().unwrap_or_default();
            section = name.split_whitespace().collect::<Vec<_>>().join(" ");
            sections.entry(section.clone()).or_default();
            continue;
        }
        let Some((name, value)) = bare.split_once('=') else { continue };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_nested = line.starts_with([' ', '\t']) && !outer.is_empty();
        let full = if is_nested { format!("{outer}.{name}") } else { name.clone() };
        if !is_nested {
            outer = if value.is_empty() { name } else { String::new() };
        }
        sections.entry(section.clone()).or_default().insert(full, value.to_owned());
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = eu-west-1\n# no\n[profile  work]\nregion=eu-central-1\n\
        services = own\ns3 =\n  addressing_style = path\n  other = 1\n[services own]\ns3 = \n\
        \x20 endpoint_url = https://s3.example\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\n";
    const CREDENTIALS: &str = "[default]\naws_access_key_id = AKIADEFAULT\n\
        aws_secret_access_key = default-secret\n[work]\naws_access_key_id=AKIAWORK\n\
        aws_secret_access_key=work/secret=\naws_session_token=token\n";

    fn settings(
        variables: &[(&str, &str)],
        profile: Option<&str>,
    ) -> Result<AwsSettings, AwsSettingsError> {
        let directory = tempfile::tempdir().unwrap();
        let aws = directory.path().join(".aws");
        std::fs::create_dir(&aws).unwrap();
        std::fs::write(aws.join("config"), CONFIG).unwrap();
        std::fs::write(aws.join("credentials"), CREDENTIALS).unwrap();
        let home = directory.path().to_str().unwrap().to_owned();
        let find = |name: &str| match variables.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => Some((*value).to_owned()),
            None => (name == "HOME").then(|| home.clone()),
        };
        read(&find, profile)
    }

    fn check(
        variables: &[(&str, &str)],
        profile: Option<&str>,
        key: &str,
        region: Option<&str>,
        endpoint: Option<&str>,
    ) {
        let found = settings(variables, profile).unwrap();
        assert_eq!(found.credentials.unwrap().access_key_id, key);
        assert_eq!((found.region.as_deref(), found.endpoint.as_deref()), (region, endpoint));
    }

    #[test]
    fn profiles_and_environment() {
        let own = Some("https://s3.example");
        let keys = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "env-secret")];
        check(&[], None, "AKIADEFAULT", Some("eu-west-1"), None);
        check(&[], Some("work"), "AKIAWORK", Some("eu-central-1"), own);
        check(&[("AWS_PROFILE", "work")], None, "AKIAWORK", Some("eu-central-1"), own);
        check(&keys, None, "AKIAENV", Some("eu-west-1"), None);
        check(&keys, Some("work"), "AKIAWORK", Some("eu-central-1"), own);
        let url = ("AWS_ENDPOINT_URL", "http://h");
        check(&[url, ("AWS_REGION", "r")], None, "AKIADEFAULT", Some("r"), Some("http://h"));
        check(
            &[url, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
            None,
            "AKIADEFAULT",
            Some("eu-west-1"),
            None,
        );
        let work = settings(&[], Some("work")).unwrap();
        assert_eq!(work.addressing, Some(Addressing::Path));
        assert_eq!(work.credentials.unwrap().session_token.as_deref(), Some("token"));
    }

    #[test]
    fn what_leads_nowhere_is_said() {
        let failed =
            |variables: &[_], profile| settings(variables, profile).unwrap_err().to_string();
        assert!(failed(&[], Some("none")).contains("`none`"));
        assert!(failed(&[], Some("role")).contains("`role_arn`"));
        assert!(failed(&[("AWS_ACCESS_KEY_ID", "AKIAENV")], None).contains("AKIA…"));
        let nothing = read(&|_| None, None).unwrap();
        assert!(nothing.credentials.is_none() && nothing.region.is_none());
    }
}
