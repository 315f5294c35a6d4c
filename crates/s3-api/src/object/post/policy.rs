//! The policy of a POST form: until when, and with which fields, a form may be used (§8.4).
//!
//! AWS: "Browser-based uploads using POST", POST policy. It is read only after its signature was
//! found right. Texts of errors about its shape are catalogued, not recorded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::limits::POST_POLICY_CONDITIONS_MAX;
use model::{BucketName, ErrorCode, S3Error, Timestamp};
use serde_json::{Map, Value};

use super::fields::Fields;

/// Fields that no condition needs to name. Those of SigV2 are refused where it is not allowed.
const UNCOVERED: [&str; 5] = ["awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"];
/// Beginning of further such names.
const IGNORED_PREFIX: &str = "x-ignore-";

/// A policy whose grammar is right.
#[derive(Debug)]
pub(super) struct PostPolicy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Condition {
    Field { operator: Operator, shown: String, name: String, value: String },
    ContentLengthRange { min_bytes: u64, max_bytes: u64 },
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    StartsWith,
}

impl PostPolicy {
    /// Reads a policy in Base64.
    pub(super) fn parse(base64: &str) -> Result<Self, S3Error> {
        let document = BASE64.decode(base64).map_err(|_| invalid("invalid Base64 encoding."))?;
        let invalid_json = || invalid("Invalid JSON.");
        let text = str::from_utf8(&document).map_err(|_| invalid_json())?;
        let members: Map<String, Value> =
            serde_json::from_str(&plain_escapes(text)).map_err(|_| invalid_json())?;
        if let Some(name) =
            members.keys().find(|name| !matches!(name.as_str(), "expiration" | "conditions"))
        {
            return Err(invalid(format!("Unexpected: {name:?}")));
        }
        let expiration =
            members.get("expiration").ok_or_else(|| invalid("Policy missing expiration."))?;
        let conditions =
            members.get("conditions").ok_or_else(|| invalid("Policy missing conditions."))?;
        let Value::Array(conditions) = conditions else {
            return Err(invalid("Invalid 'conditions' value: must be a List."));
        };
        if conditions.len() > POST_POLICY_CONDITIONS_MAX {
            return Err(invalid("too many conditions."));
        }
        Ok(Self {
            expiration: read_expiration(expiration)?,
            conditions: conditions.iter().map(Condition::read).collect::<Result<_, _>>()?,
        })
    }

    /// Holds a form for `bucket` against the policy: expiry, then the conditions in their order,
    /// then fields that no condition names. Gives back the least and the largest size of the file
    /// in bytes.
    pub(super) fn check(
        &self,
        fields: &Fields,
        bucket: &BucketName,
        now: Timestamp,
    ) -> Result<(u64, u64), S3Error> {
        if now >= self.expiration {
            return Err(violated("Policy expired."));
        }
        let mut range = (0, u64::MAX);
        for condition in &self.conditions {
            match condition {
                Condition::Field { operator, shown, name, value } => {
                    if !operator.holds(name, field(fields, bucket, name), value) {
                        return Err(violated(format!("Policy Condition failed: {shown}")));
                    }
                }
                Condition::ContentLengthRange { min_bytes, max_bytes } => {
                    range = (range.0.max(*min_bytes), range.1.min(*max_bytes));
                }
            }
        }
        match self.extra_field(fields) {
            Some(name) => Err(violated(format!("Extra input fields: {name}"))),
            None => Ok(range),
        }
    }

    /// The first field that no condition names. The bucket counts as one: a policy that does not
    /// name it would be good for every bucket of its signer.
    fn extra_field<'a>(&self, fields: &'a Fields) -> Option<&'a str> {
        let names = fields.iter().map(|(name, _)| name);
        names.chain(std::iter::once("bucket")).find(|name| !is_exempt(name) && !self.names(name))
    }

    fn names(&self, field: &str) -> bool {
        self.conditions.iter().any(|condition| match condition {
            Condition::Field { name, .. } => name.eq_ignore_ascii_case(field),
            Condition::ContentLengthRange { .. } => false,
        })
    }
}

/// The value that a condition looks at. The bucket is that of the URI, whatever a field of that
/// name says (Ceph CVE-2023-43040); a missing field counts as empty.
fn field<'a>(fields: &'a Fields, bucket: &'a BucketName, name: &str) -> &'a str {
    if name.eq_ignore_ascii_case("bucket") {
        return bucket.as_str();
    }
    fields.get(name).unwrap_or_default()
}

fn is_exempt(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    UNCOVERED.contains(&name.as_str()) || name.starts_with(IGNORED_PREFIX)
}

impl Operator {
    fn holds(self, name: &str, found: &str, wanted: &str) -> bool {
        match self {
            Self::Equal => found == wanted,
            // AWS: each of several content types must meet the condition.
            Self::StartsWith if name.eq_ignore_ascii_case("content-type") => {
                found.split(',').all(|one| one.trim().starts_with(wanted))
            }
            Self::StartsWith => found.starts_with(wanted),
        }
    }
}

impl Condition {
    fn read(value: &Value) -> Result<Self, S3Error> {
        match value {
            Value::Object(members) => Self::simple(members),
            Value::Array(items) => Self::list(items),
            _ => Err(invalid("Invalid condition test: must be a List or Object.")),
        }
    }

    /// `{"acl": "public-read"}`
    fn simple(members: &Map<String, Value>) -> Result<Self, S3Error> {
        let mut all = members.iter();
        let (Some((name, value)), None) = (all.next(), all.next()) else {
            return Err(invalid(
                "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
            ));
        };
        let Value::String(value) = value else {
            return Err(invalid("Invalid Simple-Condition: value must be a string."));
        };
        Ok(Self::field(Operator::Equal, "eq", name, value))
    }

    /// `["starts-with", "$key", "uploads/"]` or `["content-length-range", 1, 1024]`
    fn list(items: &[Value]) -> Result<Self, S3Error> {
        let (Some(Value::String(operator)), Some(arguments)) = (items.first(), items.get(1..))
        else {
            return Err(invalid("Invalid Condition: missing operation identifier."));
        };
        let known = operator_of(operator)?;
        let [first, second] = arguments else {
            return Err(invalid(format!("Invalid {operator}: wrong number of arguments.")));
        };
        let Some(field_operator) = known else {
            let bounds = (length(first), length(second));
            let (Some(min_bytes), Some(max_bytes)) = bounds else {
                return Err(invalid(format!("Invalid {operator}: bounds must be whole numbers.")));
            };
            return Ok(Self::ContentLengthRange { min_bytes, max_bytes });
        };
        let (Value::String(name), Value::String(value)) = (first, second) else {
            return Err(invalid(format!("Invalid {operator}: arguments must be strings.")));
        };
        let name = name.strip_prefix('$').filter(|name| !name.is_empty()).ok_or_else(|| {
            invalid(format!("Invalid {operator}: the name of a field must begin with '$'."))
        })?;
        Ok(Self::field(field_operator, operator, name, value))
    }

    fn field(operator: Operator, operator_shown: &str, name: &str, value: &str) -> Self {
        let quoted = |text: &str| Value::from(text).to_string();
        let shown = format!(
            "[{}, {}, {}]",
            quoted(operator_shown),
            quoted(&format!("${name}")),
            quoted(value)
        );
        Self::Field { operator, shown, name: name.to_owned(), value: value.to_owned() }
    }
}

/// The operator of a list; none is `content-length-range`. Letter case does not matter. An unknown
/// one is an error: a condition that nobody checks must not be taken for one that holds.
fn operator_of(name: &str) -> Result<Option<Operator>, S3Error> {
    match name.to_ascii_lowercase().as_str() {
        "eq" => Ok(Some(Operator::Equal)),
        "starts-with" => Ok(Some(Operator::StartsWith)),
        "content-length-range" => Ok(None),
        _ => Err(invalid(format!("Invalid Condition: unknown operation '{name}'."))),
    }
}

/// A bound in bytes; some clients write it as a string.
fn length(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// ISO 8601 in UTC.
fn read_expiration(value: &Value) -> Result<Timestamp, S3Error> {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = value.as_str().filter(|text| text.ends_with('Z'));
    let time = text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let time = time.ok_or_else(|| invalid(format!("Invalid 'expiration' value: '{shown}'")))?;
    Ok(Timestamp::from_unix_millis(time.as_millisecond()))
}

/// POST policies know two escapes that JSON does not: `\$` and `\v`.
fn plain_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('$') => plain.push('$'),
            Some('v') => plain.push_str("\\u000b"),
            other => plain.extend(std::iter::once('\\').chain(other)),
        }
    }
    plain
}

fn invalid(detail: impl std::fmt::Display) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidPolicyDocument, format!("Invalid Policy: {detail}"))
}

fn violated(detail: impl std::fmt::Display) -> S3Error {
    S3Error::with_message(ErrorCode::AccessDenied, format!("Invalid according to Policy: {detail}"))
}

#[cfg(test)]
mod tests;
