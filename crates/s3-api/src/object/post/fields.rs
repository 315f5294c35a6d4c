//! The fields of a POST form.
//!
//! AWS: "Browser-based uploads using POST", HTML form fields.

use http::{HeaderMap, HeaderName, HeaderValue};
use identity::signature::post_form::FormFields;
use model::limits::POST_FORM_PREFIX_BYTES_MAX;
use model::{ErrorCode, ObjectKey, S3Error, key::InvalidKey};

use crate::resolve::key_too_long;

/// What stands for the name of the uploaded file in any field.
const FILE_NAME_VARIABLE: &str = "${filename}";

/// Fields that mean what the header of the same name means for PutObject.
const HEADERS: [&str; 10] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "expires",
    "x-amz-request-payer",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];

/// Beginnings of further such names. Those of features that are not there yet are refused where
/// PutObject refuses them.
const HEADER_PREFIXES: [&str; 4] =
    ["x-amz-meta-", "x-amz-checksum-", "x-amz-server-side-encryption", "x-amz-object-lock-"];

/// Beginnings of fields that a form does not offer (§2.7) and that would change who may do what, or
/// what is written. To ignore them would leave the sender with something else than was asked for.
const NOT_OFFERED: [&str; 5] =
    ["x-amz-acl", "x-amz-copy-source", "x-amz-grant-", "x-amz-metadata-directive", "x-amz-tagging"];

/// Headers of the request itself that conditions of bucket policies look at.
const REQUEST_HEADERS: [&str; 2] = ["referer", "user-agent"];

/// The fields in their order, and the name of the file.
#[derive(Debug, Default)]
pub(super) struct Fields {
    fields: Vec<(String, String)>,
    file_name: String,
}

impl Fields {
    /// Adds a field. One that comes twice is refused: the policy could be held against the first
    /// and the upload be made with the second.
    pub(super) fn add(&mut self, name: String, value: String) -> Result<(), S3Error> {
        if self.get(&name).is_some() {
            let message = "A form must not contain a field more than once.";
            return Err(S3Error::invalid_argument(message, &name, value));
        }
        self.fields.push((name, value));
        Ok(())
    }

    /// Sets the name of the file; only what follows the last slash or backslash is used.
    pub(super) fn set_file_name(&mut self, path: &str) {
        let name = path.rsplit(['/', '\\']).next();
        name.unwrap_or_default().clone_into(&mut self.file_name);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The value of a field; names are compared without regard to letter case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Names and values as they were sent.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The fields that say who made the form.
    pub(super) fn authentication(&self) -> FormFields<'_> {
        FormFields {
            policy: self.get("policy"),
            algorithm: self.get("x-amz-algorithm"),
            credential: self.get("x-amz-credential"),
            date: self.get("x-amz-date"),
            signature: self.get("x-amz-signature"),
            security_token: self.get("x-amz-security-token"),
            version_2_access_key_id: self.get("AWSAccessKeyId"),
            version_2_signature: self.get("signature"),
        }
    }

    /// Puts the file's name in place of `${filename}`. To be done after the signature was checked
    /// and before the policy is: what the policy sees is what is written.
    pub(super) fn substitute_file_name(&mut self) -> Result<(), S3Error> {
        for (_, value) in &mut self.fields {
            let count = value.matches(FILE_NAME_VARIABLE).count();
            if count == 0 {
                continue;
            }
            // A long name in many places would make megabytes of a small form.
            if count.saturating_mul(self.file_name.len()) > POST_FORM_PREFIX_BYTES_MAX {
                return Err(ErrorCode::MaxPostPreDataLengthExceeded.into());
            }
            *value = value.replace(FILE_NAME_VARIABLE, &self.file_name);
        }
        Ok(())
    }

    /// The key, held to the rules of any key.
    pub(super) fn key(&self) -> Result<ObjectKey, S3Error> {
        let Some(text) = self.get("key") else {
            let message = "Bucket POST must contain a field named 'key'.  If it is specified, \
                please check the order of the fields.";
            return Err(S3Error::invalid_argument(message, "key", ""));
        };
        ObjectKey::parse(text).map_err(|error| match error {
            InvalidKey::Empty => {
                let message = "User key must have a length greater than 0.";
                S3Error::invalid_argument(message, "key", "")
            }
            InvalidKey::TooLong => key_too_long(text.len()),
        })
    }

    /// The fields as the headers of a PutObject that would ask for the same, so that both are read
    /// by the same functions and conditions of bucket policies see the same values. Of the headers
    /// of the request only those are kept that describe the client.
    pub(super) fn headers(&self, request: &HeaderMap) -> Result<HeaderMap, S3Error> {
        let mut headers = HeaderMap::new();
        for name in REQUEST_HEADERS {
            if let Some(value) = request.get(name) {
                headers.insert(HeaderName::from_static(name), value.clone());
            }
        }
        for (sent, value) in self.iter() {
            let name = sent.to_ascii_lowercase();
            if NOT_OFFERED.iter().any(|prefix| name.starts_with(prefix)) {
                return Err(S3Error::new(ErrorCode::NotImplemented)
                    .field("Header", name)
                    .because("asks for something that forms do not offer"));
            }
            let is_header = HEADERS.contains(&name.as_str())
                || HEADER_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            let name = match name.as_str() {
                "acl" => "x-amz-acl",
                name if is_header => name,
                _ => continue,
            };
            let header = HeaderName::from_bytes(name.as_bytes()).ok();
            let (Some(name), Ok(value)) = (header, HeaderValue::from_bytes(value.as_bytes()))
            else {
                let message = "The field is not a valid header.";
                return Err(S3Error::invalid_argument(message, sent, value));
            };
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.add((*name).to_owned(), (*value).to_owned()).unwrap();
        }
        fields
    }

    #[test]
    fn a_field_comes_once_in_any_letter_case() {
        let mut form = fields(&[("Key", "a")]);
        assert_eq!(form.get("kEY"), Some("a"));
        let error = form.add("KEY".into(), "b".into()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
    }

    #[test]
    fn the_file_name_is_put_into_every_field() {
        for (path, key) in [
            ("cat.jpg", "u/cat.jpg"),
            ("C:\\pictures\\cat.jpg", "u/cat.jpg"),
            ("/home/me/cat.jpg", "u/cat.jpg"),
            ("../../etc/passwd", "u/passwd"),
            ("${filename}", "u/${filename}"),
            ("", "u/"),
            ("dir/", "u/"),
        ] {
            let mut form = fields(&[("key", "u/${filename}"), ("x-amz-meta-n", "${filename}")]);
            form.set_file_name(path);
            form.substitute_file_name().unwrap();
            assert_eq!(form.key().unwrap().as_str(), key, "{path}");
            assert_eq!(form.get("x-amz-meta-n"), key.strip_prefix("u/"), "{path}");
        }
        let mut form = fields(&[("key", &FILE_NAME_VARIABLE.repeat(1000))]);
        form.set_file_name(&"n".repeat(1000));
        let error = form.substitute_file_name().unwrap_err();
        assert_eq!(error.code(), ErrorCode::MaxPostPreDataLengthExceeded);
    }

    /// versitygw eecc1a77: the key of a form was not validated.
    #[test]
    fn the_key_is_held_to_the_rules_of_any_key() {
        let check = |pairs: &[(&str, &str)]| fields(pairs).key().unwrap_err();
        assert!(check(&[]).message().contains("named 'key'.  If"));
        assert!(check(&[("key", "")]).message().contains("greater than 0"));
        let error = check(&[("key", &"k".repeat(1025))]);
        assert_eq!(error.code(), ErrorCode::KeyTooLongError);
        let allowed = fields(&[("key", "../a//b\u{1}")]);
        assert_eq!(allowed.key().unwrap().as_str(), "../a//b\u{1}");
    }

    #[test]
    fn only_known_fields_become_headers() {
        let form = fields(&[
            ("acl", "public-read"),
            ("Content-Type", "text/plain"),
            ("X-Amz-Meta-Name", "grün"),
            ("User-Agent", "forged"),
            ("Authorization", "forged"),
            ("x-amz-date", "20260101T000000Z"),
            ("x-amz-request-payer", "requester"),
            ("bucket", "other"),
        ]);
        let mut request = HeaderMap::new();
        request.insert("user-agent", HeaderValue::from_static("browser"));
        request.insert("x-amz-acl", HeaderValue::from_static("private"));
        let headers = form.headers(&request).unwrap();
        let mut found: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), str::from_utf8(value.as_bytes()).unwrap()))
            .collect();
        found.sort_unstable();
        let expected = [
            ("content-type", "text/plain"),
            ("user-agent", "browser"),
            ("x-amz-acl", "public-read"),
            ("x-amz-meta-name", "grün"),
            ("x-amz-request-payer", "requester"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_forms_do_not_offer_is_refused() {
        for name in ["x-amz-grant-read", "X-Amz-Acl", "x-amz-tagging", "x-amz-copy-source"] {
            let error = fields(&[(name, "x")]).headers(&HeaderMap::new()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::NotImplemented, "{name}");
        }
        for (name, value) in [("x-amz-meta-a", "b\r\nSet-Cookie: c"), ("x-amz-meta-a b", "c")] {
            let error = fields(&[(name, value)]).headers(&HeaderMap::new()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidArgument, "{name}");
        }
    }
}
