//! The `Authorization` header, of both versions.
//!
//! Whatever a client sends: it is refused, anonymous, or a claim that the wrong secret does not
//! prove. Whatever a client signs is accepted, and not when its method, path or query is another.
#![no_main]

use fuzz::{ACCESS_KEY, NOW, Written, secret};
use identity::sign::{Signer, header};
use identity::{
    Claim, HeaderField, PayloadDeclaration, SignatureSettings, SignatureVersion2, SignedRequest,
    SigningKeyCache, parse,
};
use libfuzzer_sys::fuzz_target;

const VERSION_4: SignatureSettings<'static> = SignatureSettings {
    regions: &["us-east-1"],
    services: &["s3"],
    body_sha256: None,
    version_2: None,
};
const BOTH: SignatureSettings<'static> =
    SignatureSettings { version_2: Some(SignatureVersion2 { host_bucket: None }), ..VERSION_4 };

fuzz_target!(|data: &[u8]| {
    let Some(written) = Written::read(data) else { return };
    let request = written.view();
    let has_claim = request.has_header("authorization");
    for settings in [VERSION_4, BOTH] {
        match parse(&request, &settings, NOW) {
            Ok(Claim::Anonymous { .. }) => assert!(!has_claim, "a claim was overlooked"),
            Ok(Claim::Signed(claim)) => {
                let proved = claim.verify(&request, &secret(), &SigningKeyCache::new());
                assert!(proved.is_err(), "proved without the secret");
            }
            Err(error) => assert!(error.code().status() < 500 || error.code().status() == 501),
        }
    }
    signed_is_accepted(data);
});

fn signed_is_accepted(data: &[u8]) {
    let Some(written) = Written::read(data).and_then(Written::unsigned) else { return };
    let secret = secret();
    let signer = Signer {
        access_key_id: ACCESS_KEY,
        secret: &secret,
        security_token: None,
        region: "us-east-1",
        signed_at: NOW,
    };
    let request = written.view();
    let signature = header(&signer, &request, PayloadDeclaration::Unsigned);
    let mut headers = written.headers.clone();
    headers.extend(
        signature.headers.iter().map(|(name, value)| HeaderField { name, value: value.as_bytes() }),
    );
    let is_proved = |request: &SignedRequest<'_>| match parse(request, &VERSION_4, NOW) {
        Ok(Claim::Signed(claim)) => {
            claim.verify(request, &secret, &SigningKeyCache::new()).map(drop).is_ok()
        }
        _ => false,
    };
    let sent = SignedRequest { headers: &headers, ..request };
    assert!(is_proved(&sent), "refused what was signed");
    let method = format!("{}X", written.method);
    assert!(!is_proved(&SignedRequest { method: &method, ..sent }));
    let path = format!("{}x", written.path);
    assert!(!is_proved(&SignedRequest { raw_path: &path, ..sent }));
    let query = format!("{}&acl", written.query);
    assert!(!is_proved(&SignedRequest { raw_query: &query, ..sent }));
}
