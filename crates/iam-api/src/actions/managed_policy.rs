//! Managed policies and their versions.

use iam::PolicyVersion;
use iam::aws_managed::AwsManagedPolicy;
use iam::managed_policy::{AnyPolicy, NewPolicy};
use model::IamRelation;
use ops::iam::managed_policy::{self, CountedPolicy, PolicyFilter};

use super::element;
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

/// How much of a policy an answer tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// A listing: without description and tags.
    Listing,
    /// GetPolicy: with both.
    Whole,
}

pub(super) fn policy(xml: &mut Xml, counted: &CountedPolicy, detail: Detail) {
    let (path, id, created, updated, version, description) = match &counted.policy {
        AnyPolicy::Customer(policy) => (
            policy.path.as_str(),
            policy.id.as_str(),
            policy.created,
            policy.updated,
            policy.default_version,
            policy.description.as_deref(),
        ),
        AnyPolicy::Aws(policy) => {
            let created = AwsManagedPolicy::created();
            (AwsManagedPolicy::PATH, policy.id, created, created, 1, Some(policy.description))
        }
    };
    xml.text("PolicyName", counted.policy.name()).text("PolicyId", id).text("Arn", &counted.arn);
    xml.text("Path", path).text("DefaultVersionId", &format!("v{version}"));
    xml.value("AttachmentCount", counted.attachments);
    xml.value("PermissionsBoundaryUsageCount", counted.boundaries).value("IsAttachable", true);
    xml.time("CreateDate", created).time("UpdateDate", updated);
    if detail == Detail::Whole {
        xml.optional("Description", description);
        if let AnyPolicy::Customer(policy) = &counted.policy {
            element::tags(xml, &policy.tags);
        }
    }
}

/// A version with or without its document.
pub(super) fn version(xml: &mut Xml, version: &PolicyVersion, in_force: bool, document: bool) {
    if document {
        xml.text("Document", &element::document(&version.document));
    }
    xml.text("VersionId", &version.id()).value("IsDefaultVersion", in_force);
    xml.time("CreateDate", version.created);
}

fn one(counted: &CountedPolicy) -> Xml {
    let mut xml = Xml::default();
    xml.element("Policy", |xml| policy(xml, counted, Detail::Whole));
    xml
}

pub(super) async fn create(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let new = NewPolicy {
        path: parameters.get("Path").unwrap_or("/").to_owned(),
        name: parameters.owned("PolicyName")?,
        description: parameters.get("Description").map(str::to_owned),
        tags: parameters.tags()?,
        document: parameters.owned("PolicyDocument")?,
    };
    Ok(Some(one(&managed_policy::create(&call.api(), new).await?)))
}

pub(super) fn get(call: &Call<'_>) -> Outcome {
    Ok(Some(one(&managed_policy::get(&call.api(), call.parameters.required("PolicyArn")?)?)))
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let scope = parameters.word("Scope", &["All", "AWS", "Local"])?.unwrap_or("All");
    let usage =
        parameters.word("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let filter = PolicyFilter {
        local: scope != "AWS",
        aws: scope != "Local",
        only_attached: parameters.flag("OnlyAttached")?,
        usage: usage.map(|usage| match usage {
            "PermissionsBoundary" => IamRelation::Boundary,
            _ => IamRelation::Attached,
        }),
        path_prefix: parameters.get("PathPrefix").unwrap_or("/").to_owned(),
    };
    let page = managed_policy::list(&call.api(), &filter, &call.page()?)?;
    let mut xml = Xml::default();
    xml.list("Policies", &page.items, |xml, counted| policy(xml, counted, Detail::Listing));
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) async fn delete(call: &Call<'_>) -> Outcome {
    managed_policy::delete(&call.api(), call.parameters.required("PolicyArn")?).await?;
    Ok(None)
}

pub(super) async fn create_version(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let document = parameters.owned("PolicyDocument")?;
    let (arn, as_default) = (parameters.required("PolicyArn")?, parameters.flag("SetAsDefault")?);
    let (made, in_force) =
        managed_policy::create_version(&call.api(), arn, document, as_default).await?;
    let mut xml = Xml::default();
    xml.element("PolicyVersion", |xml| version(xml, &made, in_force, false));
    Ok(Some(xml))
}

pub(super) fn get_version(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let (arn, id) = (parameters.required("PolicyArn")?, parameters.required("VersionId")?);
    let (found, in_force) = managed_policy::get_version(&call.api(), arn, id)?;
    let mut xml = Xml::default();
    xml.element("PolicyVersion", |xml| version(xml, &found, in_force, true));
    Ok(Some(xml))
}

/// Newest first, as AWS lists them.
pub(super) fn versions(call: &Call<'_>) -> Outcome {
    let versions = managed_policy::versions(&call.api(), call.parameters.required("PolicyArn")?)?;
    let order = |(version, _): &(PolicyVersion, bool)| format!("{:010}", u32::MAX - version.number);
    let page = call.page()?.of(versions, order);
    let mut xml = Xml::default();
    xml.list("Versions", &page.items, |xml, (one, in_force)| version(xml, one, *in_force, false));
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) async fn set_default_version(call: &Call<'_>) -> Outcome {
    let version = call.parameters.owned("VersionId")?;
    let arn = call.parameters.required("PolicyArn")?;
    managed_policy::set_default_version(&call.api(), arn, version).await?;
    Ok(None)
}

pub(super) async fn delete_version(call: &Call<'_>) -> Outcome {
    let version = call.parameters.owned("VersionId")?;
    let arn = call.parameters.required("PolicyArn")?;
    managed_policy::delete_version(&call.api(), arn, version).await?;
    Ok(None)
}
