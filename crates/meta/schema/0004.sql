-- Schema 4: event notifications.
--
-- What waits for a destination, in the order of the changes. The row is written in the transaction
-- of the change itself, so neither is there without the other.

CREATE TABLE event (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,           -- an ARN
    sequence    INTEGER NOT NULL,        -- the same for all events of one change; grows
    version     TEXT,                    -- of the object, where there is one
    queued      INTEGER NOT NULL,
    due         INTEGER NOT NULL,        -- not sent before
    attempts    INTEGER NOT NULL,
    died        INTEGER,                 -- when it was given up; NULL while it waits
    error       TEXT,                    -- what the last attempt met
    document    TEXT NOT NULL,           -- JSON; its meaning belongs to the crate `ops`
    crc         INTEGER NOT NULL
) STRICT;

CREATE INDEX event_waiting ON event (destination, id) WHERE died IS NULL;
CREATE INDEX event_dead ON event (destination, id) WHERE died IS NOT NULL;

-- Encryption of bodies.

-- Keys that wrap the data keys of objects. The document holds the key itself, wrapped with a key that
-- is derived from the master key; its meaning belongs to the crate `ops`. Rows are never removed.
CREATE TABLE encryption_key (
    number   INTEGER PRIMARY KEY,
    document TEXT NOT NULL,          -- JSON
    crc      INTEGER NOT NULL
) STRICT;

-- Part of the key of an encrypted part; NULL if it is not encrypted. Covered by `crc` where it is there.
ALTER TABLE upload_part ADD COLUMN salt BLOB;
