use model::{
    AccessControlList, CanonicalUserId, Checksum, ChecksumAlgorithm, ChecksumType, Grant, Grantee,
    Group, Permission,
};

use super::binary::{Decoder, Encoder};
use super::checksum::{RowChecksum, crc32c};
use super::document::AclDocument;
use super::object::{Summary, encode_delete_marker, encode_object};
use super::text::{checksum_text, parse_checksum};
use crate::contract::fixture::{
    canonical_id, encryption, key, new_object, retained, time, version_id,
};
use crate::{DeleteMarkerRecord, ObjectHeaders, ObjectPart, ObjectRecord, ObjectVersion};

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

#[test]
fn numbers_round_trip() {
    for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
        let mut out = Encoder::default();
        out.number(number);
        let bytes = out.finish();
        let mut read = Decoder(&bytes);
        assert_eq!((read.number(), read.is_empty()), (Some(number), true));
    }
    for bad in [&[][..], &[0x80], &[0xff; 10], &[0xff; 9]] {
        assert_eq!(Decoder(bad).number(), None, "{bad:?}");
    }
    assert_eq!(Decoder(&[5, b'a']).text(), None, "shorter than its length");
    assert_eq!(Decoder(&[1, 0xff]).text(), None, "no text");
}

/// A record with every field set.
fn full_record() -> ObjectRecord {
    let record = new_object("a/b", 7).into_record(version_id(7), i64::MAX);
    ObjectRecord {
        size_bytes: u64::MAX,
        etag: model::ETag { parts: Some(10_000), ..record.etag },
        storage_class: "GLACIER".to_owned(),
        lock: model::ObjectLock {
            legal_hold: Some(true),
            ..retained(model::RetentionMode::Compliance, -1)
        },
        encryption: encryption(4),
        ..record
    }
}

/// A record with as little as possible.
fn bare_record() -> ObjectRecord {
    let part =
        ObjectPart { checksum: None, blob: None, salt: None, ..full_record().parts[0].clone() };
    ObjectRecord {
        version: model::VersionId::Null,
        sequence: 1,
        size_bytes: 0,
        storage_class: "STANDARD".to_owned(),
        headers: ObjectHeaders::default(),
        user_metadata: Vec::new(),
        tags: Vec::new(),
        checksum: None,
        acl: None,
        lock: model::ObjectLock::default(),
        encryption: None,
        parts: vec![part],
        ..full_record()
    }
}

fn encrypted(seed: u64) -> ObjectVersion {
    let mut record = bare_record();
    record.encryption = encryption(seed);
    record.parts[0].salt = Some([9; 16]);
    ObjectVersion::Object(record.into())
}

fn versions() -> [ObjectVersion; 6] {
    let marker = DeleteMarkerRecord {
        key: key("k"),
        version: version_id(1),
        sequence: 3,
        last_modified: time(-1),
        owner: canonical_id(1),
    };
    [
        ObjectVersion::Object(full_record().into()),
        ObjectVersion::Object(bare_record().into()),
        ObjectVersion::DeleteMarker(marker),
        encrypted(1),
        encrypted(2),
        encrypted(3),
    ]
}

fn columns(version: &ObjectVersion) -> super::object::Columns {
    match version {
        ObjectVersion::Object(record) => encode_object(5, record).unwrap(),
        ObjectVersion::DeleteMarker(marker) => encode_delete_marker(5, marker),
    }
}

#[test]
fn versions_round_trip_as_columns() {
    for version in versions() {
        let columns = columns(&version);
        let key = version.key().as_str();
        let summary = Summary::decode(5, key, &columns.summary).unwrap();
        assert_eq!(
            (summary.sequence, summary.version),
            (version.sequence(), version.version().as_str())
        );
        assert_eq!(summary.version(key, &columns.detail), Some(version.clone()));
        assert_eq!(summary.list_entry(key).is_some(), version.clone().into_object().is_some());
        assert!(Summary::decode(6, key, &columns.summary).is_none(), "of another bucket");
        assert!(Summary::decode(5, "other", &columns.summary).is_none(), "of another key");
    }
}

#[test]
fn a_changed_or_cut_column_is_nothing() {
    for version in versions() {
        let columns = columns(&version);
        let key = version.key().as_str();
        for at in 0..columns.summary.len() {
            let mut changed = columns.summary.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(Summary::decode(5, key, &changed).is_none(), "byte {at}");
            assert!(Summary::decode(5, key, &columns.summary[..at]).is_none(), "length {at}");
        }
        let summary = Summary::decode(5, key, &columns.summary).unwrap();
        for at in 0..columns.detail.len() {
            let mut changed = columns.detail.clone();
            changed[at] ^= 1 << (at % 8);
            assert_eq!(summary.version(key, &changed), None, "byte {at}");
            assert_eq!(summary.version(key, &columns.detail[..at]), None, "length {at}");
        }
    }
}

/// What a later version wrote may be what decides about access.
#[test]
fn an_unknown_field_makes_a_detail_unreadable() {
    for tag in [0, 8, 15, 23, 255] {
        let mut record = bare_record();
        assert_eq!(super::object_detail::decode_detail(&[tag, 0], &mut record), None, "{tag}");
    }
}

/// RustFS GHSA-j548: a lock that could not be read was taken for no lock.
#[test]
fn ghsa_j548_an_unreadable_lock_makes_a_detail_unreadable() {
    for detail in [
        &[6][..],
        &[6, 1],
        &[6, 1, 0, 0, 0, 0, 0, 0, 0],
        &[6, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[6, 3, 0, 0, 0, 0, 0, 0, 0, 0],
        &[7],
        &[7, 2],
    ] {
        let mut record = bare_record();
        assert_eq!(super::object_detail::decode_detail(detail, &mut record), None, "{detail:?}");
    }
    for lock in
        [r#"{"retention":{"mode":"X","until":1}}"#, r#"{"retention":{"mode":"","until":1}}"#]
    {
        let document: super::document::LockDocument = serde_json::from_str(lock).unwrap();
        assert_eq!(document.decode(), None, "{lock}");
    }
    for lock in [r#"{"hold":true}"#, r#"{"retention":{"mode":"GOVERNANCE"}}"#] {
        assert!(serde_json::from_str::<super::document::LockDocument>(lock).is_err(), "{lock}");
    }
}
