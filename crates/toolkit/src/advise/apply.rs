//! Disables ACLs by the S3 API, in the safe order, and brings them back.

use authz::advice::Journal;
use bytes::Bytes;
use model::{AccessControlList, ObjectOwnership};
use serde_json::Value;

use super::remote::{bucket_acl, optional, policy_text};
use super::walk::Tries;
use super::{AdviseError, acl};
use crate::http::Exchange;
use crate::s3::{Body, Call, S3Client, md5_base64};

/// Disables ACLs: first the policy, then the bucket ACL, which has to be private for the last step, the
/// ownership. What fails undoes what came before it. The policy as the store shows it then is answered,
/// for the journal.
pub async fn apply(client: &S3Client, journal: &Journal) -> Result<Option<String>, AdviseError> {
    match applied(client, journal).await {
        Ok(()) => {}
        Err(error) => {
            let undone = put_back(client, journal).await;
            return Err(match undone {
                Ok(()) => AdviseError::Undone(Box::new(error)),
                Err(other) => AdviseError::HalfDone(Box::new(error), Box::new(other)),
            });
        }
    }
    policy_text(client).await
}

async fn applied(client: &S3Client, journal: &Journal) -> Result<(), AdviseError> {
    if journal.applied != journal.policy
        && let Some(text) = &journal.applied
    {
        put_policy(client, text).await?;
    }
    let private = Call::bucket("PUT").flag("acl").header("x-amz-acl", "private");
    let private = private.body(Body::Plain(Bytes::new()));
    sent(client, private, "cannot make the bucket ACL private").await?;
    put_ownership(client, Some(ObjectOwnership::BucketOwnerEnforced)).await
}

/// Brings back what the journal has, unless the policy was changed by somebody else since.
pub async fn undo(client: &S3Client, journal: &Journal) -> Result<(), AdviseError> {
    let shown = policy_text(client).await?;
    if !is_same_policy(shown.as_deref(), journal.applied.as_deref())
        || ownership(client).await? != Some(ObjectOwnership::BucketOwnerEnforced)
    {
        let message = "the bucket was changed since; put its settings back by hand";
        return Err(AdviseError::Unusable(message.to_owned()));
    }
    put_back(client, journal).await
}

/// ACLs work again before their policy goes.
async fn put_back(client: &S3Client, journal: &Journal) -> Result<(), AdviseError> {
    if ownership(client).await? != journal.ownership {
        put_ownership(client, journal.ownership).await?;
    }
    let owner = bucket_acl(client).await?.owner;
    let stored = AccessControlList { owner, grants: journal.grants.clone() };
    let document = acl::document(&stored);
    let call =
        Call::bucket("PUT").flag("acl").header("content-md5", md5_base64(document.as_bytes()));
    let call = call.body(Body::Plain(document.into()));
    sent(client, call, "cannot put the bucket ACL back").await?;
    if let Some(text) = &journal.policy {
        return put_policy(client, text).await;
    }
    sent(client, Call::bucket("DELETE").flag("policy"), "cannot remove the policy").await
}

async fn ownership(client: &S3Client) -> Result<Option<ObjectOwnership>, AdviseError> {
    let document = optional(client, "ownershipControls").await?;
    Ok(document.and_then(|document| {
        ObjectOwnership::parse(document.child("Rule")?.text_of("ObjectOwnership")?)
    }))
}

async fn put_policy(client: &S3Client, text: &str) -> Result<(), AdviseError> {
    let call =
        Call::bucket("PUT").flag("policy").header("content-md5", md5_base64(text.as_bytes()));
    let call = call.body(Body::Plain(text.to_owned().into()));
    sent(client, call, "cannot store the policy").await
}

async fn put_ownership(
    client: &S3Client,
    setting: Option<ObjectOwnership>,
) -> Result<(), AdviseError> {
    let what = "cannot set Object Ownership";
    let Some(setting) = setting else {
        return sent(client, Call::bucket("DELETE").flag("ownershipControls"), what).await;
    };
    let mut tries = Tries::default();
    loop {
        let exchange = client.put_ownership(setting.as_str()).await;
        if exchange.is_success() {
            return Ok(());
        }
        // Amazon may not have noticed yet that the ACL is private.
        let is_early = exchange.code() == Some("InvalidBucketAclWithObjectOwnership");
        if !(tries.again(&exchange).await || is_early && tries.later().await) {
            return Err(AdviseError::refused(what, exchange));
        }
    }
}

async fn sent(client: &S3Client, call: Call, what: &str) -> Result<(), AdviseError> {
    let mut tries = Tries::default();
    loop {
        let exchange: Exchange = client.send(call.clone()).await;
        if exchange.is_success() {
            return Ok(());
        }
        if !tries.again(&exchange).await {
            return Err(AdviseError::refused(what, exchange));
        }
    }
}

/// Whether two policies are the same but for what stores change when they show one: white space, the
/// order of members, and lists of one.
fn is_same_policy(a: Option<&str>, b: Option<&str>) -> bool {
    let normal = |text: &str| serde_json::from_str(text).ok().map(normalised);
    match (a, b) {
        (Some(a), Some(b)) => a == b || (normal(a).is_some() && normal(a) == normal(b)),
        (None, None) => true,
        _ => false,
    }
}

fn normalised(value: Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<_> = list.into_iter().map(normalised).collect();
            list.sort_by_key(Value::to_string);
            match list.len() {
                1 => list.pop().unwrap_or_default(),
                _ => Value::Array(list),
            }
        }
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, normalised(value)));
            Value::Object(members.collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_compared_by_what_they_say() {
        let check = |a, b, expected| assert_eq!(is_same_policy(a, b), expected, "{a:?} {b:?}");
        let a = Some(r#"{"Version":"x","Statement":[{"Action":["a","b"],"Resource":"r"}]}"#);
        let b = Some(r#"{ "Statement": {"Resource": ["r"], "Action": ["b", "a"]}, "Version":"x"}"#);
        check(a, b, true);
        check(a, Some(r#"{"Version":"x","Statement":[{"Action":["a"],"Resource":"r"}]}"#), false);
        check(a, None, false);
        check(None, None, true);
        check(Some("{"), Some("["), false);
    }
}
