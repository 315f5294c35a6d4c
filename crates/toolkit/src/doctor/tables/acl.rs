//! PUT with and without the application's ACL (C-10).

use crate::doctor::seen::Seen;

/// What the store does with ACLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclVerdict {
    /// The application's uploads arrive.
    Healthy,
    /// The application sends no ACL, and its uploads arrive.
    NotSent,
    /// ACLs are disabled on the bucket, and the application still sends them.
    Disabled,
    /// Block Public Access refuses public ACLs.
    PublicBlocked,
    /// The caller lacks s3:PutObjectAcl.
    NoPermission,
    /// The store has no ACLs.
    NoAcls,
    /// The value is no canned ACL.
    BadValue,
    /// The ACL is taken and does not make the object public.
    Ignored,
    /// Not even a plain upload is allowed.
    NoUpload,
    /// A policy demands a header that only the application's upload has.
    HeaderDemanded,
    /// The store is in trouble.
    Trouble,
    /// Something else; the answer stands in the evidence.
    Other,
}

/// What was tried.
#[derive(Clone, Debug)]
pub struct Tried<'a> {
    /// PUT without ACL.
    pub plain: &'a Seen,
    /// The ACL of the application; none if it sends none.
    pub acl: Option<&'a str>,
    /// PUT as the application does it.
    pub as_application: &'a Seen,
    /// PUT with `private`, where the other was refused with 403.
    pub private: Option<&'a Seen>,
    /// Anonymous GET of what was put as the application does it.
    pub anonymous: Option<&'a Seen>,
    /// Whether Block Public Access is known to refuse public ACLs.
    pub blocks_public_acls: Option<bool>,
}

impl AclVerdict {
    /// What the answers mean.
    pub fn of(tried: &Tried<'_>) -> Self {
        let with = tried.as_application;
        if with.is_success() {
            return Self::taken(tried);
        }
        if !tried.plain.is_success() {
            let denied = tried.plain.is(403) && with.is(403);
            return match (denied, tried.plain.is_trouble() || with.is_trouble()) {
                (true, _) => Self::NoUpload,
                (false, true) => Self::Trouble,
                (false, false) => Self::Other,
            };
        }
        match (with.status, with.code.as_str()) {
            (_, "AccessControlListNotSupported") => Self::Disabled,
            (Some(400), "InvalidArgument") => Self::BadValue,
            (_, "NotImplemented") | (Some(400 | 405 | 412 | 501), _) => Self::NoAcls,
            (Some(403), _) => Self::denied(tried),
            _ if with.is_trouble() => Self::Trouble,
            _ => Self::Other,
        }
    }

    fn taken(tried: &Tried<'_>) -> Self {
        if tried.plain.is(403) {
            return Self::HeaderDemanded;
        }
        if tried.acl.is_none() {
            return Self::NotSent;
        }
        match tried.anonymous {
            Some(anonymous) if anonymous.is(403) || anonymous.is(404) => Self::Ignored,
            _ => Self::Healthy,
        }
    }

    /// A public ACL that is refused where `private` is taken was refused for being public.
    fn denied(tried: &Tried<'_>) -> Self {
        let is_public = tried.acl.is_some_and(|acl| acl.starts_with("public-"));
        let takes_private = tried.private.is_some_and(Seen::is_success);
        match (is_public && takes_private, tried.blocks_public_acls) {
            (true, _) => Self::PublicBlocked,
            (false, Some(true)) if is_public && tried.private.is_none() => Self::PublicBlocked,
            (false, _) => Self::NoPermission,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        plain: (u16, &str),
        acl: Option<&str>,
        with: (u16, &str),
        private: Option<(u16, &str)>,
        anonymous: Option<u16>,
        expected: AclVerdict,
    ) {
        let seen = |(status, code): (u16, &str)| Seen::answer(status, code);
        let (plain, with) = (seen(plain), seen(with));
        let private = private.map(seen);
        let anonymous = anonymous.map(|status| Seen::answer(status, ""));
        let tried = Tried {
            plain: &plain,
            acl,
            as_application: &with,
            private: private.as_ref(),
            anonymous: anonymous.as_ref(),
            blocks_public_acls: None,
        };
        assert_eq!(AclVerdict::of(&tried), expected, "{tried:?}");
    }

    /// One line a row of the specification's table "PUT with vs without ACL".
    #[test]
    fn rows_of_the_table() {
        const OK: (u16, &str) = (200, "");
        const DENIED: (u16, &str) = (403, "AccessDenied");
        let read = Some("public-read");
        check(OK, read, OK, None, Some(200), AclVerdict::Healthy);
        check(OK, None, OK, None, Some(200), AclVerdict::NotSent);
        check(OK, read, (400, "AccessControlListNotSupported"), None, None, AclVerdict::Disabled);
        check(OK, read, DENIED, Some(OK), None, AclVerdict::PublicBlocked);
        check(OK, read, DENIED, Some(DENIED), None, AclVerdict::NoPermission);
        check(OK, Some("private"), DENIED, None, None, AclVerdict::NoPermission);
        check(OK, read, (501, "NotImplemented"), None, None, AclVerdict::NoAcls);
        check(OK, read, (400, "InvalidRequest"), None, None, AclVerdict::NoAcls);
        check(OK, read, (412, "PreconditionFailed"), None, None, AclVerdict::NoAcls);
        check(OK, Some("'x'"), (400, "InvalidArgument"), None, None, AclVerdict::BadValue);
        check(OK, read, OK, None, Some(403), AclVerdict::Ignored);
        check(DENIED, read, DENIED, None, None, AclVerdict::NoUpload);
        check(DENIED, read, OK, None, None, AclVerdict::HeaderDemanded);
        check((503, "SlowDown"), read, (503, "SlowDown"), None, None, AclVerdict::Trouble);
        check(OK, read, (500, "InternalError"), None, None, AclVerdict::Trouble);
        check((400, "X"), read, (400, "X"), None, None, AclVerdict::Other);
    }

    #[test]
    fn the_flag_decides_where_private_was_not_tried() {
        let (plain, with) = (Seen::success(), Seen::answer(403, "AccessDenied"));
        let tried = Tried {
            plain: &plain,
            acl: Some("public-read"),
            as_application: &with,
            private: None,
            anonymous: None,
            blocks_public_acls: Some(true),
        };
        assert_eq!(AclVerdict::of(&tried), AclVerdict::PublicBlocked);
    }
}
