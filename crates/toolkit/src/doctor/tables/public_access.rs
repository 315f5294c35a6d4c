//! Policy and Block Public Access: who reads, by the settings alone (C-15).

use authz::policy::{AskedAction, AskedResource, Query};
use authz::{Action, NoContext, Policy};
use model::{BucketName, Principal};

use crate::s3::PublicAccessFlags;

/// What the policy gives to everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyReach {
    /// Reading below every media prefix, and nowhere else.
    Media,
    /// Reading below some media prefixes only.
    SomeMedia,
    /// Reading everywhere, also where nobody should.
    Everything,
    /// Nothing.
    Nothing,
    /// It cannot be read or understood.
    Unknown,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicAccessVerdict {
    /// The policy lets the public read the media.
    ReadableByPolicy,
    /// The same, and what is private too.
    ReadableTooMuch,
    /// RestrictPublicBuckets takes the policy's effect away.
    Restricted,
    /// ACLs let the public read.
    ReadableByAcl,
    /// Nothing lets the public read.
    NotReadable,
    /// It cannot be said from the settings.
    Unknown,
}

/// What a policy gives to anonymous callers, asked of our own decision about policies.
pub fn reach(policy: &str, bucket: &str, public: &[&str], private: &[&str]) -> PolicyReach {
    let Some(name) = BucketName::parse(bucket) else { return PolicyReach::Unknown };
    let Ok(policy) = Policy::parse_stored_bucket_policy(policy, &name) else {
        return PolicyReach::Unknown;
    };
    let reads = |prefix: &&&str| {
        let key = format!("{prefix}some-object");
        let outcome = policy.evaluate(&Query {
            caller: &Principal::Anonymous,
            provider: None,
            action: AskedAction::S3(Action::GetObject),
            resource: AskedResource::Object(bucket, &key),
            context: &NoContext,
        });
        outcome.deny.is_none() && outcome.allow.is_some()
    };
    let readable = public.iter().filter(reads).count();
    match readable {
        0 => PolicyReach::Nothing,
        _ if private.iter().any(|prefix| reads(&prefix)) => PolicyReach::Everything,
        some if some < public.len() => PolicyReach::SomeMedia,
        _ => PolicyReach::Media,
    }
}

/// What the settings say together. `flags` are those of the bucket; the account's count too, and only
/// a request shows them.
pub fn read(
    reach: PolicyReach,
    flags: PublicAccessFlags,
    are_acls_enabled: bool,
    sends_public_acl: bool,
) -> PublicAccessVerdict {
    match (reach, flags.restrict_public_buckets) {
        (PolicyReach::Unknown, _) => PublicAccessVerdict::Unknown,
        (PolicyReach::Nothing, _) => {
            let counts = are_acls_enabled && sends_public_acl && !flags.ignore_public_acls;
            if counts {
                PublicAccessVerdict::ReadableByAcl
            } else {
                PublicAccessVerdict::NotReadable
            }
        }
        (_, true) => PublicAccessVerdict::Restricted,
        (PolicyReach::Everything, false) => PublicAccessVerdict::ReadableTooMuch,
        (PolicyReach::Media | PolicyReach::SomeMedia, false) => {
            PublicAccessVerdict::ReadableByPolicy
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(resources: &str) -> String {
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\
             \"Action\":\"s3:GetObject\",\"Resource\":[{resources}]}}]}}"
        )
    }

    #[test]
    fn policies_are_asked() {
        let check = |text: &str, expected| {
            let found = reach(text, "media", &["accounts/", "cache/"], &["backups/"]);
            assert_eq!(found, expected, "{text}");
        };
        let arn = |path: &str| format!("\"arn:aws:s3:::media/{path}\"");
        check(&policy(&arn("*")), PolicyReach::Everything);
        check(&policy(&format!("{},{}", arn("accounts/*"), arn("cache/*"))), PolicyReach::Media);
        check(&policy(&arn("accounts/*")), PolicyReach::SomeMedia);
        check(&policy(&arn("other/*")), PolicyReach::Nothing);
        check("no policy", PolicyReach::Unknown);
        let denied = policy(&arn("*")).replace(
            "\"Statement\":[",
            "\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\
             \"Resource\":\"arn:aws:s3:::media/backups/*\"},",
        );
        check(&denied, PolicyReach::Media);
    }

    /// One line a row of the specification's table "Policy and Block Public Access".
    #[test]
    fn rows_of_the_table() {
        use PublicAccessVerdict as V;
        let flags = |ignore, policy, restrict| PublicAccessFlags {
            block_public_acls: false,
            ignore_public_acls: ignore,
            block_public_policy: policy,
            restrict_public_buckets: restrict,
        };
        let media = PolicyReach::Media;
        for block in [true, false] {
            assert_eq!(read(media, flags(false, block, false), false, true), V::ReadableByPolicy);
            assert_eq!(read(media, flags(false, block, true), false, true), V::Restricted);
        }
        let nothing = PolicyReach::Nothing;
        let open = flags(false, false, false);
        assert_eq!(read(nothing, open, true, true), V::ReadableByAcl);
        assert_eq!(read(nothing, open, true, false), V::NotReadable);
        assert_eq!(read(nothing, flags(true, false, false), true, true), V::NotReadable);
        assert_eq!(read(nothing, open, false, true), V::NotReadable);
        assert_eq!(read(PolicyReach::Everything, open, false, false), V::ReadableTooMuch);
        assert_eq!(read(PolicyReach::Unknown, open, false, false), V::Unknown);
    }
}
