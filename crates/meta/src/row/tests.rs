use model::{
    AccessControlList, CanonicalUserId, Checksum, ChecksumAlgorithm, ChecksumType, Grant, Grantee,
    Group, Permission,
};

use super::checksum::{RowChecksum, crc32c};
use super::document::AclDocument;
use super::text::{checksum_text, parse_checksum};

#[test]
fn crc32c_of_the_standard_check_value() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(crc32c(b""), 0);
}

#[test]
fn columns_do_not_run_together() {
    let sums = [
        RowChecksum::of("t").text("ab").text("c").finish(),
        RowChecksum::of("t").text("a").text("bc").finish(),
        RowChecksum::of("t").blob(b"ab").text("c").finish(),
        RowChecksum::of("t").text("abc").optional_text(None).finish(),
        RowChecksum::of("t").optional_text(None).text("abc").finish(),
        RowChecksum::of("t").text("").text("abc").finish(),
        RowChecksum::of("u").text("ab").text("c").finish(),
        RowChecksum::of("t").integer(1).finish(),
        RowChecksum::of("t").integer(256).finish(),
    ];
    let distinct: std::collections::BTreeSet<_> = sums.into_iter().collect();
    assert_eq!(distinct.len(), sums.len());
}

#[test]
fn checksums_round_trip_as_text() {
    for algorithm in ChecksumAlgorithm::ALL {
        for (checksum_type, parts) in
            [(ChecksumType::FullObject, None), (ChecksumType::Composite, Some(10_000))]
        {
            let value = vec![0xab; algorithm.length_bytes()];
            let checksum = Checksum { algorithm, checksum_type, value, parts };
            assert_eq!(parse_checksum(&checksum_text(&checksum)), Some(checksum));
        }
    }
    for bad in [
        "",
        "CRC32",
        "CRC32:FULL_OBJECT",
        "CRC32:FULL_OBJECT:00",
        "CRC32:FULL_OBJECT:0000000",
        "CRC32:FULL_OBJECT:00000000:",
        "CRC32:FULL_OBJECT:00000000:1:2",
        "X:COMPOSITE:00000000",
    ] {
        assert_eq!(parse_checksum(bad), None, "{bad}");
    }
}

/// Operators and later versions read it: it must not change by accident.
#[test]
fn an_acl_as_json() {
    let owner = CanonicalUserId::anonymous();
    let mut acl = AccessControlList::private(owner);
    let grantee = Grantee::Group(Group::LogDelivery);
    acl.grants.push(Grant { grantee, permission: Permission::WriteAcp });
    let json = serde_json::to_string(&AclDocument::from(&acl)).unwrap();
    assert_eq!(
        json,
        r#"{"owner":"65a011a29cdf8ec533ec3d1ccaae921c","grants":[{"id":"65a011a29cdf8ec533ec3d1ccaae921c","permission":"FULL_CONTROL"},{"uri":"http://acs.amazonaws.com/groups/s3/LogDelivery","permission":"WRITE_ACP"}]}"#
    );
    let read: AclDocument = serde_json::from_str(&json).unwrap();
    assert_eq!(read.decode(), Some(acl));
}

#[test]
fn an_acl_with_an_unknown_name_is_not_read_without_it() {
    for (from, to) in [
        ("LogDelivery", "LogDeliveries"),
        ("WRITE_ACP", "WRITES"),
        (r#""id":"65"#, r#""id":"xx"#),
        (r#""owner":"65"#, r#""owner":"xx"#),
    ] {
        let json = r#"{"owner":"65a011a29cdf8ec533ec3d1ccaae921c","grants":[{"id":"65a011a29cdf8ec533ec3d1ccaae921c","permission":"FULL_CONTROL"},{"uri":"http://acs.amazonaws.com/groups/s3/LogDelivery","permission":"WRITE_ACP"}]}"#;
        let changed = json.replace(from, to);
        assert_ne!(changed, json);
        let read: AclDocument = serde_json::from_str(&changed).unwrap();
        assert_eq!(read.decode(), None, "{to}");
    }
}
