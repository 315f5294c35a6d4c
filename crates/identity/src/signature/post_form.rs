//! The signature of a browser's POST form (§8.4): it covers the policy document, which in turn
//! limits the form's other fields. Reading the policy is not this crate's work.
//!
//! AWS: "Browser-Based Uploads Using POST: Authenticating Requests".

use model::S3Error;

use super::claim::mismatch;
use super::credential::Credential;
use super::mechanism::asymmetric_signature;
use super::{ALGORITHM, Scope, SignatureSettings, signature_version_2};
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
    /// `AWSAccessKeyId` or `signature`: the form is signed with SigV2.
    pub has_signature_version_2: bool,
}

/// Who a form says it is from; nothing of it may be believed before [`FormClaim::verify`].
#[derive(Clone)]
pub struct FormClaim {
    access_key_id: String,
    scope: Scope,
    policy: String,
    signature: String,
    security_token: Option<String>,
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
    let all = [policy, algorithm, credential, date, signature, fields.security_token];
    if fields.has_signature_version_2 {
        return Err(signature_version_2());
    }
    if all.iter().all(Option::is_none) {
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
    if parse_basic(date).is_none() || !date.starts_with(&parsed.scope.date) {
        let message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\", on \
            the day of the credential";
        return Err(S3Error::invalid_argument(message, "X-Amz-Date", date));
    }
    Ok(Some(FormClaim {
        access_key_id: parsed.access_key_id,
        scope: parsed.scope,
        policy: policy.into(),
        signature: signature.into(),
        security_token: fields.security_token.map(str::to_owned),
    }))
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
        let key = keys.get(&self.access_key_id, secret, &self.scope);
        if key.matches(self.policy.as_bytes(), &self.signature) {
            return Ok(VerifiedForm { access_key_id: self.access_key_id, policy: self.policy });
        }
        Err(mismatch(&self.access_key_id, &self.policy, &self.signature))
    }
}

/// A form whose policy was signed. Only [`FormClaim::verify`] makes one.
pub struct VerifiedForm {
    access_key_id: String,
    policy: String,
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
