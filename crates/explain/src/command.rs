//! The commands of the AWS CLI that make a change, ready to be pasted.

use audit::decision_log::Record;
use serde_json::{Value, json};

use crate::change::{Acl, Change, PolicyEdit, PolicyPlace, PublicAccessFlags, RequestChange};
use crate::world::BYPASS_HEADER;

/// The commands, or a line of text for another request.
pub(crate) fn commands(record: &Record, change: &Change) -> Vec<String> {
    match change {
        Change::AddPolicyStatement(edit)
        | Change::RemovePolicyStatement(edit)
        | Change::NarrowPolicyStatement(edit) => vec![of_edit(edit)],
        Change::SetPublicAccessBlock { account, bucket, flags } => {
            vec![of_public_access(account, bucket.as_deref(), *flags)]
        }
        Change::SetObjectOwnership { bucket, object_ownership, .. } => vec![format!(
            "aws s3api put-bucket-ownership-controls --bucket {bucket} --ownership-controls {}",
            quoted(&format!("Rules=[{{ObjectOwnership={object_ownership}}}]"))
        )],
        Change::PutBucketAcl { bucket, acl, .. } => vec![format!(
            "aws s3api put-bucket-acl --bucket {bucket} --access-control-policy {}",
            quoted(&acl_json(acl))
        )],
        Change::PutObjectAcl { bucket, key, version, acl } => vec![format!(
            "aws s3api put-object-acl --bucket {bucket} --key {}{} --access-control-policy {}",
            quoted(key),
            version_id(version.as_deref()),
            quoted(&acl_json(acl))
        )],
        Change::SetRequestPayment { bucket, payer, .. } => vec![format!(
            "aws s3api put-bucket-request-payment --bucket {bucket} \
             --request-payment-configuration Payer={payer}"
        )],
        Change::DeletePermissionsBoundary { holder_kind, holder, .. } => vec![format!(
            "aws iam delete-{holder_kind}-permissions-boundary --{holder_kind}-name {}",
            quoted(holder)
        )],
        Change::LiftLegalHold { bucket, key, version, .. } => vec![format!(
            "aws s3api put-object-legal-hold --bucket {bucket} --key {}{} --legal-hold Status=OFF",
            quoted(key),
            version_id(version.as_deref())
        )],
        Change::ChangeRequest(change) => vec![of_request(record, change)],
    }
}

fn version_id(version: Option<&str>) -> String {
    version.map_or_else(String::new, |version| format!(" --version-id {}", quoted(version)))
}

fn of_edit(edit: &PolicyEdit) -> String {
    match (&edit.place, &edit.document) {
        (PolicyPlace::Bucket { bucket }, Some(document)) => {
            format!("aws s3api put-bucket-policy --bucket {bucket} --policy {}", quoted(document))
        }
        (PolicyPlace::Bucket { bucket }, None) => {
            format!("aws s3api delete-bucket-policy --bucket {bucket}")
        }
        (PolicyPlace::Inline { holder_kind, holder, policy_name }, document) => {
            let (verb, document) = match document {
                Some(document) => ("put", format!(" --policy-document {}", quoted(document))),
                None => ("delete", String::new()),
            };
            format!(
                "aws iam {verb}-{holder_kind}-policy --{holder_kind}-name {} --policy-name \
                 {}{document}",
                quoted(holder),
                quoted(policy_name)
            )
        }
        (PolicyPlace::Trust { role }, document) => format!(
            "aws iam update-assume-role-policy --role-name {} --policy-document {}",
            quoted(role),
            quoted(document.as_deref().unwrap_or_default())
        ),
        (PolicyPlace::Managed { policy_arn }, document) => format!(
            "aws iam create-policy-version --policy-arn {} --set-as-default --policy-document {}",
            quoted(policy_arn),
            quoted(document.as_deref().unwrap_or_default())
        ),
    }
}

fn of_public_access(account: &str, bucket: Option<&str>, flags: PublicAccessFlags) -> String {
    let PublicAccessFlags {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    } = flags;
    let configuration = format!(
        "BlockPublicAcls={block_public_acls},IgnorePublicAcls={ignore_public_acls},\
         BlockPublicPolicy={block_public_policy},RestrictPublicBuckets={restrict_public_buckets}"
    );
    match bucket {
        Some(bucket) => format!(
            "aws s3api put-public-access-block --bucket {bucket} \
             --public-access-block-configuration {configuration}"
        ),
        None => format!(
            "aws s3control put-public-access-block --account-id {account} \
             --public-access-block-configuration {configuration}"
        ),
    }
}

fn of_request(record: &Record, change: &RequestChange) -> String {
    match change {
        RequestChange::Sign => "Sign the request with an access key that may do this.".to_owned(),
        RequestChange::LeaveUnsigned => {
            "Send the request without a signature (aws … --no-sign-request): everybody may do this, \
             but nothing allows it to this caller."
                .to_owned()
        }
        RequestChange::UseTls => "Send the request over HTTPS.".to_owned(),
        RequestChange::AddHeader { name, .. } if name == BYPASS_HEADER => {
            "Say that the retention is to be bypassed: `x-amz-bypass-governance-retention: true` \
             (AWS CLI: --bypass-governance-retention), with the permission \
             s3:BypassGovernanceRetention."
                .to_owned()
        }
        RequestChange::AddHeader { name, value } => {
            format!("Send the header `{name}: {value}`.")
        }
        RequestChange::RemoveAcl => {
            let creates = record.operation.is_some_and(|operation| {
                matches!(operation.name(), "PutObject" | "PostObject" | "CopyObject" | "CreateMultipartUpload")
            });
            if creates {
                "Send no ACL: leave out x-amz-acl and x-amz-grant-* (in client libraries, the \
                 parameter ACL; often a setting such as S3_PERMISSION or default_acl that is to be \
                 empty)."
                    .to_owned()
            } else {
                "Send no ACL; who may do what belongs into the bucket policy.".to_owned()
            }
        }
        RequestChange::SetAclOwner { owner } => {
            format!("Name {owner} as the Owner in the document: an ACL does not change the owner.")
        }
        RequestChange::NewSession { policy } => {
            format!("Make the session with this session policy (sts assume-role --policy): {policy}")
        }
    }
}

fn acl_json(acl: &Acl) -> String {
    let grants: Vec<Value> = acl
        .grants
        .iter()
        .map(|grant| {
            let grantee = if grant.grantee.contains(':') {
                json!({"Type": "Group", "URI": grant.grantee})
            } else {
                json!({"Type": "CanonicalUser", "ID": grant.grantee})
            };
            json!({"Grantee": grantee, "Permission": grant.permission})
        })
        .collect();
    json!({"Owner": {"ID": acl.owner}, "Grants": grants}).to_string()
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=,@+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
