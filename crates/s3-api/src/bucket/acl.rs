//! ACL documents of buckets and objects, GetBucketAcl and PutBucketAcl (§2.9).

use model::limits::ACL_GRANTS_MAX;
use model::{AccessControlList, ErrorCode, Grant, Grantee, Group, Permission, S3Error};
use ops::acl::{AclInput, GrantInput, GranteeInput, IdInput};
use ops::bucket::acl;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers;
use crate::headers::acl::email_grantee;
use crate::xml::{Element, Malformed, XmlWriter, parse};

const XSI: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let acl = acl::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(document(&acl)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let acl = requested(context, body).await;
    acl::put(context.store, &context.call()?, context.bucket()?, acl).await?;
    Ok(Answer::ok())
}

/// Writes an ACL (ACL-60: `xsi` is declared on each grantee).
pub(crate) fn document(acl: &AccessControlList) -> String {
    XmlWriter::s3("AccessControlPolicy", |xml| {
        xml.element("Owner", |xml| xml.value("ID", &acl.owner));
        xml.element("AccessControlList", |xml| {
            for grant in &acl.grants {
                write_grant(xml, grant);
            }
        });
    })
}

/// Writes one `Grant`, here and in `TargetGrants`.
pub(crate) fn write_grant(xml: &mut XmlWriter, grant: &Grant) {
    xml.element("Grant", |xml| {
        grantee(xml, &grant.grantee);
        xml.value("Permission", grant.permission);
    });
}

fn grantee(xml: &mut XmlWriter, grantee: &Grantee) {
    match grantee {
        Grantee::CanonicalUser(id) => {
            xml.element_with("Grantee", &format!("{XSI}\"CanonicalUser\""), |xml| {
                xml.value("ID", id);
            });
        }
        Grantee::Group(group) => {
            xml.element_with("Grantee", &format!("{XSI}\"Group\""), |xml| {
                xml.text("URI", group.uri());
            });
        }
    }
}

/// The ACL of a PUT: from headers or from the body, never from both (ACL-E14…E17).
pub(crate) async fn requested(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<AclInput, S3Error> {
    let in_headers = headers::acl::is_present(context.headers());
    let parsed = headers::acl::read(context.headers());
    if let Err(error) = &parsed
        && error.code() == ErrorCode::InvalidRequest
    {
        // ACL-E15 comes before ACL-E16 (§12.2).
        return parsed;
    }
    let document = document::read_small(context, body).await?;
    match (in_headers, document.is_empty()) {
        (true, true) => parsed,
        (true, false) => Err(ErrorCode::UnexpectedContent.into()),
        (false, false) => read(&document),
        (false, true) => {
            Err(S3Error::new(ErrorCode::MissingSecurityHeader)
                .field("MissingHeaderName", "x-amz-acl"))
        }
    }
}

/// Reads an `AccessControlPolicy`: the schema first, then ids and groups (§12.2).
pub(crate) fn read(document: &[u8]) -> Result<AclInput, S3Error> {
    let malformed = |Malformed| S3Error::new(ErrorCode::MalformedACLError);
    let policy = parse(document, "AccessControlPolicy").map_err(malformed)?;
    let raw = RawAcl::read(&policy).map_err(malformed)?;
    let grants = raw.grants.into_iter().map(RawGrant::check).collect::<Result<_, _>>()?;
    Ok(AclInput::Document { owner: id(raw.owner), grants })
}

fn id(text: String) -> IdInput {
    IdInput { text, argument: "CanonicalUser/ID" }
}

struct RawAcl {
    owner: String,
    grants: Vec<RawGrant>,
}

/// A grant that follows the schema, before its ids and groups are looked at.
pub(crate) struct RawGrant {
    grantee: RawGrantee,
    permission: Permission,
}

enum RawGrantee {
    Id(String),
    Uri(String),
    Email,
}

impl RawAcl {
    fn read(policy: &Element) -> Result<Self, Malformed> {
        policy.children(&["Owner", "AccessControlList"])?;
        let owner = policy.required("Owner")?;
        owner.children(&["ID", "DisplayName"])?;
        let owner = owner.required("ID")?.text()?.to_owned();
        let grants = RawGrant::read_list(policy.required("AccessControlList")?)?;
        if owner.is_empty() {
            return Err(Malformed);
        }
        Ok(Self { owner, grants })
    }
}

impl RawGrant {
    /// The grants of an `AccessControlList` or `TargetGrants`.
    pub(crate) fn read_list(list: &Element) -> Result<Vec<Self>, Malformed> {
        let list = list.children(&["Grant"])?;
        if list.len() > ACL_GRANTS_MAX {
            return Err(Malformed);
        }
        list.iter().map(Self::read).collect()
    }

    fn read(grant: &Element) -> Result<Self, Malformed> {
        grant.children(&["Grantee", "Permission"])?;
        let permission = grant.required("Permission")?.text()?;
        let permission = Permission::parse(permission).ok_or(Malformed)?;
        let grantee = grant.required("Grantee")?;
        let grantee = match grantee.attribute("type").ok_or(Malformed)? {
            "CanonicalUser" => {
                grantee.children(&["ID", "DisplayName"])?;
                RawGrantee::Id(grantee.required("ID")?.text()?.to_owned())
            }
            "Group" => {
                grantee.children(&["URI", "DisplayName"])?;
                RawGrantee::Uri(grantee.required("URI")?.text()?.to_owned())
            }
            "AmazonCustomerByEmail" => {
                grantee.children(&["EmailAddress", "DisplayName"])?;
                RawGrantee::Email
            }
            _ => return Err(Malformed),
        };
        Ok(Self { grantee, permission })
    }

    /// Groups must exist; grantees by e-mail are no longer taken (ACL-22).
    pub(crate) fn check(self) -> Result<GrantInput, S3Error> {
        let grantee = match self.grantee {
            RawGrantee::Id(text) => GranteeInput::Account(id(text)),
            RawGrantee::Uri(uri) => Group::from_uri(&uri)
                .map(GranteeInput::Group)
                .ok_or_else(|| S3Error::invalid_argument("Invalid group uri", "Group/URI", uri))?,
            RawGrantee::Email => return Err(email_grantee()),
        };
        Ok(GrantInput { grantee, permission: self.permission })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::CanonicalUserId;

    fn policy(owner: &str, grants: &str) -> String {
        format!(
            "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{owner}<AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
        )
    }

    fn grant(kind: &str, child: &str, permission: &str) -> String {
        format!(
            "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">{child}</Grantee><Permission>{permission}</Permission></Grant>"
        )
    }

    fn code(document: &str) -> Result<(), ErrorCode> {
        read(document.as_bytes()).map(drop).map_err(|error| error.code())
    }

    const OWNER: &str = "<Owner><ID>x</ID><DisplayName>ignored</DisplayName></Owner>";

    #[test]
    fn schema_errors() {
        let good = grant("CanonicalUser", "<ID>y</ID>", "READ");
        assert_eq!(code(&policy(OWNER, &good)), Ok(()));
        assert_eq!(code(&policy(OWNER, "")), Ok(()));
        assert_eq!(code(&policy(OWNER, &good.repeat(100))), Ok(()));
        let malformed = Err(ErrorCode::MalformedACLError);
        assert_eq!(code(&policy("", &good)), malformed, "TV-023");
        let wrong = grant("CanonicalUser", "<ID>y</ID>", "WRONG-PERMISSION");
        assert_eq!(code(&policy(OWNER, &wrong)), malformed, "TV-024");
        let bad_type = grant("BadType", "<ID>y</ID>", "READ");
        assert_eq!(code(&policy(OWNER, &bad_type)), malformed, "TV-027");
        assert_eq!(code(&policy(OWNER, &good.repeat(101))), malformed, "TV-032");
        let spaced = grant("Canonical User", "<ID>y</ID>", "READ");
        assert_eq!(code(&policy(OWNER, &spaced)), malformed, "ACL-60");
        assert_eq!(code("<AccessControlPolicy/>"), malformed, "ACL-E8");
        assert_eq!(code("not xml"), malformed, "ACL-E10");
        let unknown = policy(OWNER, &good).replace("</Owner>", "<X/></Owner>");
        assert_eq!(code(&unknown), malformed);
        let group =
            grant("Group", "<URI>http://acs.amazonaws.com/groups/s3/FakeGroup</URI>", "READ");
        assert_eq!(code(&policy(OWNER, &group)), Err(ErrorCode::InvalidArgument), "TV-026");
        let email = grant("AmazonCustomerByEmail", "<EmailAddress>a@b</EmailAddress>", "READ");
        assert_eq!(code(&policy(OWNER, &email)), Err(ErrorCode::MethodNotAllowed), "TV-033");
    }

    #[test]
    fn written_as_s3_writes_it() {
        let mut acl = AccessControlList::private(CanonicalUserId::anonymous());
        acl.grants
            .push(Grant { grantee: Grantee::Group(Group::AllUsers), permission: Permission::Read });
        let written = document(&acl);
        assert!(written.contains("<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>65a011a29cdf8ec533ec3d1ccaae921c</ID></Grantee><Permission>FULL_CONTROL</Permission>"));
        assert!(read(written.as_bytes()).is_ok());
    }
}
