//! The credential of a signature, `KEY/yyyyMMdd/REGION/SERVICE/aws4_request`, and the list of
//! signed headers.

use std::borrow::Cow;

use model::limits::{ACCESS_KEY_ID_LENGTH_BYTES_MAX, SIGNED_HEADERS_MAX};

use super::{Scope, SignatureSettings, TERMINAL};
use crate::dates::is_scope_date;

/// A credential whose scope is one of ours.
pub(super) struct Credential<'a> {
    pub(super) access_key_id: Cow<'a, str>,
    pub(super) scope: Scope<'a>,
}

/// Why a credential is refused: the tail of the message, which header and query put behind
/// different beginnings.
pub(super) struct CredentialError {
    pub(super) tail: String,
    /// The `Region` field of the error, if the region is what is wrong.
    pub(super) region: Option<String>,
}

impl<'a> Credential<'a> {
    /// Splits and checks a credential (§8.2). The date is compared with the request's elsewhere.
    pub(super) fn parse(
        text: &'a str,
        settings: &SignatureSettings<'_>,
    ) -> Result<Self, CredentialError> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or_else(shape);
        let (access_key_id, date, region, service, terminal) =
            (next()?, next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(shape());
        }
        if access_key_id.is_empty() || access_key_id.len() > ACCESS_KEY_ID_LENGTH_BYTES_MAX {
            return Err(shape());
        }
        if terminal != TERMINAL {
            return Err(refused(format!(
                "incorrect terminal \"{terminal}\". This endpoint uses \"{TERMINAL}\"."
            )));
        }
        if !settings.services.contains(&service) {
            let expected = settings.services.first().copied().unwrap_or_default();
            return Err(refused(format!(
                "incorrect service \"{service}\". This endpoint belongs to \"{expected}\"."
            )));
        }
        if !settings.regions.contains(&region) {
            return Err(wrong_region(region, settings));
        }
        if !is_scope_date(date) {
            return Err(refused(format!(
                "incorrect date format \"{date}\". This date in the credential must be in the \
                 format \"yyyyMMdd\"."
            )));
        }
        let scope = Scope { date: date.into(), region: region.into(), service: service.into() };
        Ok(Self { access_key_id: access_key_id.into(), scope })
    }

    /// The same credential, of texts of its own.
    pub(super) fn into_owned(self) -> Credential<'static> {
        let access_key_id = Cow::Owned(self.access_key_id.into_owned());
        Credential { access_key_id, scope: self.scope.into_owned() }
    }
}

fn shape() -> CredentialError {
    refused(
        "the Credential is mal-formed; expecting \
         \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
            .into(),
    )
}

fn refused(tail: String) -> CredentialError {
    CredentialError { tail, region: None }
}

fn wrong_region(region: &str, settings: &SignatureSettings<'_>) -> CredentialError {
    let expected = settings.regions.first().copied().unwrap_or_default();
    CredentialError {
        tail: format!("the region '{region}' is wrong; expecting '{expected}'"),
        region: Some(expected.into()),
    }
}

/// Whether a SignedHeaders list is one: names of lower-case header characters, none empty
/// (SeaweedFS 689b5b61b), none repeated, not too many.
pub(super) fn is_signed_headers_list(list: &str) -> bool {
    let token = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    let mut rest = list;
    for _ in 0..SIGNED_HEADERS_MAX {
        let (name, others) = match rest.split_once(';') {
            Some((name, others)) => (name, Some(others)),
            None => (rest, None),
        };
        if name.is_empty() || !name.bytes().all(token) {
            return false;
        }
        let Some(others) = others else { return true };
        if others.split(';').any(|other| other == name) {
            return false;
        }
        rest = others;
    }
    false
}
