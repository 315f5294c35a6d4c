//! Requests that were refused before there was anything to decide.

use audit::decision_log::Record;

/// What happened, and what the sender has to do.
pub(crate) struct Told {
    pub(crate) summary: String,
    pub(crate) help: String,
}

pub(crate) fn tell(record: &Record) -> Told {
    let code = record.error_code.as_deref().unwrap_or_default();
    let message = record.message.as_deref().unwrap_or_default();
    let key = record.access_key_id.as_deref().unwrap_or("that it names");
    let detail = |name: &str| {
        let found = record.details.iter().find(|(known, _)| known == name);
        found.map_or("unknown", |(_, value)| value.as_str())
    };
    let (summary, help) = match code {
        "SignatureDoesNotMatch" => (
            format!("The signature is not the one that the secret of access key {key} makes of this request."),
            "No permission can help. Compare the secret access key letter by letter; look whether a \
             proxy changes the Host header, the path or a signed header on the way; and whether the \
             client signs for the region and the service (`s3`) of this endpoint.".to_owned(),
        ),
        "InvalidAccessKeyId" | "InvalidClientTokenId" => (
            format!("There is no active access key {key}."),
            "No permission can help. Use an access key that exists here (`grantry account key list`, \
             `aws iam list-access-keys`), activate it, or send the session token that belongs to a \
             temporary key.".to_owned(),
        ),
        "RequestTimeTooSkewed" => (
            format!(
                "The request was signed at {}, and arrived at {}: more than {} ms apart.",
                detail("RequestTime"), detail("ServerTime"), detail("MaxAllowedSkewMilliseconds"),
            ),
            "No permission can help. Set the clock of the client (or of this server) with NTP.".to_owned(),
        ),
        "MissingAuthenticationToken" => (
            "The call is not signed.".to_owned(),
            "No permission can help. Sign the call with an access key: nobody calls this service without one.".to_owned(),
        ),
        "ExpiredToken" => (
            "The temporary credentials have expired.".to_owned(),
            "No permission can help. Make new ones: assume the role again.".to_owned(),
        ),
        "InvalidToken" => (
            "The session token is damaged, belongs to another access key, or its user or role is gone.".to_owned(),
            "No permission can help. Make new temporary credentials.".to_owned(),
        ),
        "AccessDenied" if message == "Request has expired" => (
            format!("The presigned URL expired at {}.", detail("Expires")),
            "No permission can help. Make a new URL, with a longer life if need be (at most seven days).".to_owned(),
        ),
        "AccessDenied" if record.details.iter().any(|(name, _)| name == "HeadersNotSigned") => (
            format!("Headers were sent that the signature does not cover: {}.", detail("HeadersNotSigned")),
            "No permission can help. Send these headers only if they are signed.".to_owned(),
        ),
        "AccessDenied" if wrong_owner(record) => (
            "The request says with x-amz-expected-bucket-owner who must own the bucket, and somebody else owns it.".to_owned(),
            format!("No permission can help. {}", expected(record)),
        ),
        "NoSuchBucket" => (
            "There is no bucket with this name.".to_owned(),
            "Nothing was decided: existence of a bucket is no secret. Look at the spelling, and at the endpoint that the client uses.".to_owned(),
        ),
        "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" => (
            format!("The signature cannot be read: {message}"),
            "No permission can help. Most often the client is set to another region or service than this endpoint's.".to_owned(),
        ),
        "XAmzContentSHA256Mismatch" | "BadDigest" | "InvalidDigest" => (
            "The body is not the one that was announced.".to_owned(),
            "No permission can help. Send the request again; if it happens again, something changes the body on the way.".to_owned(),
        ),
        _ => (
            format!("The request was refused before anything was decided: {code}: {message}"),
            "No permission can help: the request itself has to be another one.".to_owned(),
        ),
    };
    Told { summary, help }
}

fn wrong_owner(record: &Record) -> bool {
    let owner = record.bucket.as_ref().map(|bucket| bucket.facts.owner.id);
    record.expected_owner.is_some() && owner != record.expected_owner
}

fn expected(record: &Record) -> String {
    let owner = record.bucket.as_ref().map(|bucket| bucket.facts.owner.id.to_string());
    match (owner, record.expected_owner) {
        (Some(owner), Some(expected)) => format!(
            "It expects {expected}; the bucket belongs to {owner}. If that is right, send {owner}; \
             if not, this is not the bucket that is meant."
        ),
        _ => "Send the account id of the owner, or leave the header out.".to_owned(),
    }
}
