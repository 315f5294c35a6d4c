//! The resources that a statement lists (POL-31 to POL-34).

use arrayvec::ArrayString;
use model::BucketName;
use model::limits::{BUCKET_NAME_LENGTH_BYTES_MAX, OBJECT_KEY_LENGTH_BYTES_MAX};

use super::arn::{ArnPattern, split_arn};
use super::pattern::{Pattern, Variables, Wildcards};
use super::request_values::RequestValues;
use super::{AskedResource, Query, ResourceStar};
use crate::{ConditionKey, ResourceType};

/// One resource of a policy.
#[derive(Debug)]
pub(super) enum ResourcePattern {
    /// `*`
    Everything,
    /// What stands behind `arn:aws:s3:::`.
    Named(Pattern),
    /// An ARN of an identity policy that is not written so: a resource of another service, an access
    /// point, or wildcards before the fifth colon. Says too whether a bucket or key can be meant.
    Arn(ArnPattern, MeansS3),
}

/// Whether an ARN pattern covers ARNs that begin with `arn:aws:s3:::`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MeansS3 {
    Yes,
    No,
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
        let ["arn", partition, service, region, account, name] = split_arn(text)? else {
            return None;
        };
        let head = [partition, service, region, account];
        // A variable may stand behind the fifth colon only (POL-60).
        if variables != Variables::Literal && head.iter().any(|part| part.contains("${")) {
            return None;
        }
        // AWS: IAM User Guide, "IAM identifiers": the service has no wildcard.
        let service_is_named = !service.is_empty() && !service.contains(['*', '?']);
        if !is_partition(partition) || !service_is_named || (service == "iam" && !region.is_empty())
        {
            return None;
        }
        if head == ["aws", "s3", "", ""] {
            return Pattern::parse(name, Wildcards::Active, variables).ok().map(Self::Named);
        }
        let covers = |part: &str, own: &str| {
            Pattern::parse(part, Wildcards::Active, Variables::Literal)
                .is_ok_and(|part| part.matches(own))
        };
        let means_s3 = covers(partition, "aws")
            && service == "s3"
            && covers(region, "")
            && covers(account, "");
        let arn = ArnPattern::parse(text, variables).ok()?;
        Some(Self::Arn(arn, if means_s3 { MeansS3::Yes } else { MeansS3::No }))
    }

    /// Whether an action on this type of resource can be meant (POL-E13). For resources of bucket
    /// policies, which are known to match the bucket.
    pub(super) fn fits(&self, resource_type: ResourceType) -> bool {
        let name = match self {
            Self::Everything => return resource_type != ResourceType::None,
            Self::Arn(..) => return false,
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

    fn matches(&self, asked: &Comparable<'_>, values: &RequestValues<'_>) -> bool {
        let (pattern, name) = match (self, asked) {
            (Self::Everything, _) => return true,
            (Self::Arn(pattern, _), Comparable::Arn(arn)) => return pattern.matches(arn, values),
            (Self::Named(_), Comparable::Arn(_))
            | (Self::Arn(_, MeansS3::No), Comparable::S3(_)) => return false,
            (Self::Named(pattern), Comparable::S3(name)) => (Some(pattern), name),
            (Self::Arn(pattern, MeansS3::Yes), Comparable::S3(name)) => (pattern.resource(), name),
        };
        let pattern = pattern.and_then(|pattern| pattern.resolve(values));
        pattern.is_some_and(|pattern| pattern.matches(name))
    }

    fn required_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let (name, arn) = self.patterns();
        let of_arn = arn.into_iter().flat_map(ArnPattern::required_keys);
        name.into_iter().flat_map(Pattern::required_keys).chain(of_arn)
    }

    fn variable_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let (name, arn) = self.patterns();
        let of_arn = arn.into_iter().flat_map(ArnPattern::variable_keys);
        name.into_iter().flat_map(Pattern::variable_keys).chain(of_arn)
    }

    fn patterns(&self) -> (Option<&Pattern>, Option<&ArnPattern>) {
        match self {
            Self::Named(pattern) => (Some(pattern), None),
            Self::Arn(pattern, _) => (None, Some(pattern)),
            Self::Everything => (None, None),
        }
    }
}

/// AWS: "Amazon Resource Names (ARNs)"; identity policies are often shared between partitions.
fn is_partition(text: &str) -> bool {
    matches!(text, "aws" | "aws-cn" | "aws-us-gov") || text.contains(['*', '?'])
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
    /// What a trust policy, which names no resource, is about: the role that it belongs to.
    pub(super) fn everything() -> Self {
        Self::Listed([ResourcePattern::Everything].into())
    }

    pub(super) fn contains(&self, name: &ResourceName<'_>, values: &RequestValues<'_>) -> bool {
        let name = name.comparable();
        let listed = |patterns: &[ResourcePattern]| {
            patterns.iter().any(|pattern| pattern.matches(&name, values))
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
        patterns.iter().flat_map(ResourcePattern::required_keys)
    }

    pub(super) fn variable_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let (Self::Listed(patterns) | Self::AllExcept(patterns)) = self;
        patterns.iter().flat_map(ResourcePattern::variable_keys)
    }
}

const NAME_LENGTH_BYTES_MAX: usize = BUCKET_NAME_LENGTH_BYTES_MAX + 1 + OBJECT_KEY_LENGTH_BYTES_MAX;

/// The resource that is asked about.
///
/// The name of a bucket or key lies on the stack, unless somebody asks about a key that is longer
/// than keys can be.
pub(super) struct ResourceName<'a> {
    /// The whole ARN or `*`, for what is not of S3.
    arn: Option<&'a str>,
    short: ArrayString<NAME_LENGTH_BYTES_MAX>,
    long: String,
}

/// How a resource is compared.
enum Comparable<'n> {
    /// By what stands behind `arn:aws:s3:::` in its ARN.
    S3(&'n str),
    /// By its whole ARN.
    Arn(&'n str),
}

impl<'a> ResourceName<'a> {
    pub(super) fn new(query: &Query<'a>) -> Self {
        let (arn, pieces) = match query.resource {
            // Actions of S3 without a resource are asked about as `arn:aws:s3:::*`.
            AskedResource::None if query.action.s3().is_some() => (None, ["*", "", ""]),
            AskedResource::None => (Some("*"), [""; 3]),
            AskedResource::Bucket(bucket) => (None, [bucket, "", ""]),
            AskedResource::Object(bucket, key) => (None, [bucket, "/", key]),
            AskedResource::Arn(arn) => (Some(arn), [""; 3]),
        };
        let mut short = ArrayString::new();
        let fits = pieces.iter().all(|piece| short.try_push_str(piece).is_ok());
        Self { arn, short, long: if fits { String::new() } else { pieces.concat() } }
    }

    fn comparable(&self) -> Comparable<'_> {
        match self.arn {
            Some(arn) => Comparable::Arn(arn),
            None if self.long.is_empty() => Comparable::S3(&self.short),
            None => Comparable::S3(&self.long),
        }
    }
}
