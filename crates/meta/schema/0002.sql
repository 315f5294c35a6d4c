-- Schema 2. The two tables of objects keep a row in two binary columns instead of fourteen readable
-- ones: a listing of a thousand keys spent a third of its time on taking columns apart.
--
-- `summary` is what a listing shows and begins with its checksum, which covers `bucket` and `key`
-- too; `detail` is the rest, and its checksum stands in the summary (src/row/object.rs).
-- The rows are carried over by src/sqlite/schema/objects_of_schema_1.rs, in the same transaction.

ALTER TABLE object RENAME TO object_of_schema_1;
ALTER TABLE object_version RENAME TO object_version_of_schema_1;
DROP INDEX object_version_by_id;

-- The newest version of each key, unless that is a delete marker: what listings show.
CREATE TABLE object (
    bucket  INTEGER NOT NULL,
    key     TEXT NOT NULL,
    summary BLOB NOT NULL,
    detail  BLOB NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- Every other version, and every delete marker. `sequence` and `version` repeat what the summary
-- says, for the indexes.
CREATE TABLE object_version (
    bucket   INTEGER NOT NULL,
    key      TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    version  TEXT NOT NULL,              -- 'null' or an id
    summary  BLOB NOT NULL,
    detail   BLOB NOT NULL,
    PRIMARY KEY (bucket, key, sequence DESC)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX object_version_by_id ON object_version (bucket, key, version);
