//! What belongs to the account itself.

use iam::{Identity, validate};
use model::{AccountId, IamKind};
use ops::iam::account::{self, IdentityDetails};

use super::element;
use super::managed_policy::{self, Detail};
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

pub(super) async fn create_alias(call: &Call<'_>) -> Outcome {
    account::create_alias(&call.api(), call.parameters.owned("AccountAlias")?).await?;
    Ok(None)
}

pub(super) async fn delete_alias(call: &Call<'_>) -> Outcome {
    account::delete_alias(&call.api(), call.parameters.owned("AccountAlias")?).await?;
    Ok(None)
}

pub(super) fn aliases(call: &Call<'_>) -> Outcome {
    let page = call.page()?.of(account::alias(&call.api())?, Clone::clone);
    let mut xml = Xml::default();
    xml.texts("AccountAliases", &page.items);
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) fn summary(call: &Call<'_>) -> Outcome {
    let counts = account::summary(&call.api())?;
    let mut xml = Xml::default();
    xml.element("SummaryMap", |xml| {
        for (name, count) in counts {
            xml.element("entry", |xml| {
                xml.text("key", name).value("value", count);
            });
        }
    });
    Ok(Some(xml))
}

const FILTERS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

pub(super) fn authorization_details(call: &Call<'_>) -> Outcome {
    let filters = call.parameters.list("Filter")?;
    if let Some(bad) = filters.iter().find(|filter| !FILTERS.contains(&filter.as_str())) {
        let rule = format!("Member must satisfy enum value set: [{}]", FILTERS.join(", "));
        return Err(validate::constraint("filter", bad, &rule));
    }
    let wants = |name: &str| filters.is_empty() || filters.iter().any(|filter| filter == name);
    let kinds = [IamKind::User, IamKind::Group, IamKind::Role];
    let kinds: Vec<IamKind> = kinds.into_iter().filter(|kind| wants(kind.noun())).collect();
    let (local, aws) = (wants("LocalManagedPolicy"), wants("AWSManagedPolicy"));
    let details = account::authorization_details(&call.api(), &kinds, local, aws)?;
    let items = details.identities.into_iter().map(|one| Item::Identity(Box::new(one)));
    let items = items.chain(details.policies.into_iter().map(|one| Item::Policy(Box::new(one))));
    let page = call.page()?.of(items, Item::key);
    let account = element::account(call)?;
    let mut xml = Xml::default();
    for kind in [IamKind::User, IamKind::Group, IamKind::Role] {
        let of_kind = page.items.iter().filter_map(|item| item.identity_of(kind));
        xml.list(&format!("{}DetailList", kind.noun()), of_kind, |xml, details| {
            identity_details(xml, account, details);
        });
    }
    xml.list("Policies", page.items.iter().filter_map(Item::policy), |xml, counted| {
        managed_policy::policy(xml, counted, Detail::Listing);
        let versions = account::versions_of(&counted.policy);
        xml.list("PolicyVersionList", versions, |xml, (version, in_force)| {
            managed_policy::version(xml, &version, in_force, true);
        });
    });
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

/// What the details list, in one order for all pages.
enum Item {
    Identity(Box<IdentityDetails>),
    Policy(Box<ops::iam::managed_policy::CountedPolicy>),
}

impl Item {
    fn key(&self) -> String {
        match self {
            Self::Identity(details) => {
                let Identity { kind, .. } = details.identity;
                format!("{}/{}", kind.as_str(), details.identity.key())
            }
            Self::Policy(counted) => format!("z/{}", counted.arn),
        }
    }

    fn identity_of(&self, kind: IamKind) -> Option<&IdentityDetails> {
        match self {
            Self::Identity(details) if details.identity.kind == kind => Some(details),
            _ => None,
        }
    }

    fn policy(&self) -> Option<&ops::iam::managed_policy::CountedPolicy> {
        match self {
            Self::Policy(counted) => Some(counted),
            Self::Identity(_) => None,
        }
    }
}

fn identity_details(xml: &mut Xml, account: AccountId, details: &IdentityDetails) {
    let identity = &details.identity;
    let noun = identity.kind.noun();
    element::identity(xml, account, identity, false);
    xml.list(&format!("{noun}PolicyList"), &identity.inline_policies, |xml, (name, document)| {
        xml.text("PolicyName", name).text("PolicyDocument", &element::document(document));
    });
    if identity.kind == IamKind::User {
        xml.texts("GroupList", &details.groups);
    }
    if identity.kind == IamKind::Role {
        xml.list("InstanceProfileList", [(); 0], |_, ()| {});
    }
    xml.list("AttachedManagedPolicies", &details.attached, |xml, (name, arn)| {
        xml.text("PolicyName", name).text("PolicyArn", arn);
    });
}
