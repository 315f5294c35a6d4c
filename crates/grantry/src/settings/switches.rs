//! The settings of the decision: switches (§15.1) and what new buckets get.

use authz::Switches;
use authz::admission::NewBucketDefaults;
use authz::switches::{
    BoePrivateAcl, BoePutObjectAclNoop, CreateBucketPrivateAclOwnership,
    ForeignOverwriteViaBucketWrite, PolicyGet, PolicyStatusWithoutPolicy, PublicAccessMessageStyle,
    ResourceStar, RichAccessDenied,
};
use model::{ObjectOwnership, PublicAccessBlock};
use s3_api::origin::CustomerKeysOverHttp;

use super::table::{self, Setting};
use super::values::{Values, one_of};
use crate::failure::Failure;

pub(super) fn switches(values: &Values) -> Result<Switches, Failure> {
    Ok(Switches {
        boe_private_acl: choice(
            values,
            &table::BOE_PRIVATE_ACL,
            &[
                ("reject", BoePrivateAcl::Reject),
                ("owner_equivalent", BoePrivateAcl::OwnerEquivalent),
            ],
        )?,
        create_bucket_private_acl_ownership: choice(
            values,
            &table::CREATE_BUCKET_PRIVATE_ACL_OWNERSHIP,
            &[
                ("bop", CreateBucketPrivateAclOwnership::BucketOwnerPreferred),
                ("boe", CreateBucketPrivateAclOwnership::BucketOwnerEnforced),
            ],
        )?,
        boe_put_object_acl_noop: choice(
            values,
            &table::BOE_PUT_OBJECT_ACL_NOOP,
            &[("accept", BoePutObjectAclNoop::Accept), ("reject", BoePutObjectAclNoop::Reject)],
        )?,
        foreign_overwrite_via_bucket_write: choice(
            values,
            &table::FOREIGN_OVERWRITE_VIA_BUCKET_WRITE,
            &[
                ("deny", ForeignOverwriteViaBucketWrite::Deny),
                ("allow", ForeignOverwriteViaBucketWrite::Allow),
            ],
        )?,
        public_access_message_style: choice(
            values,
            &table::BPA_MESSAGE_STYLE,
            &[
                ("blocked_by", PublicAccessMessageStyle::BlockedBy),
                ("prevented_by", PublicAccessMessageStyle::PreventedBy),
            ],
        )?,
        policy_status_without_policy: choice(
            values,
            &table::POLICY_STATUS_WITHOUT_POLICY,
            &[
                ("not_found", PolicyStatusWithoutPolicy::NotFound),
                ("false", PolicyStatusWithoutPolicy::False),
            ],
        )?,
        policy_get: choice(
            values,
            &table::POLICY_GET,
            &[("verbatim", PolicyGet::Verbatim), ("normalised", PolicyGet::Normalised)],
        )?,
        policy_resource_star: choice(
            values,
            &table::POLICY_RESOURCE_STAR,
            &[("reject", ResourceStar::Reject), ("accept", ResourceStar::Accept)],
        )?,
        rich_access_denied: choice(
            values,
            &table::RICH_ACCESS_DENIED,
            &[("same_account", RichAccessDenied::SameAccount), ("never", RichAccessDenied::Never)],
        )?,
    })
}

/// A matter of the wire, and of no decision.
pub(super) fn customer_keys_over_http(values: &Values) -> Result<CustomerKeysOverHttp, Failure> {
    choice(
        values,
        &table::CUSTOMER_KEYS_OVER_HTTP,
        &[
            ("loopback", CustomerKeysOverHttp::Loopback),
            ("reject", CustomerKeysOverHttp::Reject),
            ("accept", CustomerKeysOverHttp::Accept),
        ],
    )
}

pub(super) fn new_buckets(values: &Values) -> Result<NewBucketDefaults, Failure> {
    let mut ownerships: Vec<_> =
        ObjectOwnership::ALL.iter().map(|setting| (setting.as_str(), Some(*setting))).collect();
    ownerships.push(("none", None));
    Ok(NewBucketDefaults {
        ownership: choice(values, &table::OBJECT_OWNERSHIP, &ownerships)?,
        public_access: choice(
            values,
            &table::BLOCK_PUBLIC_ACCESS,
            &[("all", Some(PublicAccessBlock::ALL)), ("none", None)],
        )?,
    })
}

/// Whether access log records have the field of the source region (U-20).
pub(super) fn log_source_region(values: &Values) -> Result<bool, Failure> {
    choice(values, &table::LOG_SOURCE_REGION_FIELD, &[("on", true), ("off", false)])
}

fn choice<T: Copy>(
    values: &Values,
    setting: &Setting,
    choices: &[(&str, T)],
) -> Result<T, Failure> {
    values.parse(setting, |text| one_of(text, choices))
}
