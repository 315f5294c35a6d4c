//! Signatures in the query string, of both versions.
//!
//! As with headers: nothing is proved without the secret, and what was signed is accepted until it
//! expires.
#![no_main]

use fuzz::{ACCESS_KEY, NOW, Written, secret};
use identity::sign::{Signer, presign};
use identity::{
    Claim, SignatureSettings, SignatureVersion2, SignedRequest, SigningKeyCache, parse,
};
use libfuzzer_sys::fuzz_target;
use model::Timestamp;

const VERSION_4: SignatureSettings<'static> = SignatureSettings {
    regions: &["us-east-1"],
    services: &["s3"],
    body_sha256: None,
    version_2: None,
};
const BOTH: SignatureSettings<'static> = SignatureSettings {
    version_2: Some(SignatureVersion2 { host_bucket: Some("b") }),
    ..VERSION_4
};

fuzz_target!(|data: &[u8]| {
    let Some(written) = Written::read(data) else { return };
    let request = written.view();
    for settings in [VERSION_4, BOTH] {
        if let Ok(Claim::Signed(claim)) = parse(&request, &settings, NOW) {
            let proved = claim.verify(&request, &secret(), &SigningKeyCache::new());
            assert!(proved.is_err(), "proved without the secret");
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
    let query = presign(&signer, &request, 60);
    let is_proved =
        |request: &SignedRequest<'_>, now: Timestamp| match parse(request, &VERSION_4, now) {
            Ok(Claim::Signed(claim)) => {
                claim.verify(request, &secret, &SigningKeyCache::new()).map(drop).is_ok()
            }
            _ => false,
        };
    let sent = SignedRequest { raw_query: &query, ..request };
    let later = |seconds| Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds);
    assert!(is_proved(&sent, later(60)), "refused what was signed");
    assert!(!is_proved(&sent, later(61)), "a URL is good for ever");
    let longer = query.replace("X-Amz-Expires=60", "X-Amz-Expires=600");
    assert!(!is_proved(&SignedRequest { raw_query: &longer, ..sent }, NOW));
    let path = format!("{}x", written.path);
    assert!(!is_proved(&SignedRequest { raw_path: &path, ..sent }, NOW));
}
