//! The resources that a statement lists (POL-31 to POL-34).

use arrayvec::ArrayString;
use model::BucketName;
use model::limits::{BUCKET_NAME_LENGTH_BYTES_MAX, OBJECT_KEY_LENGTH_BYTES_MAX};

use super::arn::split_arn;
use super::pattern::{Pattern, Variables, Wildcards};
use super::request_values::RequestValues;
use super::{Query, ResourceStar};
use crate::{ConditionKey, ResourceType};

/// One resource of a policy.
#[derive(Debug)]
pub(super) enum ResourcePattern {
    /// `*`
    Everything,
    /// What stands behind `arn:aws:s3:::`.
    Named(Pattern),
    /// A resource of another service, or an access point, in an identity policy.
    Foreign,
}

impl ResourcePattern {
    /// Reads a resource of a bucket policy, which must lie in that bucket (POL-E12).
    pub(super) fn parse_for_bucket(
        text: &str,
        bucket: &BucketName,
        star: ResourceStar,
        variables: Variables,
    ) -> Option<Self> {
        if text == "*" {
            return (star == ResourceStar::Accept).then_some(Self::Everything);
        }
        let ["arn", "aws", "s3", "", "", name] = split_arn(text)? else { return None };
        let bucket_part = name.split_once('/').map_or(name, |(bucket_part, _)| bucket_part);
        let bucket_pattern = Pattern::parse(bucket_part, Wildcards::Active, variables).ok()?;
        let inside = !bucket_pattern.has_variables() && bucket_pattern.matches(bucket.as_str());
        if !inside {
            return None;
        }
        Pattern::parse(name, Wildcards::Active, variables).ok().map(Self::Named)
    }

    /// Reads a resource of an identity policy: `*` or any ARN.
    pub(super) fn parse_for_identity(text: &str, variables: Variables) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        let ["arn", head @ .., name] = split_arn(text)? else { return None };
        // A variable may stand behind the fifth colon only (POL-60).
        if variables != Variables::Literal && head.iter().any(|part| part.contains("${")) {
            return None;
        }
        let name = Pattern::parse(name, Wildcards::Active, variables).ok()?;
        let head_matches = head.iter().zip(["aws", "s3", "", ""]).all(|(part, own)| {
            Pattern::parse(part, Wildcards::Active, Variables::Literal)
                .is_ok_and(|part| part.matches(own))
        });
        Some(if head_matches { Self::Named(name) } else { Self::Foreign })
    }

    /// Whether an action on this type of resource can be meant (POL-E13). For resources of bucket
    /// policies, which are known to match the bucket.
    pub(super) fn fits(&self, resource_type: ResourceType) -> bool {
        let name = match self {
            Self::Everything => return resource_type != ResourceType::None,
            Self::Foreign => return false,
            Self::Named(name) => name,
        };
        match resource_type {
            ResourceType::None => false,
            ResourceType::Bucket => !name.has_slash(),
            // `b*` matches the bucket, and so also whatever begins with the bucket and a slash
            // (POL-32).
            ResourceType::Object => name.has_slash() || name.has_run(),
        }
    }

    fn matches(&self, name: &str, values: &RequestValues<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::Named(pattern) => {
                pattern.resolve(values).is_some_and(|pattern| pattern.matches(name))
            }
            Self::Foreign => false,
        }
    }

    fn pattern(&self) -> Option<&Pattern> {
        match self {
            Self::Named(pattern) => Some(pattern),
            Self::Everything | Self::Foreign => None,
        }
    }
}

/// The resources to which a statement applies.
#[derive(Debug)]
pub(super) enum Resources {
    /// `Resource`
    Listed(Box<[ResourcePattern]>),
    /// `NotResource`
    AllExcept(Box<[ResourcePattern]>),
}

impl Resources {
    pub(super) fn contains(&self, name: &ResourceName, values: &RequestValues<'_>) -> bool {
        let name = name.as_str();
        let listed = |patterns: &[ResourcePattern]| {
            patterns.iter().any(|pattern| pattern.matches(name, values))
        };
        match self {
            Self::Listed(patterns) => listed(patterns),
            Self::AllExcept(patterns) => !listed(patterns),
        }
    }

    /// Whether an action on this type of resource can be meant (POL-E13).
    pub(super) fn fits(&self, resource_type: ResourceType) -> bool {
        match self {
            Self::Listed(patterns) => patterns.iter().any(|pattern| pattern.fits(resource_type)),
            Self::AllExcept(_) => resource_type != ResourceType::None,
        }
    }

    pub(super) fn required_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let (Self::Listed(patterns) | Self::AllExcept(patterns)) = self;
        patterns.iter().filter_map(ResourcePattern::pattern).flat_map(Pattern::required_keys)
    }
}

const NAME_LENGTH_BYTES_MAX: usize = BUCKET_NAME_LENGTH_BYTES_MAX + 1 + OBJECT_KEY_LENGTH_BYTES_MAX;

/// What stands behind `arn:aws:s3:::` in the ARN of the resource that is asked about. Lies on the
/// stack, unless somebody asks about a key that is longer than keys can be.
pub(super) struct ResourceName {
    short: ArrayString<NAME_LENGTH_BYTES_MAX>,
    long: String,
}

impl ResourceName {
    pub(super) fn new(query: &Query<'_>) -> Self {
        let pieces = match (query.bucket, query.key) {
            // Actions without a resource are asked about as `arn:aws:s3:::*`.
            (None, _) => ["*", "", ""],
            (Some(bucket), None) => [bucket, "", ""],
            (Some(bucket), Some(key)) => [bucket, "/", key],
        };
        let mut short = ArrayString::new();
        let fits = pieces.iter().all(|piece| short.try_push_str(piece).is_ok());
        Self { short, long: if fits { String::new() } else { pieces.concat() } }
    }

    fn as_str(&self) -> &str {
        if self.long.is_empty() { &self.short } else { &self.long }
    }
}
