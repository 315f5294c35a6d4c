//! A JSON Web Token before and after it was checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use model::limits::{WEB_IDENTITY_CLOCK_SKEW_SECONDS_MAX, WEB_IDENTITY_TOKEN_CHARACTERS_MAX};
use serde::Deserialize;

use super::keys::Algorithm;
use super::{KeySet, WebIdentityError};

/// A token of which nothing may be believed yet.
#[derive(Clone, Debug)]
pub struct UnverifiedToken<'a> {
    /// Header and claims as they were signed.
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key_id: Option<String>,
    claims: RawClaims,
}

/// What a token must say to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider's URL, byte for byte.
    pub issuer: &'a str,
    /// The client ids that are registered for the provider.
    pub client_ids: &'a [String],
}

/// What a token says, now proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `iss`
    pub issuer: String,
    /// `sub`
    pub subject: String,
    /// The client that the token was made for: `azp`, else `aud`.
    pub audience: String,
    /// `amr`
    pub authentication_methods: Vec<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// RFC 7515, section 4.1.11: who does not understand what stands here must refuse.
    crit: Option<serde_json::Value>,
}

/// A member that comes twice is an error, so that nobody reads the one and we the other.
#[derive(Clone, Debug, Deserialize)]
struct RawClaims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<OneOrMany>,
    azp: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    amr: Option<OneOrMany>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl<'a> UnverifiedToken<'a> {
    /// Reads the compact form: three parts of Base64url, joined by dots.
    pub fn parse(text: &'a str) -> Result<Self, WebIdentityError> {
        if text.len() > WEB_IDENTITY_TOKEN_CHARACTERS_MAX {
            return Err(WebIdentityError::Malformed);
        }
        let malformed = || WebIdentityError::Malformed;
        let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let decode =
            |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| WebIdentityError::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed())?;
        if header.crit.is_some() {
            return Err(WebIdentityError::Malformed);
        }
        let algorithm = Algorithm::parse(&header.alg).ok_or(WebIdentityError::Algorithm)?;
        let claims: RawClaims =
            serde_json::from_slice(&decode(claims)?).map_err(|_| malformed())?;
        Ok(Self { signed, signature: decode(signature)?, algorithm, key_id: header.kid, claims })
    }

    /// Who the token says it is from: which keys are needed.
    pub fn issuer(&self) -> Result<&str, WebIdentityError> {
        self.claims.iss.as_deref().ok_or(WebIdentityError::MissingClaim("iss"))
    }

    /// Checks signature, issuer, audience and times.
    pub fn verify(
        self,
        keys: &KeySet,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Claims, WebIdentityError> {
        keys.verify(
            self.key_id.as_deref(),
            self.algorithm,
            self.signed.as_bytes(),
            &self.signature,
        )?;
        self.claims.check(expected, now)
    }
}

impl RawClaims {
    fn check(self, expected: &Expected<'_>, now: Timestamp) -> Result<Claims, WebIdentityError> {
        let missing = WebIdentityError::MissingClaim;
        let issuer = self.iss.ok_or(missing("iss"))?;
        if issuer != expected.issuer {
            return Err(WebIdentityError::Issuer);
        }
        let subject = self.sub.filter(|sub| !sub.is_empty()).ok_or(missing("sub"))?;
        let audiences = self.aud.ok_or(missing("aud"))?.into_vec();
        let audience = authorized_party(audiences, self.azp)?;
        if !expected.client_ids.contains(&audience) {
            return Err(WebIdentityError::Audience);
        }
        let expires = timestamp(self.exp.ok_or(missing("exp"))?);
        if now >= expires {
            return Err(WebIdentityError::Expired { at: expires });
        }
        let issued = timestamp(self.iat.ok_or(missing("iat"))?);
        let starts = self.nbf.map_or(issued, timestamp).max(issued);
        let skew = WEB_IDENTITY_CLOCK_SKEW_SECONDS_MAX.saturating_mul(1000);
        if starts.unix_millis > now.unix_millis.saturating_add(skew) {
            return Err(WebIdentityError::NotYetValid);
        }
        let authentication_methods = self.amr.map(OneOrMany::into_vec).unwrap_or_default();
        Ok(Claims { issuer, subject, audience, authentication_methods })
    }
}

/// AWS: "AWS STS condition context keys", `aud`: the authorized party if the token names one. A
/// token for several audiences must name it (OpenID Connect Core, section 3.1.3.7, step 4).
fn authorized_party(
    audiences: Vec<String>,
    party: Option<String>,
) -> Result<String, WebIdentityError> {
    match (party, <[String; 1]>::try_from(audiences)) {
        (Some(party), _) => Ok(party),
        (None, Ok([only])) => Ok(only),
        (None, Err(_)) => Err(WebIdentityError::Audience),
    }
}

/// RFC 7519, section 2: seconds, possibly with a fraction. What no clock shows becomes the end or
/// the beginning of time; `NaN` cannot be written in JSON.
fn timestamp(seconds: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted")]
    Timestamp::from_unix_millis((seconds * 1000.0) as i64)
}
