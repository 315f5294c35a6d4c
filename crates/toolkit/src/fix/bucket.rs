//! The bucket policy that lets the public read media, and nothing else.

use serde_json::{Value, json};

use crate::application::Application;
use crate::doctor::tables::public_access::{PolicyReach, reach};
use crate::s3::PublicAccessFlags;

/// The id of our statement.
const STATEMENT_ID: &str = "PublicReadOfMedia";

/// What the bucket's settings should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The new policy; none if the present one is right.
    pub policy: Option<String>,
    /// The new flags; none if the present ones are right.
    pub flags: Option<PublicAccessFlags>,
    /// What cannot be mended without knowing why it is so.
    pub remarks: Vec<String>,
}

/// Proposes: present statements stay, but for those that give the public everything and for our own.
pub fn propose(
    application: &Application,
    policy: Option<&str>,
    flags: PublicAccessFlags,
) -> Result<Proposal, String> {
    let public: Vec<&str> = application.public_prefixes().collect();
    let private: Vec<&str> = application
        .media_prefixes
        .iter()
        .filter(|prefix| !prefix.is_public)
        .map(|prefix| prefix.prefix.as_str())
        .collect();
    let bucket = application.bucket.as_str();
    let present =
        policy.map_or(PolicyReach::Nothing, |text| reach(text, bucket, &public, &private));
    let mut remarks = Vec::new();
    let new = match present {
        PolicyReach::Media => None,
        PolicyReach::Unknown => {
            return Err(
                "the present policy is not understood, so nothing can be merged into it".to_owned()
            );
        }
        PolicyReach::Nothing | PolicyReach::SomeMedia | PolicyReach::Everything => {
            let text = merged(policy, bucket, &public)?;
            if reach(&text, bucket, &public, &private) != PolicyReach::Media {
                remarks.push(
                    "another statement still gives the public more or takes it away; look at the policy"
                        .to_owned(),
                );
            }
            Some(text)
        }
    };
    // Only the two flags about policies: with ACLs disabled the other two may stay on.
    let open =
        PublicAccessFlags { block_public_policy: false, restrict_public_buckets: false, ..flags };
    Ok(Proposal { policy: new, flags: (open != flags).then_some(open), remarks })
}

fn merged(policy: Option<&str>, bucket: &str, public: &[&str]) -> Result<String, String> {
    let mut document: Value = match policy {
        Some(text) => serde_json::from_str(text).map_err(|error| error.to_string())?,
        None => json!({"Version": "2012-10-17", "Statement": []}),
    };
    let statements = match document.get_mut("Statement").map(Value::take) {
        Some(Value::Array(statements)) => statements,
        Some(single @ Value::Object(_)) => vec![single],
        _ => Vec::new(),
    };
    let mut kept: Vec<Value> =
        statements.into_iter().filter(|statement| !is_replaced(statement, bucket)).collect();
    let resources: Vec<String> =
        public.iter().map(|prefix| format!("arn:aws:s3:::{bucket}/{prefix}*")).collect();
    kept.push(json!({
        "Sid": STATEMENT_ID,
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": resources,
    }));
    let object = document.as_object_mut().ok_or("the present policy is no JSON object")?;
    object.insert("Statement".to_owned(), Value::Array(kept));
    serde_json::to_string_pretty(&document).map_err(|error| error.to_string())
}

/// Our own statement, and the plain one that opens the whole bucket.
fn is_replaced(statement: &Value, bucket: &str) -> bool {
    if statement.get("Sid").and_then(Value::as_str) == Some(STATEMENT_ID) {
        return true;
    }
    let one_of = |name: &str, wanted: &str| match statement.get(name) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(texts)) => texts.len() == 1 && texts.iter().all(|text| text == wanted),
        _ => false,
    };
    let everyone = one_of("Principal", "*")
        || statement.get("Principal").and_then(|principal| principal.get("AWS"))
            == Some(&json!("*"));
    everyone
        && statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        && statement.get("Condition").is_none()
        && one_of("Action", "s3:GetObject")
        && one_of("Resource", &format!("arn:aws:s3:::{bucket}/*"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::MediaPrefix;
    use crate::profile::{Inputs, Profile as _};
    use crate::profiles::generic::Generic;

    fn application() -> Application {
        let mut inputs = Inputs::default();
        inputs.flags.insert("bucket".into(), "media".into());
        let mut application = Generic.load(&inputs).unwrap();
        application.media_prefixes =
            vec![MediaPrefix::public("accounts/"), MediaPrefix::private("backups/")];
        application
    }

    #[test]
    fn a_policy_for_media_is_made_and_merged() {
        let application = application();
        let flags = PublicAccessFlags {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        };
        let first = propose(&application, None, flags).unwrap();
        let opened = first.flags.unwrap();
        assert!(opened.block_public_acls && opened.ignore_public_acls);
        assert!(!opened.block_public_policy && !opened.restrict_public_buckets);
        let text = first.policy.unwrap();
        assert!(text.contains("arn:aws:s3:::media/accounts/*") && !text.contains("backups"));
        let second = propose(&application, Some(&text), opened).unwrap();
        assert_eq!((second.policy, second.flags), (None, None));
        let wide = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::media/*"},
            {"Sid":"Mine","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket",
             "Resource":"arn:aws:s3:::media"}]}"#;
        let text = propose(&application, Some(wide), opened).unwrap().policy.unwrap();
        assert!(text.contains("Mine") && !text.contains("media/*\""), "{text}");
        assert!(propose(&application, Some("{}"), opened).is_err());
    }
}
