//! `AccessControlPolicy` documents: what was read means the same when it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{AccessControlList, CanonicalUserId, Grant, Grantee};
use ops::acl::{AclInput, GranteeInput};
use s3_api::fuzzing::{acl_document, write_acl_document};

fuzz_target!(|data: &[u8]| {
    let Ok(AclInput::Document { owner, grants }) = acl_document(data) else { return };
    // Ids that no account can have are refused later; they cannot be written.
    let Some(owner) = CanonicalUserId::parse(&owner.text) else { return };
    let known = grants.into_iter().map(|grant| {
        let grantee = match grant.grantee {
            GranteeInput::Account(id) => Grantee::CanonicalUser(CanonicalUserId::parse(&id.text)?),
            GranteeInput::Group(group) => Grantee::Group(group),
        };
        Some(Grant { grantee, permission: grant.permission })
    });
    let Some(grants) = known.collect::<Option<Vec<_>>>() else { return };
    let acl = AccessControlList { owner, grants };
    let written = write_acl_document(&acl);
    let Ok(AclInput::Document { owner, grants }) = acl_document(written.as_bytes()) else {
        panic!("cannot read what was written: {written}")
    };
    assert_eq!(owner.text, acl.owner.to_string());
    assert_eq!(grants.len(), acl.grants.len());
    for (read, grant) in grants.iter().zip(&acl.grants) {
        assert_eq!(read.permission, grant.permission);
        match (&read.grantee, &grant.grantee) {
            (GranteeInput::Account(id), Grantee::CanonicalUser(user)) => {
                assert_eq!(id.text, user.to_string());
            }
            (GranteeInput::Group(read), Grantee::Group(group)) => assert_eq!(read, group),
            _ => panic!("another kind of grantee: {written}"),
        }
    }
});
