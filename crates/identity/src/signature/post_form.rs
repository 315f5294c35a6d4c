//! The signature of a browser's POST form (§8.4): it covers the policy document, which in turn
//! limits the form's other fields. Reading the policy is not this crate's work.
//!
//! AWS: "Browser-Based Uploads Using POST: Authenticating Requests".

use model::{S3Error, Timestamp};

use super::claim::mismatch;
use super::credential::Credential;
use super::mechanism::{ONLY_ONE, asymmetric_signature};
use super::{ALGORITHM, Scope, SignatureSettings, SignatureVersion, only_version_4, version_2};
use crate::dates::parse_basic;
use crate::secret::SecretAccessKey;
use crate::signing_key::SigningKeyCache;

/// The fields of a form that concern its authentication, as sent. A field that comes twice must
/// be refused by whoever reads the form.
#[derive(Clone, Copy, Default)]
pub struct FormFields<'a> {
    /// `policy`, in Base64: what is signed.
    pub policy: Option<&'a str>,
    /// `x-amz-algorithm`
    pub algorithm: Option<&'a str>,
    /// `x-amz-credential`
    pub credential: Option<&'a str>,
    /// `x-amz-date`
    pub date: Option<&'a str>,
    /// `x-amz-signature`
    pub signature: Option<&'a str>,
    /// `x-amz-security-token`
    pub security_token: Option<&'a str>,
    /// `AWSAccessKeyId` of SigV2.
    pub version_2_access_key_id: Option<&'a str>,
    /// `signature` of SigV2.
    pub version_2_signature: Option<&'a str>,
}

/// Who a form says it is from; nothing of it may be believed before [`FormClaim::verify`].
#[derive(Clone)]
pub struct FormClaim {
    access_key_id: String,
    proof: FormProof,
    policy: String,
    signature: String,
    security_token: Option<String>,
}

#[derive(Clone)]
enum FormProof {
    Version4 { scope: Scope<'static>, signed_at: Timestamp },
    Version2,
}

/// Reads the claim of a form; `None` if no field claims anything, in which case the form is
/// anonymous.
///
/// There is no clock check: how long a form may be used, its policy says.
pub fn parse(
    fields: &FormFields<'_>,
    settings: &SignatureSettings<'_>,
) -> Result<Option<FormClaim>, S3Error> {
    let FormFields { policy, algorithm, credential, date, signature, .. } = *fields;
    let version_4 = [algorithm, credential, date, signature];
    if fields.version_2_access_key_id.or(fields.version_2_signature).is_some() {
        if settings.version_2.is_none() {
            return Err(only_version_4());
        }
        if version_4.iter().any(Option::is_some) {
            return Err(S3Error::invalid_argument(ONLY_ONE, "Authorization", ""));
        }
        return parse_version_2(fields).map(Some);
    }
    if [policy, fields.security_token].iter().chain(&version_4).all(Option::is_none) {
        return Ok(None);
    }
    let policy = required(policy, "Policy")?;
    let algorithm = required(algorithm, "X-Amz-Algorithm")?;
    let credential = required(credential, "X-Amz-Credential")?;
    let date = required(date, "X-Amz-Date")?;
    let signature = required(signature, "X-Amz-Signature")?;
    check_algorithm(algorithm)?;
    let parsed = Credential::parse(credential, settings).map_err(|error| {
        let message = format!("Error parsing the X-Amz-Credential parameter; {}", error.tail);
        let refusal = S3Error::invalid_argument(message, "X-Amz-Credential", credential);
        match error.region {
            Some(region) => refusal.field("Region", region),
            None => refusal,
        }
    })?;
    let signed_at = parse_basic(date).filter(|_| date.starts_with(&*parsed.scope.date));
    let signed_at = signed_at.ok_or_else(|| {
        let message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\", on \
            the day of the credential";
        S3Error::invalid_argument(message, "X-Amz-Date", date)
    })?;
    let parsed = parsed.into_owned();
    Ok(Some(FormClaim {
        access_key_id: parsed.access_key_id.into_owned(),
        proof: FormProof::Version4 { scope: parsed.scope, signed_at },
        policy: policy.into(),
        signature: signature.into(),
        security_token: fields.security_token.map(str::to_owned),
    }))
}

/// AWS: "Browser-based uploads using POST (AWS signature version 2)".
fn parse_version_2(fields: &FormFields<'_>) -> Result<FormClaim, S3Error> {
    let policy = required(fields.policy, "Policy")?;
    let access_key_id = required(fields.version_2_access_key_id, "AWSAccessKeyId")?;
    let signature = required(fields.version_2_signature, "Signature")?;
    Ok(FormClaim {
        access_key_id: access_key_id.to_owned(),
        proof: FormProof::Version2,
        policy: policy.to_owned(),
        signature: signature.to_owned(),
        security_token: fields.security_token.map(str::to_owned),
    })
}

impl FormClaim {
    /// The access key to look up.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token of temporary credentials.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// Checks the signature with the secret of [`FormClaim::access_key_id`].
    ///
    /// `SignatureDoesNotMatch` with the four fields of §8.3 that a form has.
    pub fn verify(
        self,
        secret: &SecretAccessKey,
        keys: &SigningKeyCache,
    ) -> Result<VerifiedForm, S3Error> {
        let (matches, version, signed_at) = match &self.proof {
            FormProof::Version4 { scope, signed_at } => {
                let key = keys.get(&self.access_key_id, secret, scope);
                let matches = key.matches(self.policy.as_bytes(), &self.signature);
                (matches, SignatureVersion::Version4, Some(*signed_at))
            }
            FormProof::Version2 => {
                let matches = version_2::matches(secret, self.policy.as_bytes(), &self.signature);
                (matches, SignatureVersion::Version2, None)
            }
        };
        if !matches {
            return Err(mismatch(&self.access_key_id, &self.policy, &self.signature));
        }
        let Self { access_key_id, policy, .. } = self;
        Ok(VerifiedForm { access_key_id, policy, version, signed_at })
    }
}

/// A form whose policy was signed. Only [`FormClaim::verify`] makes one.
pub struct VerifiedForm {
    access_key_id: String,
    policy: String,
    version: SignatureVersion,
    signed_at: Option<Timestamp>,
}

impl VerifiedForm {
    /// The signer's access key.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The policy in Base64, exactly as it was signed; the form must be held against this one.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// How it was signed.
    pub fn version(&self) -> SignatureVersion {
        self.version
    }

    /// When it was signed, by the signer's clock; SigV2 does not say.
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }
}

/// TV-140. The two blanks are AWS's.
fn required<'a>(field: Option<&'a str>, name: &str) -> Result<&'a str, S3Error> {
    field.ok_or_else(|| {
        let message = format!(
            "Bucket POST must contain a field named '{name}'.  If it is specified, please check \
             the order of the fields."
        );
        S3Error::invalid_argument(message, name, "")
    })
}

fn check_algorithm(algorithm: &str) -> Result<(), S3Error> {
    match algorithm {
        ALGORITHM => Ok(()),
        "AWS4-ECDSA-P256-SHA256" => Err(asymmetric_signature()),
        _ => {
            let message =
                "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"";
            Err(S3Error::invalid_argument(message, "X-Amz-Algorithm", algorithm))
        }
    }
}
