//! What an action of IAM acts on, and how its ARN is written.
//!
//! AWS: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity
//! and Access Management (IAM)".

use model::{AccountId, IamKind};

/// What an action acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The account as a whole: `*`.
    Everything,
    /// The root user, for its access keys.
    Root,
    /// All of a kind below a path.
    Listing(IamKind, String),
    /// Something that is to be made: its kind, path and name.
    New(IamKind, String, String),
    /// A user, group or role by its name, whether or not it exists.
    Identity(IamKind, String),
    /// A managed policy or an identity provider by its ARN, whether or not it exists.
    Arn(String),
}

impl Target {
    /// A user by name.
    pub fn user(name: &str) -> Self {
        Self::identity(IamKind::User, name)
    }

    /// A user, group or role by name.
    pub fn identity(kind: IamKind, name: &str) -> Self {
        Self::Identity(kind, name.to_owned())
    }

    /// A policy or provider by ARN.
    pub fn arn(arn: &str) -> Self {
        Self::Arn(arn.to_owned())
    }

    /// What the rules call it: the name, or the ARN; empty where there is no single one.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Everything | Self::Root | Self::Listing(..) => "",
            Self::New(_, _, name) | Self::Identity(_, name) | Self::Arn(name) => name,
        }
    }

    /// The account that it lies in: where an ARN names another one than the caller's, that one.
    /// `aws` in the place of an account stands for whoever asks.
    pub(crate) fn account(&self, callers: AccountId) -> AccountId {
        let Self::Arn(arn) = self else { return callers };
        arn.split(':').nth(4).and_then(AccountId::parse).unwrap_or(callers)
    }
}
