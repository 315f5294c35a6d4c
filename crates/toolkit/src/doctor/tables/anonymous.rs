//! What the public sees of a fresh object that is there (C-12).

use crate::doctor::seen::Seen;

/// What the public can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousVerdict {
    /// It reads.
    Readable,
    /// It reads through the application's host only, as it should be with a CDN.
    ThroughAliasOnly,
    /// The host of the application denies what the store gives.
    AliasDenies,
    /// Nobody but the application reads.
    Denied,
    /// The host of the application maps to something else.
    AliasElsewhere,
    /// Other bytes come back.
    WrongBytes,
    /// The host gives no answer.
    NoAnswer,
    /// Something else; the answers stand in the evidence.
    Other,
}

impl AnonymousVerdict {
    /// What the answers mean; `alias` is the application's own host if it has one.
    pub fn of(alias: Option<&Seen>, direct: &Seen, are_bytes_right: bool) -> Self {
        let alias = alias.unwrap_or(direct);
        if alias.status.is_none() {
            return Self::NoAnswer;
        }
        if alias.is_html || (alias.is_success() && !are_bytes_right) {
            return Self::WrongBytes;
        }
        if alias.is_success() {
            return if direct.is_success() { Self::Readable } else { Self::ThroughAliasOnly };
        }
        match (alias.status, direct.is_success()) {
            (Some(403), true) => Self::AliasDenies,
            (Some(404), true) => Self::AliasElsewhere,
            (Some(401 | 403 | 404), false) => Self::Denied,
            _ => Self::Other,
        }
    }

    /// What it means, and what to do.
    pub fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Readable => ("the public reads what was uploaded", ""),
            Self::ThroughAliasOnly => (
                "the public reads through the application's host, and not directly: as it should be \
                 where a CDN signs its requests",
                "",
            ),
            Self::AliasDenies => (
                "the store gives the object to the public, the application's host does not",
                "correct path or host rewriting of the CDN or proxy; perhaps the bucket's name is missing \
                 in its origin",
            ),
            Self::Denied => (
                "the public may not read what the application uploads",
                "let the bucket policy allow s3:GetObject to everyone on the media prefixes, and switch \
                 the two policy flags of Block Public Access off: `grantry fix bucket`",
            ),
            Self::AliasElsewhere => (
                "the application's host leads elsewhere: the bucket's name stands there twice or not at \
                 all",
                "correct the origin of the CDN or proxy, or the bucket's name in the endpoint",
            ),
            Self::WrongBytes => (
                "the public gets other bytes than were uploaded",
                "a cache or proxy changes or replaces them: look at its rules",
            ),
            Self::NoAnswer => (
                "the host from which the public should read gives no answer",
                "correct the host name, its DNS record or its certificate",
            ),
            Self::Other => {
                ("the public does not get the object", "look at the answer in the evidence")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(alias: Option<u16>, direct: u16, right: bool, expected: AnonymousVerdict) {
        let alias = alias.map(|status| Seen::answer(status, ""));
        let found = AnonymousVerdict::of(alias.as_ref(), &Seen::answer(direct, ""), right);
        assert_eq!(found, expected, "{alias:?} {direct}");
        assert!(!found.explain().0.is_empty());
    }

    /// One line a row of the specification's table "Anonymous GET".
    #[test]
    fn rows_of_the_table() {
        use AnonymousVerdict as V;
        check(Some(200), 200, true, V::Readable);
        check(None, 200, true, V::Readable);
        check(Some(200), 403, true, V::ThroughAliasOnly);
        check(Some(403), 200, true, V::AliasDenies);
        check(Some(403), 403, true, V::Denied);
        check(None, 403, true, V::Denied);
        check(Some(404), 200, true, V::AliasElsewhere);
        check(Some(200), 200, false, V::WrongBytes);
        check(Some(502), 200, true, V::Other);
        let page = Seen::html(200);
        assert_eq!(V::of(Some(&page), &Seen::success(), true), V::WrongBytes);
        let nothing = Seen::nothing(crate::http::FailureKind::Name);
        assert_eq!(V::of(Some(&nothing), &Seen::success(), true), V::NoAnswer);
    }
}
