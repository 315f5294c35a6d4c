//! POST forms: the rows of `access-control.md` §8.4 that are about the signature.

use model::S3Error;

use super::support::*;
use crate::signature::Scope;
use crate::signature::post_form::{FormFields, VerifiedForm, parse};
use crate::signing_key::{SigningKey, SigningKeyCache};

const POLICY: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiIH0=";
const CREDENTIAL: &str = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

fn signature() -> String {
    let scope = Scope { date: "20130524".into(), region: "us-east-1".into(), service: "s3".into() };
    SigningKey::derive(&secret(), &scope).sign(POLICY.as_bytes())
}

fn fields(signature: &str) -> FormFields<'_> {
    FormFields {
        policy: Some(POLICY),
        algorithm: Some("AWS4-HMAC-SHA256"),
        credential: Some(CREDENTIAL),
        date: Some("20130524T000000Z"),
        signature: Some(signature),
        ..FormFields::default()
    }
}

fn check(fields: FormFields<'_>) -> Result<VerifiedForm, S3Error> {
    let claim = parse(&fields, &SETTINGS)?.expect("a claim");
    claim.verify(&secret(), &SigningKeyCache::new())
}

#[track_caller]
fn refused(form: FormFields<'_>, code: &str, message: &str, expected: &[(&str, &str)]) {
    let Err(error) = check(form) else { panic!("accepted") };
    let found: Vec<_> =
        error.fields().iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!((error.code().as_str(), error.message(), &*found), (code, message, expected));
}

#[test]
fn a_signed_form_is_verified() {
    let signature = signature();
    let form = check(fields(&signature)).unwrap();
    assert_eq!((form.access_key_id(), form.policy()), (ACCESS_KEY, POLICY));
}

#[test]
fn a_form_without_authentication_is_anonymous() {
    assert!(parse(&FormFields::default(), &SETTINGS).unwrap().is_none());
}

/// TV-140, for each field.
#[test]
fn a_field_missing() {
    let signature = signature();
    let all = fields(&signature);
    for (name, form) in [
        ("Policy", FormFields { policy: None, ..all }),
        ("X-Amz-Algorithm", FormFields { algorithm: None, ..all }),
        ("X-Amz-Credential", FormFields { credential: None, ..all }),
        ("X-Amz-Date", FormFields { date: None, ..all }),
        ("X-Amz-Signature", FormFields { signature: None, ..all }),
    ] {
        let message = format!(
            "Bucket POST must contain a field named '{name}'.  If it is specified, please check \
             the order of the fields."
        );
        refused(
            form,
            "InvalidArgument",
            &message,
            &[("ArgumentName", name), ("ArgumentValue", "")],
        );
    }
    let only_token = FormFields { security_token: Some("t"), ..FormFields::default() };
    assert!(parse(&only_token, &SETTINGS).is_err());
}

/// §8.4, row "POST, policy altered".
#[test]
fn policy_altered() {
    let signature = signature();
    let altered = POLICY.replace("eyAi", "eyAj");
    let bytes: Vec<_> = altered.bytes().map(|byte| format!("{byte:02x}")).collect();
    refused(
        FormFields { policy: Some(&altered), ..fields(&signature) },
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method.",
        &[
            ("AWSAccessKeyId", ACCESS_KEY),
            ("StringToSign", &altered),
            ("SignatureProvided", &signature),
            ("StringToSignBytes", &bytes.join(" ")),
        ],
    );
}

#[test]
fn every_changed_part_is_refused() {
    let signature = signature();
    let all = fields(&signature);
    for (from, to) in [("AKIA", "AKIB"), ("20130524", "20130525"), ("us-east-1", "eu-west-3")] {
        let credential = CREDENTIAL.replace(from, to);
        let form = FormFields { credential: Some(&credential), ..all };
        // Another key id alone is the look-up's business: the secret decides, not the name.
        assert!(from == "AKIA" || check(form).is_err(), "{credential}");
    }
    assert!(check(FormFields { date: Some("20130525T000000Z"), ..all }).is_err());
    assert!(check(FormFields { date: Some("today"), ..all }).is_err());
    assert!(check(FormFields { algorithm: Some("AWS4-HMAC-MD5"), ..all }).is_err());
    let v2 = FormFields { version_2_signature: Some("c2ln"), ..all };
    refused(
        v2,
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. \
         Please use AWS4-HMAC-SHA256.",
        &[],
    );
}
