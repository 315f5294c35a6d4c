//! Grants, canned ACLs, and which grant gives which action (§2).

use model::{CannedAcl, Group, Permission};

use crate::policy::Named;
use crate::world::{Account, Caller, Party};

/// Who receives a grant (§2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// A canonical user id.
    Party(Party),
    /// The EC2 account of `aws-exec-read`.
    ImageReader,
    /// A group.
    Group(Group),
}

/// A grant (ACL-2).
pub type Grant = (Grantee, Permission);

/// The ACL that a request asks for (§2.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclAsked {
    /// None.
    Absent,
    /// `x-amz-acl`
    Canned(CannedAcl),
    /// `x-amz-grant-*`
    Grants(Vec<Grant>),
    /// A body, with the owner that it names.
    Document(Party, Vec<Grant>),
}

/// §2.6: what is stored, in order, for a resource of this owner.
pub fn expand(asked: &AclAsked, owner: Party) -> Vec<Grant> {
    use Permission::{FullControl, Read, ReadAcp, Write};
    let own = (Grantee::Party(owner), FullControl);
    let bucket_owner = Party::Account(Account::B);
    let canned = match asked {
        AclAsked::Absent => return vec![own], // ACL-3
        AclAsked::Grants(grants) | AclAsked::Document(_, grants) => return grants.clone(), // ACL-7
        AclAsked::Canned(canned) => canned,
    };
    let beside_owner = |permission| {
        let beside = (owner != bucket_owner).then_some((Grantee::Party(bucket_owner), permission));
        [own].into_iter().chain(beside).collect()
    };
    let group = |group, permission| (Grantee::Group(group), permission);
    match canned {
        CannedAcl::Private => vec![own],
        CannedAcl::PublicRead => vec![own, group(Group::AllUsers, Read)],
        CannedAcl::PublicReadWrite => {
            vec![own, group(Group::AllUsers, Read), group(Group::AllUsers, Write)]
        }
        CannedAcl::AuthenticatedRead => vec![own, group(Group::AuthenticatedUsers, Read)],
        CannedAcl::AwsExecRead => vec![own, (Grantee::ImageReader, Read)],
        CannedAcl::BucketOwnerRead => beside_owner(Read),
        CannedAcl::BucketOwnerFullControl => beside_owner(FullControl),
        CannedAcl::LogDeliveryWrite => {
            vec![own, group(Group::LogDelivery, Write), group(Group::LogDelivery, ReadAcp)]
        }
    }
}

/// BPA-10: any grant to AllUsers or AuthenticatedUsers.
pub fn is_public(grants: &[Grant]) -> bool {
    grants.iter().any(|(grantee, _)| is_public_grantee(*grantee))
}

/// The two groups that are public; LogDelivery is not (BPA-10).
pub fn is_public_grantee(grantee: Grantee) -> bool {
    matches!(grantee, Grantee::Group(Group::AllUsers | Group::AuthenticatedUsers))
}

/// §2.4, bucket rows: the permission on the bucket that gives a bucket action.
pub fn bucket_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:ListBucket" | "s3:ListBucketVersions" | "s3:ListBucketMultipartUploads" => {
            Some(Permission::Read)
        }
        "s3:GetBucketAcl" => Some(Permission::ReadAcp),
        "s3:PutBucketAcl" => Some(Permission::WriteAcp),
        _ => None, // "Never reachable through any ACL grant"
    }
}

/// §2.4, object rows.
pub fn object_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:GetObject" | "s3:GetObjectVersion" => Some(Permission::Read),
        "s3:GetObjectAcl" | "s3:GetObjectVersionAcl" => Some(Permission::ReadAcp),
        "s3:PutObjectAcl" | "s3:PutObjectVersionAcl" => Some(Permission::WriteAcp),
        _ => None,
    }
}

/// How the grants of this permission name the caller. A grant to an account names no principal of
/// it (ACL-20), a grant to a group is public (§6.4).
pub fn grants_to(caller: Caller, grants: &[Grant], wanted: Permission) -> Vec<Named> {
    let giving = grants.iter().filter(|(_, permission)| {
        *permission == wanted || *permission == Permission::FullControl // §2.3
    });
    giving.filter_map(|(grantee, _)| grantee_is(*grantee, caller)).collect()
}

fn grantee_is(grantee: Grantee, caller: Caller) -> Option<Named> {
    let everyone = |is_member: bool| is_member.then_some(Named::Everyone);
    match grantee {
        Grantee::Party(party) => caller.is_party(party).then_some(Named::Account),
        Grantee::ImageReader => None,
        Grantee::Group(Group::AllUsers) => everyone(true),
        Grantee::Group(Group::AuthenticatedUsers) => everyone(caller.account().is_some()),
        Grantee::Group(Group::LogDelivery) => everyone(caller == Caller::LogDelivery),
    }
}
