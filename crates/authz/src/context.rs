//! The values that policy conditions and variables look at (§5.7).

use std::borrow::Cow;

use crate::Action;

/// The type of a condition key's value. AWS: IAM User Guide, "AWS global condition context keys";
/// Service Authorization Reference, "Condition keys for Amazon S3".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Any text.
    Text,
    /// An Amazon Resource Name.
    Arn,
    /// `true` or `false`.
    Boolean,
    /// A point in time.
    Date,
    /// An address.
    IpAddress,
    /// An integer or decimal.
    Number,
    /// A list of texts.
    TextList,
}

macro_rules! condition_keys {
    (plain { $($variant:ident $name:literal $value_type:ident;)* }
     tagged { $($tagged:ident $prefix:literal;)* }) => {
        /// A condition key. The variants are named after the keys, whose names are compared
        /// without regard to letter case (POL-12).
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum ConditionKey {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
            $(#[doc = concat!("`", $prefix, "<key>`; the tag key as the policy writes it")]
              $tagged(Box<str>),)*
            /// A key of another service, as identity and trust policies may hold: `sts:ExternalId`,
            /// or `<issuer>:sub` of an identity provider.
            Foreign(Box<str>),
        }

        impl ConditionKey {
            /// The key with this name, or [`ConditionKey::Foreign`].
            pub fn parse(name: &str) -> Self {
                $(if name.eq_ignore_ascii_case($name) {
                    return Self::$variant;
                })*
                if let Some((prefix, tag)) = name.split_once('/').filter(|(_, tag)| !tag.is_empty()) {
                    $(if $prefix.strip_suffix('/').is_some_and(|known| known.eq_ignore_ascii_case(prefix)) {
                        return Self::$tagged(tag.into());
                    })*
                }
                Self::Foreign(name.into())
            }

            /// The name in the spelling of the AWS documentation.
            pub fn name(&self) -> Cow<'_, str> {
                match self {
                    $(Self::$variant => Cow::Borrowed($name),)*
                    $(Self::$tagged(tag) => Cow::Owned(format!(concat!($prefix, "{}"), tag)),)*
                    Self::Foreign(name) => Cow::Borrowed(name),
                }
            }

            /// The type of its value.
            pub fn value_type(&self) -> ValueType {
                match self {
                    $(Self::$variant => ValueType::$value_type,)*
                    $(Self::$tagged(_) => ValueType::Text,)*
                    Self::Foreign(_) => ValueType::Text,
                }
            }

            /// Every key without a tag, for tables and tests.
            pub const PLAIN: &'static [Self] = &[$(Self::$variant,)*];
        }
    };
}

condition_keys! {
    plain {
        AccessPointNetworkOrigin "s3:AccessPointNetworkOrigin" Text;
        AuthType "s3:authType" Text;
        CopySource "s3:x-amz-copy-source" Text;
        BucketNamespace "s3:x-amz-bucket-namespace" Text;
        CannedAcl "s3:x-amz-acl" Text;
        ContentSha256 "s3:x-amz-content-sha256" Text;
        DataAccessPointAccount "s3:DataAccessPointAccount" Text;
        DataAccessPointArn "s3:DataAccessPointArn" Arn;
        Delimiter "s3:delimiter" Text;
        GrantFullControl "s3:x-amz-grant-full-control" Text;
        GrantRead "s3:x-amz-grant-read" Text;
        GrantReadAcp "s3:x-amz-grant-read-acp" Text;
        GrantWrite "s3:x-amz-grant-write" Text;
        GrantWriteAcp "s3:x-amz-grant-write-acp" Text;
        IfMatch "s3:if-match" Text;
        IfNoneMatch "s3:if-none-match" Text;
        InventoryAccessibleOptionalFields "s3:InventoryAccessibleOptionalFields" TextList;
        IsReplicationPauseRequest "s3:isReplicationPauseRequest" Boolean;
        LocationConstraint "s3:locationconstraint" Text;
        MaxKeys "s3:max-keys" Number;
        MetadataDirective "s3:x-amz-metadata-directive" Text;
        ObjectCreationOperation "s3:ObjectCreationOperation" Boolean;
        ObjectLockLegalHold "s3:object-lock-legal-hold" Text;
        ObjectLockMode "s3:object-lock-mode" Text;
        ObjectLockRemainingRetentionDays "s3:object-lock-remaining-retention-days" Number;
        ObjectLockRetainUntilDate "s3:object-lock-retain-until-date" Date;
        ObjectOwnership "s3:x-amz-object-ownership" Text;
        Prefix "s3:prefix" Text;
        RequestObjectTagKeys "s3:RequestObjectTagKeys" TextList;
        S3ResourceAccount "s3:ResourceAccount" Text;
        ServerSideEncryption "s3:x-amz-server-side-encryption" Text;
        ServerSideEncryptionCustomerAlgorithm "s3:x-amz-server-side-encryption-customer-algorithm" Text;
        ServerSideEncryptionKmsKeyId "s3:x-amz-server-side-encryption-aws-kms-key-id" Arn;
        SignatureAge "s3:signatureAge" Number;
        SignatureVersion "s3:signatureversion" Text;
        StorageClass "s3:x-amz-storage-class" Text;
        TlsVersion "s3:TlsVersion" Number;
        VersionId "s3:versionid" Text;
        WebsiteRedirectLocation "s3:x-amz-website-redirect-location" Text;

        CalledVia "aws:CalledVia" TextList;
        CalledViaFirst "aws:CalledViaFirst" Text;
        CalledViaLast "aws:CalledViaLast" Text;
        CurrentTime "aws:CurrentTime" Date;
        EpochTime "aws:EpochTime" Date;
        FederatedProvider "aws:FederatedProvider" Text;
        MultiFactorAuthAge "aws:MultiFactorAuthAge" Number;
        MultiFactorAuthPresent "aws:MultiFactorAuthPresent" Boolean;
        PrincipalAccount "aws:PrincipalAccount" Text;
        PrincipalArn "aws:PrincipalArn" Arn;
        PrincipalIsAwsService "aws:PrincipalIsAWSService" Boolean;
        PrincipalOrgId "aws:PrincipalOrgID" Text;
        PrincipalOrgPaths "aws:PrincipalOrgPaths" TextList;
        PrincipalServiceName "aws:PrincipalServiceName" Text;
        PrincipalServiceNamesList "aws:PrincipalServiceNamesList" TextList;
        PrincipalType "aws:PrincipalType" Text;
        Referer "aws:Referer" Text;
        RequestedRegion "aws:RequestedRegion" Text;
        ResourceAccount "aws:ResourceAccount" Text;
        ResourceOrgId "aws:ResourceOrgID" Text;
        ResourceOrgPaths "aws:ResourceOrgPaths" TextList;
        SecureTransport "aws:SecureTransport" Boolean;
        SourceAccount "aws:SourceAccount" Text;
        SourceArn "aws:SourceArn" Arn;
        SourceIdentity "aws:SourceIdentity" Text;
        SourceIp "aws:SourceIp" IpAddress;
        SourceOrgId "aws:SourceOrgID" Text;
        SourceOrgPaths "aws:SourceOrgPaths" TextList;
        SourceOwner "aws:SourceOwner" Text;
        SourceVpc "aws:SourceVpc" Text;
        SourceVpce "aws:SourceVpce" Text;
        TagKeys "aws:TagKeys" TextList;
        TokenIssueTime "aws:TokenIssueTime" Date;
        UserAgent "aws:UserAgent" Text;
        UserId "aws:userid" Text;
        UserName "aws:username" Text;
        ViaAwsService "aws:ViaAWSService" Boolean;
        VpcSourceIp "aws:VpcSourceIp" IpAddress;
        VpceAccount "aws:VpceAccount" Text;
        VpceOrgId "aws:VpceOrgID" Text;
        VpceOrgPaths "aws:VpceOrgPaths" TextList;
    }
    tagged {
        BucketTag "s3:BucketTag/";
        ExistingObjectTag "s3:ExistingObjectTag/";
        PrincipalTag "aws:PrincipalTag/";
        RequestObjectTag "s3:RequestObjectTag/";
        RequestTag "aws:RequestTag/";
        ResourceTag "aws:ResourceTag/";
    }
}

impl ConditionKey {
    /// Whether it is the key with this name, in any letter case (POL-12). For keys of other
    /// services, as `sts:ExternalId`.
    pub fn is_named(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Whether it may hold several values, so that `ForAllValues` or `ForAnyValue` is called for.
    pub fn is_multivalued(&self) -> bool {
        self.value_type() == ValueType::TextList
    }

    /// Whether a policy may combine it with `action` (§5.7, POL-50…54). Keys for which nothing is
    /// said go with every action.
    pub fn applies_to(&self, action: Action) -> bool {
        use Action as A;
        match self {
            Self::LocationConstraint | Self::ObjectOwnership | Self::BucketNamespace => {
                action == A::CreateBucket
            }
            Self::RequestTag(_) => matches!(action, A::CreateBucket | A::TagResource),
            Self::TagKeys => matches!(action, A::CreateBucket | A::TagResource | A::UntagResource),
            Self::Prefix | Self::Delimiter | Self::MaxKeys => {
                matches!(action, A::ListBucket | A::ListBucketVersions)
            }
            Self::InventoryAccessibleOptionalFields => action == A::PutInventoryConfiguration,
            Self::IsReplicationPauseRequest => action == A::PutReplicationConfiguration,
            Self::CannedAcl
            | Self::GrantFullControl
            | Self::GrantRead
            | Self::GrantReadAcp
            | Self::GrantWrite
            | Self::GrantWriteAcp => {
                matches!(action, A::CreateBucket | A::PutBucketAcl)
                    || is_object_acl_write(action)
                    || is_creation_or_bypass(action)
            }
            Self::StorageClass => is_object_acl_write(action) || is_creation_or_bypass(action),
            Self::ServerSideEncryption
            | Self::ServerSideEncryptionKmsKeyId
            | Self::ServerSideEncryptionCustomerAlgorithm => {
                is_creation_or_bypass(action) || action == A::ReplicateObject
            }
            Self::CopySource | Self::MetadataDirective | Self::WebsiteRedirectLocation => {
                is_creation_or_bypass(action)
            }
            Self::RequestObjectTag(_) | Self::RequestObjectTagKeys => {
                is_creation_or_bypass(action)
                    || matches!(action, A::PutObjectTagging | A::PutObjectVersionTagging)
            }
            Self::ObjectLockMode
            | Self::ObjectLockRetainUntilDate
            | Self::ObjectLockRemainingRetentionDays => {
                matches!(action, A::PutObject | A::PutObjectRetention)
            }
            Self::ObjectLockLegalHold => matches!(action, A::PutObject | A::PutObjectLegalHold),
            Self::IfNoneMatch | Self::ObjectCreationOperation => action == A::PutObject,
            Self::IfMatch => matches!(action, A::PutObject | A::DeleteObject),
            Self::ExistingObjectTag(_) => sees_existing_tags(action),
            Self::VersionId => acts_on_version(action),
            _ => true,
        }
    }

    /// Whether a request for `action` can have a value under it. Narrower than
    /// [`ConditionKey::applies_to`] by POL-51: attributes never see the tags of the object.
    pub fn available_to(&self, action: Action) -> bool {
        let blind = matches!(self, Self::ExistingObjectTag(_))
            && matches!(action, Action::GetObjectAttributes | Action::GetObjectVersionAttributes);
        self.applies_to(action) && !blind
    }
}

fn is_object_acl_write(action: Action) -> bool {
    matches!(action, Action::PutObjectAcl | Action::PutObjectVersionAcl)
}

fn is_creation_or_bypass(action: Action) -> bool {
    matches!(action, Action::PutObject | Action::BypassGovernanceRetention)
}

/// POL-50 to POL-52.
fn sees_existing_tags(action: Action) -> bool {
    use Action as A;
    is_object_acl_write(action)
        || matches!(
            action,
            A::GetObject
                | A::GetObjectVersion
                | A::GetObjectAcl
                | A::GetObjectVersionAcl
                | A::GetObjectAttributes
                | A::GetObjectVersionAttributes
                | A::GetObjectTagging
                | A::GetObjectVersionTagging
                | A::PutObjectTagging
                | A::PutObjectVersionTagging
                | A::DeleteObjectTagging
                | A::DeleteObjectVersionTagging
        )
}

fn acts_on_version(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::GetObjectVersion
            | A::GetObjectVersionAcl
            | A::GetObjectVersionAttributes
            | A::GetObjectVersionTagging
            | A::PutObjectVersionAcl
            | A::PutObjectVersionTagging
            | A::DeleteObjectVersionTagging
            | A::DeleteObjectVersion
    )
}

/// What a request has under a condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue<'a> {
    /// The key is not in the request context.
    Absent,
    /// One value.
    One(Cow<'a, str>),
    /// A multi-valued key.
    Many(Vec<Cow<'a, str>>),
}

/// Where the values of condition keys come from: a live request or a recorded one.
///
/// Asked only for keys that a policy in force really mentions, so that a request without such
/// policies pays nothing. Never asked for keys about the caller (`aws:PrincipalArn`,
/// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalIsAWSService`,
/// `aws:PrincipalServiceName`, `aws:userid`, `aws:username`), which the decision takes from the
/// principal, nor for keys that the action does not have. Must be pure: the same key always gives
/// the same value.
pub trait ContextSource: Sync {
    /// The value under `key`.
    fn value(&self, key: &ConditionKey) -> ContextValue<'_>;

    /// Tells every key that has a value, with each of its values, so that the context can be
    /// recorded. The time, which a record has anyway, is left out. A context that nobody records
    /// tells nothing.
    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        let _ = tell;
    }
}

/// A request with no context at all.
#[derive(Clone, Copy, Debug)]
pub struct NoContext;

impl ContextSource for NoContext {
    fn value(&self, _key: &ConditionKey) -> ContextValue<'_> {
        ContextValue::Absent
    }
}

#[cfg(test)]
mod tests;
