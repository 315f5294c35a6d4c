//! Permissions boundaries.
//!
//! AWS: IAM user guide, "Permissions boundaries for IAM entities"; IAM API reference,
//! PutUserPermissionsBoundary and its neighbours.

use model::IamKind;

use crate::tables::Directory;
use crate::{IamError, managed_policy};

/// Sets or removes the boundary of a user or role. Errors: `NoSuchEntity`, `InvalidInput`.
pub fn set(
    directory: &Directory<'_>,
    kind: IamKind,
    name: &str,
    arn: Option<&str>,
) -> Result<(), IamError> {
    let mut identity = directory.identity(kind, name)?;
    match arn {
        Some(arn) => check(directory, arn)?,
        None if identity.boundary.is_none() => {
            let word = kind.as_str();
            let message = format!("The {word} with name {name} has no permissions boundary.");
            return Err(IamError::missing(message));
        }
        None => {}
    }
    identity.boundary = arn.map(str::to_owned);
    directory.put_identity(&identity)
}

/// Whether a policy can be a boundary. Errors: `NoSuchEntity`, `InvalidInput`.
pub(crate) fn check(directory: &Directory<'_>, arn: &str) -> Result<(), IamError> {
    let missing =
        || IamError::missing(format!("Scope ARN: {arn} does not exist or is not attachable."));
    managed_policy::find(directory, arn)?.map(drop).ok_or_else(missing)
}
