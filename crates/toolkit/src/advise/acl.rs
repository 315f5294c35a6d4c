//! ACLs as documents.

use model::{AccessControlList, CanonicalUserId, Grant, Grantee, Group, Permission};

use super::AdviseError;
use crate::s3::document::Element;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Reads an `AccessControlPolicy`. A grant that is not Amazon's is an error: left out, somebody would be
/// left out of the advice.
pub(super) fn parse(document: &Element) -> Result<AccessControlList, AdviseError> {
    let owner = document.child("Owner").and_then(|owner| owner.text_of("ID"));
    let owner = canonical_user_id(owner.unwrap_or_default())?;
    let list = document.child("AccessControlList");
    let grants = list.into_iter().flat_map(|list| list.children_named("Grant"));
    let grants = grants.map(grant).collect::<Result<_, _>>()?;
    Ok(AccessControlList { owner, grants })
}

/// Amazon's name of an account.
pub(super) fn canonical_user_id(text: &str) -> Result<CanonicalUserId, AdviseError> {
    CanonicalUserId::parse(text).ok_or_else(|| {
        AdviseError::Unusable(format!(
            "the store calls an account `{text}`, which is no canonical user id; no policy could name it"
        ))
    })
}

fn grant(element: &Element) -> Result<Grant, AdviseError> {
    let permission = element.text_of("Permission").unwrap_or_default();
    let grantee = element.child("Grantee");
    let part = |name| grantee.and_then(|grantee| grantee.text_of(name));
    let grantee = match (part("URI"), part("ID")) {
        (Some(uri), _) => grantee_of(uri)?,
        (None, id) => Grantee::CanonicalUser(canonical_user_id(id.unwrap_or_default())?),
    };
    let permission = Permission::parse(permission).ok_or_else(|| {
        AdviseError::Unusable(format!("the store has a grant of `{permission}`, which is unknown"))
    })?;
    Ok(Grant { grantee, permission })
}

/// The group with this URI, or the account with this canonical user id.
pub(super) fn grantee_of(text: &str) -> Result<Grantee, AdviseError> {
    match Group::from_uri(text) {
        Some(group) => Ok(Grantee::Group(group)),
        None => canonical_user_id(text).map(Grantee::CanonicalUser),
    }
}

/// As [`grantee_of`] reads it.
pub(super) fn grantee_text(grantee: &Grantee) -> &str {
    match grantee {
        Grantee::CanonicalUser(id) => id.as_str(),
        Grantee::Group(group) => group.uri(),
    }
}

/// The document of PutBucketAcl. Nothing in it needs escaping.
pub(super) fn document(acl: &AccessControlList) -> String {
    let grant = |grant: &Grant| {
        let (kind, member) = match grant.grantee {
            Grantee::CanonicalUser(_) => ("CanonicalUser", "ID"),
            Grantee::Group(_) => ("Group", "URI"),
        };
        format!(
            "<Grant><Grantee xmlns:xsi=\"{SCHEMA_INSTANCE}\" xsi:type=\"{kind}\">\
             <{member}>{}</{member}></Grantee><Permission>{}</Permission></Grant>",
            grantee_text(&grant.grantee),
            grant.permission
        )
    };
    format!(
        "<AccessControlPolicy xmlns=\"{NAMESPACE}\"><Owner><ID>{}</ID></Owner>\
         <AccessControlList>{}</AccessControlList></AccessControlPolicy>",
        acl.owner,
        acl.grants.iter().map(grant).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::document;

    #[test]
    fn documents_are_read_as_they_are_written() {
        let owner = CanonicalUserId::parse(&"a".repeat(64)).unwrap();
        let mut acl = AccessControlList::private(owner);
        for group in [Group::AllUsers, Group::AuthenticatedUsers, Group::LogDelivery] {
            let grantee = Grantee::Group(group);
            acl.grants.push(Grant { grantee, permission: Permission::ReadAcp });
        }
        let text = super::document(&acl);
        assert_eq!(parse(&document::parse(text.as_bytes()).unwrap()).unwrap(), acl);
        for (from, to) in
            [("READ_ACP", "LOOK"), (acl.owner.as_str(), "somebody"), ("AllUsers", "Us")]
        {
            let other = text.replace(from, to);
            assert!(parse(&document::parse(other.as_bytes()).unwrap()).is_err(), "{other}");
        }
    }
}
