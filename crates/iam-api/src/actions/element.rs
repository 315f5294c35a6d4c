//! Elements that several actions answer with.

use iam::{IamError, Identity, Tag};
use identity::uri::encode_query;
use model::{AccountId, IamKind};

use crate::Call;
use crate::xml::Xml;

/// The account that the answer is about. The gate let nobody pass who has none.
pub(super) fn account(call: &Call<'_>) -> Result<AccountId, IamError> {
    call.caller.account_id().ok_or_else(|| IamError::internal("a call without an account"))
}

/// What is behind a listing: `IsTruncated`, and the marker of the next page.
pub(super) fn page_end(xml: &mut Xml, next: Option<&str>) {
    xml.value("IsTruncated", next.is_some()).optional("Marker", next);
}

/// The content of a `User`, `Group` or `Role`. Listings leave tags and boundary out, as AWS does.
pub(super) fn identity(xml: &mut Xml, account: AccountId, identity: &Identity, in_listing: bool) {
    let noun = identity.kind.noun();
    xml.text("Path", &identity.path).text(&format!("{noun}Name"), &identity.name);
    xml.text(&format!("{noun}Id"), &identity.id).text("Arn", &identity.arn(account));
    xml.time("CreateDate", identity.created);
    if let Some(role) = &identity.role {
        xml.text("AssumeRolePolicyDocument", &document(&role.trust_policy));
        xml.optional("Description", role.description.as_deref());
        xml.value("MaxSessionDuration", role.max_session_seconds);
    }
    if !in_listing && identity.kind != IamKind::Group {
        boundary(xml, identity);
        if !identity.tags.is_empty() {
            tags(xml, &identity.tags);
        }
    }
}

/// `PermissionsBoundary`, if there is one.
pub(super) fn boundary(xml: &mut Xml, identity: &Identity) {
    if let Some(arn) = &identity.boundary {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "PermissionsBoundaryPolicy");
            xml.text("PermissionsBoundaryArn", arn);
        });
    }
}

/// `Tags`
pub(super) fn tags(xml: &mut Xml, tags: &[Tag]) {
    xml.list("Tags", tags, |xml, tag| {
        xml.text("Key", &tag.key).text("Value", &tag.value);
    });
}

/// A policy as answers hold it: percent-encoded as RFC 3986 says.
pub(super) fn document(document: &str) -> String {
    encode_query(document.as_bytes())
}
