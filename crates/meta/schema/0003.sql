-- Schema 3: IAM.
--
-- Users, groups, roles, managed policies and identity providers, one row each. What they hold is a
-- JSON document whose meaning belongs to the crate `iam`.

CREATE TABLE iam_entity (
    account  INTEGER NOT NULL,
    kind     TEXT NOT NULL,          -- user, group, role, policy, oidc-provider, account
    key      TEXT NOT NULL,          -- its name as names are compared: in lower case
    id       TEXT,                   -- AIDA…, AGPA…, AROA…, ANPA…; NULL for kinds without one
    crc      INTEGER NOT NULL,
    document TEXT NOT NULL,          -- JSON
    PRIMARY KEY (account, kind, key)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX iam_entity_by_id ON iam_entity (id);

-- What the documents refer to, the other way round: the members of a group, the bearers of a
-- policy. Nothing is allowed or denied by these rows.
CREATE TABLE iam_link (
    account  INTEGER NOT NULL,
    relation TEXT NOT NULL,          -- member, attached, boundary
    target   TEXT NOT NULL,          -- key of a group, or ARN of a policy
    kind     TEXT NOT NULL,          -- who refers to it
    key      TEXT NOT NULL,
    crc      INTEGER NOT NULL,
    PRIMARY KEY (account, relation, target, kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX iam_link_by_holder ON iam_link (account, kind, key);

-- When an access key was last used; written now and then, not with each request.
CREATE TABLE access_key_use (
    id      TEXT PRIMARY KEY,
    used    INTEGER NOT NULL,
    service TEXT NOT NULL,
    region  TEXT NOT NULL,
    crc     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `access_key.user` holds the unique id of a user (AIDA…), which a new user of the same name does
-- not get. No key of a user could be made before this schema.
CREATE INDEX access_key_by_user ON access_key (user) WHERE user IS NOT NULL;
