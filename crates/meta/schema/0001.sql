-- Schema 1. One database per store; times are milliseconds since 1970, UTC.
--
-- `crc` is the CRC-32C of the other columns of the row (src/row/checksum.rs); `detail_crc` is that
-- of the wide columns behind it, so that a listing can check a row without reading them.
-- Text is compared by bytes (collation BINARY), which is the order S3 lists in.

CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;

CREATE TABLE account (
    id            INTEGER PRIMARY KEY,   -- the twelve digits as a number
    canonical_id  TEXT NOT NULL UNIQUE,  -- in the letter case in which it was given
    name          TEXT NOT NULL UNIQUE,
    email         TEXT,
    created       INTEGER NOT NULL,
    public_access TEXT,                  -- JSON, four flags
    crc           INTEGER NOT NULL
) STRICT;

CREATE TABLE access_key (
    id            TEXT PRIMARY KEY,
    account       INTEGER NOT NULL,
    user          TEXT,                  -- name of an IAM user; NULL is the root user
    sealed_secret BLOB NOT NULL,
    active        INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    crc           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_key_by_account ON access_key (account);

-- AUTOINCREMENT: the number of a deleted bucket never returns. `detail_crc` covers the ACL, the
-- policy and all rows of bucket_setting together.
CREATE TABLE bucket (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT NOT NULL UNIQUE,
    owner            INTEGER NOT NULL,
    region           TEXT NOT NULL,
    created          INTEGER NOT NULL,
    versioning       TEXT NOT NULL,      -- off, enabled, suspended
    object_ownership TEXT,
    public_access    TEXT,               -- JSON, four flags
    revision         INTEGER NOT NULL,
    detail_crc       INTEGER NOT NULL,
    crc              INTEGER NOT NULL,
    acl              TEXT NOT NULL,      -- JSON
    policy           TEXT                -- as received
) STRICT;

CREATE INDEX bucket_by_owner ON bucket (owner, name);

CREATE TABLE bucket_setting (
    bucket INTEGER NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE bucket_usage (
    bucket        INTEGER PRIMARY KEY,
    objects       INTEGER NOT NULL,      -- versions and delete markers
    bytes         INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,      -- the last one given to a version
    crc           INTEGER NOT NULL
) STRICT;

-- The newest version of each key, unless that is a delete marker: what listings show.
CREATE TABLE object (
    bucket             INTEGER NOT NULL,
    key                TEXT NOT NULL,
    sequence           INTEGER NOT NULL,
    version            TEXT NOT NULL,    -- 'null' or an id
    delete_marker      INTEGER NOT NULL, -- always 0 here
    size               INTEGER NOT NULL,
    etag               TEXT NOT NULL,
    last_modified      INTEGER NOT NULL,
    owner              TEXT NOT NULL,
    storage_class      TEXT NOT NULL,
    checksum_algorithm TEXT,
    checksum_type      TEXT,
    detail_crc         INTEGER NOT NULL,
    crc                INTEGER NOT NULL,
    detail             TEXT NOT NULL,    -- JSON: ACL, headers, metadata, tags, checksum, parts
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- Every other version, and every delete marker. The columns are those of `object`.
CREATE TABLE object_version (
    bucket             INTEGER NOT NULL,
    key                TEXT NOT NULL,
    sequence           INTEGER NOT NULL,
    version            TEXT NOT NULL,
    delete_marker      INTEGER NOT NULL,
    size               INTEGER NOT NULL,
    etag               TEXT NOT NULL,
    last_modified      INTEGER NOT NULL,
    owner              TEXT NOT NULL,
    storage_class      TEXT NOT NULL,
    checksum_algorithm TEXT,
    checksum_type      TEXT,
    detail_crc         INTEGER NOT NULL,
    crc                INTEGER NOT NULL,
    detail             TEXT NOT NULL,
    PRIMARY KEY (bucket, key, sequence DESC)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX object_version_by_id ON object_version (bucket, key, version);

CREATE TABLE upload (
    id                     TEXT PRIMARY KEY,
    bucket                 INTEGER NOT NULL,
    key                    TEXT NOT NULL,
    initiated              INTEGER NOT NULL,
    initiator              TEXT NOT NULL,
    initiator_canonical_id TEXT NOT NULL,
    owner                  TEXT NOT NULL,
    storage_class          TEXT NOT NULL,
    checksum_algorithm     TEXT,
    checksum_type          TEXT,
    detail_crc             INTEGER NOT NULL,
    crc                    INTEGER NOT NULL,
    detail                 TEXT NOT NULL -- JSON: ACL, headers, metadata, tags
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX upload_by_key ON upload (bucket, key, id);

CREATE TABLE upload_part (
    upload        TEXT NOT NULL,
    number        INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    etag          TEXT NOT NULL,
    checksum      TEXT,
    blob          TEXT,
    last_modified INTEGER NOT NULL,
    crc           INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE completed_upload (
    id        TEXT PRIMARY KEY,
    bucket    INTEGER NOT NULL,
    key       TEXT NOT NULL,
    completed INTEGER NOT NULL,
    version   TEXT NOT NULL,
    etag      TEXT NOT NULL,
    checksum  TEXT,
    crc       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX completed_upload_by_time ON completed_upload (completed);
CREATE INDEX completed_upload_by_bucket ON completed_upload (bucket);

-- Blobs that nothing refers to and that wait to be removed.
CREATE TABLE garbage (
    blob  TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    crc   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX garbage_by_time ON garbage (since);
