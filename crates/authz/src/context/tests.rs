use super::*;

#[test]
fn names_are_read_in_any_letter_case_pol_12() {
    for key in ConditionKey::PLAIN {
        let name = key.name();
        for spelling in [name.to_string(), name.to_uppercase(), name.to_lowercase()] {
            assert_eq!(ConditionKey::parse(&spelling), *key, "{spelling}");
        }
    }
}

#[test]
fn tag_keys_keep_their_spelling() {
    for (text, expected) in [
        ("S3:existingobjecttag/Team", ConditionKey::ExistingObjectTag("Team".into())),
        ("s3:RequestObjectTag/a/b", ConditionKey::RequestObjectTag("a/b".into())),
        ("aws:PrincipalTag/x:y", ConditionKey::PrincipalTag("x:y".into())),
        ("aws:PrincipalTag/", ConditionKey::Foreign("aws:PrincipalTag/".into())),
        ("aws:PrincipalTag", ConditionKey::Foreign("aws:PrincipalTag".into())),
        ("s3:prefix/x", ConditionKey::Foreign("s3:prefix/x".into())),
        ("ec2:Region", ConditionKey::Foreign("ec2:Region".into())),
        ("", ConditionKey::Foreign("".into())),
    ] {
        assert_eq!(ConditionKey::parse(text), expected, "{text}");
    }
    assert_eq!(ConditionKey::parse("AWS:PRINCIPALTAG/X").name(), "aws:PrincipalTag/X");
}

fn check(key: &str, good: &[Action], bad: &[Action]) {
    let key = ConditionKey::parse(key);
    for action in good {
        assert!(key.applies_to(*action), "{key:?} {action:?}");
    }
    for action in bad {
        assert!(!key.applies_to(*action), "{key:?} {action:?}");
    }
}

#[test]
fn which_actions_have_which_keys() {
    use Action as A;
    // POL-50, POL-51, POL-52
    check(
        "s3:ExistingObjectTag/x",
        &[
            A::GetObject,
            A::GetObjectVersion,
            A::GetObjectAcl,
            A::PutObjectVersionAcl,
            A::PutObjectTagging,
            A::DeleteObjectVersionTagging,
            A::GetObjectAttributes,
        ],
        &[
            A::PutObject,
            A::DeleteObject,
            A::DeleteObjectVersion,
            A::GetObjectRetention,
            A::PutObjectRetention,
            A::GetObjectLegalHold,
            A::PutObjectLegalHold,
            A::BypassGovernanceRetention,
            A::ListBucket,
        ],
    );
    // POL-53
    check(
        "s3:RequestObjectTag/x",
        &[A::PutObject, A::PutObjectTagging, A::BypassGovernanceRetention],
        &[A::PutObjectAcl, A::PutObjectRetention, A::PutObjectLegalHold, A::GetObject],
    );
    // POL-54
    for key in [
        "s3:x-amz-acl",
        "s3:x-amz-grant-read",
        "s3:x-amz-copy-source",
        "s3:x-amz-metadata-directive",
        "s3:x-amz-server-side-encryption",
    ] {
        check(key, &[A::PutObject], &[A::GetObject, A::GetObjectVersion]);
    }
    check("s3:x-amz-acl", &[A::CreateBucket, A::PutBucketAcl, A::PutObjectAcl], &[A::ListBucket]);
    check(
        "s3:prefix",
        &[A::ListBucket, A::ListBucketVersions],
        &[A::ListBucketMultipartUploads, A::GetObject],
    );
    check("s3:versionid", &[A::GetObjectVersion, A::DeleteObjectVersion], &[A::GetObject]);
    check("s3:if-match", &[A::PutObject, A::DeleteObject], &[A::DeleteObjectVersion]);
    check("s3:if-none-match", &[A::PutObject], &[A::DeleteObject]);
    check("s3:x-amz-storage-class", &[A::PutObject, A::PutObjectAcl], &[A::PutBucketAcl]);
    check(
        "s3:object-lock-legal-hold",
        &[A::PutObject, A::PutObjectLegalHold],
        &[A::PutObjectRetention],
    );
    check("s3:locationconstraint", &[A::CreateBucket], &[A::DeleteBucket]);
    for key in ["s3:authType", "s3:TlsVersion", "s3:ResourceAccount", "aws:SourceIp", "aws:Referer"]
    {
        check(key, Action::ALL, &[]);
    }
}

#[test]
fn attributes_never_see_existing_tags_pol_51() {
    let key = ConditionKey::ExistingObjectTag("x".into());
    assert!(key.available_to(Action::GetObject));
    for action in [Action::GetObjectAttributes, Action::GetObjectVersionAttributes] {
        assert!(key.applies_to(action) && !key.available_to(action), "{action:?}");
    }
}

#[test]
fn lists() {
    for key in ["aws:TagKeys", "s3:RequestObjectTagKeys", "aws:PrincipalOrgPaths", "aws:CalledVia"]
    {
        assert!(ConditionKey::parse(key).is_multivalued(), "{key}");
    }
    assert!(!ConditionKey::SourceIp.is_multivalued());
}
