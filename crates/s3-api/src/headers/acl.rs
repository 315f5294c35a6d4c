//! ACLs in request headers: `x-amz-acl` and the five `x-amz-grant-*` (§2.7, §2.8).

use http::HeaderMap;
use model::limits::ACL_GRANTS_MAX;
use model::{CannedAcl, ErrorCode, Group, Permission, S3Error};
use ops::acl::{AclInput, GrantInput, GranteeInput, IdInput};

const CANNED_HEADER: &str = "x-amz-acl";

/// Whether any ACL header was sent.
pub(crate) fn is_present(headers: &HeaderMap) -> bool {
    headers.contains_key(CANNED_HEADER) || has_grants(headers)
}

fn has_grants(headers: &HeaderMap) -> bool {
    Permission::ALL.iter().any(|permission| headers.contains_key(permission.grant_header()))
}

/// Reads the ACL headers in the order of checks of §12.2: both kinds (ACL-E15), unknown canned
/// name (ACL-E1), grant syntax (ACL-E3), group (ACL-E2). Ids are looked up later (ACL-E4).
pub(crate) fn read(headers: &HeaderMap) -> Result<AclInput, S3Error> {
    let canned = headers.get(CANNED_HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()));
    match canned {
        Some(_) if has_grants(headers) => Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "Specifying both Canned ACLs and Header Grants is not allowed",
        )),
        Some(name) => canned_acl(&name, CANNED_HEADER).map(AclInput::Canned),
        None if has_grants(headers) => grants(headers).map(AclInput::Grants),
        None => Ok(AclInput::Absent),
    }
}

/// A canned name; an unknown or empty one is ACL-E1 (U-11), with an empty message as recorded.
pub(crate) fn canned_acl(name: &str, argument: &str) -> Result<CannedAcl, S3Error> {
    CannedAcl::parse(name).ok_or_else(|| S3Error::invalid_argument("", argument, name))
}

/// The `acl` field of a form, which takes canned names only (§2.7).
pub(crate) fn of_form(field: Option<&str>) -> Result<AclInput, S3Error> {
    field.map_or(Ok(AclInput::Absent), |name| canned_acl(name, "acl").map(AclInput::Canned))
}

/// All grants, in the order of ACL-51.
fn grants(headers: &HeaderMap) -> Result<Vec<GrantInput>, S3Error> {
    let mut grants = Vec::new();
    for permission in Permission::ALL {
        let header = permission.grant_header();
        for value in headers.get_all(header) {
            let list = String::from_utf8_lossy(value.as_bytes());
            for piece in split_list(&list) {
                let grantee = grantee(header, piece)?;
                grants.push(GrantInput { grantee, permission });
            }
        }
    }
    // ACL-4 says MalformedACLError for documents; headers of this length do not fit the request.
    if grants.len() > ACL_GRANTS_MAX {
        return Err(ErrorCode::MalformedACLError.into());
    }
    Ok(grants)
}

/// Splits at commas that do not stand between double quotes.
fn split_list(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |character| {
        if character == '"' {
            quoted = !quoted;
        }
        character == ',' && !quoted
    })
    .map(str::trim)
}

fn grantee(header: &'static str, piece: &str) -> Result<GranteeInput, S3Error> {
    let unrecognized =
        || S3Error::invalid_argument("Argument format not recognized", header, piece);
    let (key, value) = piece.split_once('=').ok_or_else(unrecognized)?;
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    match key.trim() {
        "id" => Ok(GranteeInput::Account(IdInput { text: value.to_owned(), argument: "id" })),
        "uri" => Group::from_uri(value)
            .map(GranteeInput::Group)
            .ok_or_else(|| S3Error::invalid_argument("Invalid group uri", "uri", value)),
        "emailAddress" => Err(email_grantee()),
        _ => Err(unrecognized()),
    }
}

/// E-mail grantees were discontinued in October 2025 (ACL-22, ACL-E18).
pub(crate) fn email_grantee() -> S3Error {
    ErrorCode::MethodNotAllowed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &str)], expected: &str) {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let shown = match read(&headers) {
            Ok(AclInput::Absent) => "absent".to_owned(),
            Ok(AclInput::Canned(canned)) => canned.as_str().to_owned(),
            Ok(AclInput::Grants(grants)) => {
                let show = |grant: &GrantInput| {
                    let grantee = match &grant.grantee {
                        GranteeInput::Account(id) => id.text.clone(),
                        GranteeInput::Group(group) => format!("{group:?}"),
                    };
                    format!("{grantee} {}", grant.permission)
                };
                grants.iter().map(show).collect::<Vec<_>>().join(", ")
            }
            Ok(AclInput::Document { .. }) => "document".to_owned(),
            Err(error) => {
                let fields: Vec<_> =
                    error.fields().iter().map(|(_, value)| value.as_str()).collect();
                format!("{} {:?} {}", error.code().as_str(), error.message(), fields.join(" "))
            }
        };
        assert_eq!(shown, expected, "{pairs:?}");
    }

    const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

    #[test]
    fn canned() {
        check(&[], "absent");
        check(&[("x-amz-acl", "public-read")], "public-read");
        // TV-018, TV-019
        check(&[("x-amz-acl", "fake-acl")], "InvalidArgument \"\" x-amz-acl fake-acl");
        check(&[("x-amz-acl", "")], "InvalidArgument \"\" x-amz-acl ");
        check(&[("x-amz-acl", "Private")], "InvalidArgument \"\" x-amz-acl Private");
    }

    #[test]
    fn grant_headers() {
        check(
            &[
                ("x-amz-grant-write", "id=b"),
                ("x-amz-grant-read", &format!("id=\"a\", uri=\"{ALL_USERS}\"")),
                ("x-amz-grant-read", "id=c"),
            ],
            "a READ, AllUsers READ, c READ, b WRITE",
        );
        // TV-029, TV-030
        check(
            &[("x-amz-acl", "private"), ("x-amz-grant-read", "id=a")],
            "InvalidRequest \"Specifying both Canned ACLs and Header Grants is not allowed\" ",
        );
        // TV-020
        check(
            &[("x-amz-grant-write", "uri=\"http://acs.amazonaws.com/groups/s3/FakeGroup\"")],
            "InvalidArgument \"Invalid group uri\" uri http://acs.amazonaws.com/groups/s3/FakeGroup",
        );
        // TV-021
        check(
            &[("x-amz-grant-write", "fakekey=\"1234\"")],
            "InvalidArgument \"Argument format not recognized\" x-amz-grant-write fakekey=\"1234\"",
        );
        check(
            &[("x-amz-grant-read", "id=a,,id=b")],
            "InvalidArgument \"Argument format not recognized\" x-amz-grant-read ",
        );
        // TV-033
        check(
            &[("x-amz-grant-read", "emailAddress=\"a@example.com\"")],
            "MethodNotAllowed \"The specified method is not allowed against this resource.\" ",
        );
    }
}
