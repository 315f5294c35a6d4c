//! What the rules read and write, within one transaction.

use authz::policy::PrincipalNames;
use model::{AccountId, IamKind, IamRelation, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::IamError;
use crate::entity::{AccessKey, AccountSettings, Identity, key_of};

/// One transaction on the rows of one account: what is read is of one moment, and everything that
/// is written is undone if the rules end with an error.
pub trait Tables {
    /// The document of a row.
    fn get(&self, kind: IamKind, key: &str) -> Result<Option<String>, IamError>;
    /// Key and document of at most `limit` rows behind a key, in the order of the keys.
    fn page(
        &self,
        kind: IamKind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, String)>, IamError>;
    /// How many rows of a kind there are.
    fn count(&self, kind: IamKind) -> Result<usize, IamError>;
    /// Kind and key of every row that refers to a target.
    fn holders(
        &self,
        relation: IamRelation,
        target: &str,
    ) -> Result<Vec<(IamKind, String)>, IamError>;
    /// Adds or replaces a row with its unique id and what it refers to.
    fn put(
        &self,
        kind: IamKind,
        key: &str,
        id: Option<&str>,
        document: String,
        links: &[(IamRelation, String)],
    ) -> Result<(), IamError>;
    /// Removes a row.
    fn delete(&self, kind: IamKind, key: &str) -> Result<(), IamError>;
    /// The access key with this id, if it belongs to the account.
    fn access_key(&self, id: &str) -> Result<Option<AccessKey>, IamError>;
    /// The access keys of a user by its unique id, or of the root user.
    fn access_keys(&self, user: Option<&str>) -> Result<Vec<AccessKey>, IamError>;
    /// Adds an access key with its encrypted secret.
    fn create_access_key(&self, key: &AccessKey, sealed_secret: &[u8]) -> Result<(), IamError>;
    /// Accepts or refuses a key that exists.
    fn set_access_key_active(&self, id: &str, active: bool) -> Result<(), IamError>;
    /// Removes a key that exists.
    fn delete_access_key(&self, id: &str) -> Result<(), IamError>;
    /// Who may be named as a principal, in any account, and how.
    fn principals(&self) -> &dyn PrincipalNames;
}

/// The IAM of one account in one transaction; the functions of the other modules take it.
#[derive(Clone, Copy)]
pub struct Directory<'t> {
    /// The rows.
    pub tables: &'t dyn Tables,
    /// The account whose rows they are.
    pub account: AccountId,
    /// When the call arrived.
    pub now: Timestamp,
}

impl Directory<'_> {
    /// A document of a kind; none if there is no such row. Unreadable is an error.
    pub(crate) fn document<T: DeserializeOwned>(
        &self,
        kind: IamKind,
        key: &str,
    ) -> Result<Option<T>, IamError> {
        self.tables.get(kind, key)?.map(|text| read(&text)).transpose()
    }

    /// Writes a document that refers to nothing.
    pub(crate) fn put_document(
        &self,
        kind: IamKind,
        key: &str,
        id: Option<&str>,
        document: &impl Serialize,
    ) -> Result<(), IamError> {
        self.tables.put(kind, key, id, write(document)?, &[])
    }

    /// The user, group or role of this name, letter case included.
    pub fn find_identity(&self, kind: IamKind, name: &str) -> Result<Option<Identity>, IamError> {
        let found: Option<Identity> = self.document(kind, &key_of(name))?;
        Ok(found.filter(|identity| identity.name == name))
    }

    /// As [`Directory::find_identity`]; `NoSuchEntity` if there is none.
    pub fn identity(&self, kind: IamKind, name: &str) -> Result<Identity, IamError> {
        self.find_identity(kind, name)?.ok_or_else(|| no_such_identity(kind, name))
    }

    /// The user, group or role that a row refers to.
    pub(crate) fn identity_by_key(&self, kind: IamKind, key: &str) -> Result<Identity, IamError> {
        let gone =
            || IamError::internal(format!("{} `{key}` is referred to and missing", kind.as_str()));
        self.document(kind, key)?.ok_or_else(gone)
    }

    /// Writes a user, group or role.
    pub(crate) fn put_identity(&self, identity: &Identity) -> Result<(), IamError> {
        let (document, links) = (write(identity)?, identity.links());
        self.tables.put(identity.kind, &identity.key(), Some(&identity.id), document, &links)
    }

    /// What belongs to the account itself.
    pub fn account_settings(&self) -> Result<AccountSettings, IamError> {
        Ok(self.document(IamKind::Account, "")?.unwrap_or_default())
    }
}

/// `NoSuchEntity` about a user, group or role.
pub(crate) fn no_such_identity(kind: IamKind, name: &str) -> IamError {
    IamError::missing(format!("The {} with name {name} cannot be found.", kind.as_str()))
}

/// Reads a stored document.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, IamError> {
    serde_json::from_str(text).map_err(|error| IamError::internal(format!("IAM row: {error}")))
}

fn write(document: &impl Serialize) -> Result<String, IamError> {
    serde_json::to_string(document).map_err(IamError::internal)
}
