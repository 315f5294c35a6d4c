//! Tags of users, roles, policies and providers.

use iam::tag::{self, TagChange};
use iam::{IamError, Tag};
use model::IamKind;

use super::{ApiCall, Asked, Target};

fn target(kind: IamKind, name: &str) -> Target {
    match kind {
        IamKind::Policy | IamKind::OpenIdConnectProvider => Target::arn(name),
        _ => Target::identity(kind, name),
    }
}

/// TagUser and UntagUser, and those of the other kinds.
pub async fn change(
    call: &ApiCall<'_>,
    kind: IamKind,
    name: &str,
    change: TagChange,
) -> Result<(), IamError> {
    let (noun, target) = (kind.noun(), target(kind, name));
    let asked = match &change {
        TagChange::Set(tags) => Asked::new(&format!("Tag{noun}"), target).with_tags(tags),
        TagChange::Remove(keys) => {
            Asked::new(&format!("Untag{noun}"), target).with_tag_keys(keys.clone())
        }
    };
    call.write(asked, move |directory, authorized| {
        tag::change(directory, kind, authorized.name(), change)
    })
    .await
}

/// ListUserTags, and those of the other kinds.
pub fn list(call: &ApiCall<'_>, kind: IamKind, name: &str) -> Result<Vec<Tag>, IamError> {
    let asked = Asked::new(&format!("List{}Tags", kind.noun()), target(kind, name));
    call.read(asked, |directory, authorized| tag::list(directory, kind, authorized.name()))
}
