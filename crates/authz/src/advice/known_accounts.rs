//! Accounts of a store that is not ours: logs and policies name them by number, ACLs by canonical user
//! id, and who has both is seldom said.

use std::sync::Arc;

use model::principal::IamName;
use model::{AccountId, AccountIdentity, CanonicalUserId, Principal};

use super::Beneficiary;

/// The accounts that are known, wholly or by half.
#[derive(Clone, Debug, Default)]
pub struct KnownAccounts {
    whole: Vec<AccountIdentity>,
    /// The number is made up.
    by_canonical_id: Vec<AccountIdentity>,
    /// The canonical user id is made up.
    by_number: Vec<AccountIdentity>,
}

impl KnownAccounts {
    /// Adds an account of which both names are known.
    pub fn add(&mut self, account: AccountIdentity) {
        let other = |known: &AccountIdentity| {
            known.id != account.id && known.canonical_id != account.canonical_id
        };
        for list in [&mut self.whole, &mut self.by_canonical_id, &mut self.by_number] {
            list.retain(other);
        }
        self.whole.push(account);
    }

    /// Those of which both names are known.
    pub fn whole(&self) -> &[AccountIdentity] {
        &self.whole
    }

    /// All, with what each is called.
    pub fn named(&self) -> Vec<(String, AccountIdentity)> {
        let name = |account: &AccountIdentity| {
            Beneficiary::Account(account.canonical_id.clone()).name(&self.whole)
        };
        let by_number = self.by_number.iter();
        self.whole
            .iter()
            .chain(&self.by_canonical_id)
            .map(|account| (name(account), account.clone()))
            .chain(by_number.map(|account| (format!("account {}", account.id), account.clone())))
            .collect()
    }

    /// The account with this canonical user id.
    pub fn with_canonical_id(&mut self, id: &CanonicalUserId) -> AccountIdentity {
        let mut all = self.whole.iter().chain(&self.by_canonical_id);
        if let Some(known) = all.find(|account| account.canonical_id == *id) {
            return known.clone();
        }
        // From the upper end, where no account was given out yet that anybody has met.
        let taken = u64::try_from(self.by_canonical_id.len()).unwrap_or(AccountId::MAX);
        let made_up =
            AccountIdentity { id: AccountId::from_the_end(taken), canonical_id: id.clone() };
        self.by_canonical_id.push(made_up.clone());
        made_up
    }

    /// The account with this number.
    pub fn with_number(&mut self, id: AccountId) -> AccountIdentity {
        let mut all = self.whole.iter().chain(&self.by_number);
        if let Some(known) = all.find(|account| account.id == id) {
            return known.clone();
        }
        let canonical_id = CanonicalUserId::parse(&format!("{:0>64}", id.to_string()));
        let canonical_id = canonical_id.unwrap_or_else(CanonicalUserId::anonymous);
        let made_up = AccountIdentity { id, canonical_id };
        self.by_number.push(made_up.clone());
        made_up
    }

    /// Who made a request of an access log (ID-12): nobody, a canonical user id or an ARN. None if it is
    /// a service, or something that nobody can tell.
    pub fn requester(&mut self, requester: Option<&str>) -> Option<Principal> {
        let Some(requester) = requester else { return Some(Principal::Anonymous) };
        if let Some(id) = CanonicalUserId::parse(requester) {
            if id.is_anonymous() {
                return Some(Principal::Anonymous);
            }
            return Some(Principal::Root(self.with_canonical_id(&id)));
        }
        let mut parts = requester.splitn(6, ':');
        let mut part = || parts.next();
        let ("arn", _, service, "", account, entity) =
            (part()?, part()?, part()?, part()?, part()?, part()?)
        else {
            return None;
        };
        let account = self.with_number(AccountId::parse(account)?);
        let (kind, name) = entity.split_once('/').unwrap_or((entity, ""));
        Some(match (service, kind) {
            ("iam", "root") => Principal::Root(account),
            ("iam", "user") => Principal::User { account, user: iam_name(name, "AIDA") },
            ("sts", "assumed-role") => {
                let (role, session) = name.split_once('/')?;
                let role = iam_name(role, "AROA");
                Principal::AssumedRole { account, role, session_name: session.into() }
            }
            ("sts", "federated-user") => Principal::FederatedUser { account, name: name.into() },
            _ => return None,
        })
    }
}

/// A name with its path. The unique id stands for the name, since nobody says the real one.
fn iam_name(path_and_name: &str, kind: &str) -> Arc<IamName> {
    let (path, name) = match path_and_name.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), path_and_name),
    };
    Arc::new(IamName { path, name: name.to_owned(), unique_id: format!("{kind}:{path_and_name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(digit: &str) -> CanonicalUserId {
        CanonicalUserId::parse(&digit.repeat(64)).unwrap()
    }

    #[test]
    fn accounts_that_are_known_by_half_stay_apart() {
        let mut accounts = KnownAccounts::default();
        let whole = AccountIdentity {
            id: AccountId::parse("111122223333").unwrap(),
            canonical_id: canonical("a"),
        };
        accounts.add(whole.clone());
        assert_eq!(accounts.with_canonical_id(&canonical("a")), whole);
        assert_eq!(accounts.with_number(whole.id), whole);
        let b = accounts.with_canonical_id(&canonical("b"));
        let c = accounts.with_canonical_id(&canonical("c"));
        assert!(b.id != c.id && b.id != whole.id);
        assert_eq!(accounts.with_canonical_id(&canonical("b")), b);
        let number = AccountId::parse("444455556666").unwrap();
        let half = accounts.with_number(number);
        assert!(![&whole, &b, &c].iter().any(|one| one.canonical_id == half.canonical_id));
        let names: Vec<_> = accounts.named().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[0], "account 111122223333");
        assert!(names[1].ends_with(canonical("b").as_str()));
        assert_eq!(names[3], "account 444455556666");
        // The other half is heard of.
        accounts.add(AccountIdentity { id: number, canonical_id: canonical("b") });
        assert_eq!(accounts.with_canonical_id(&canonical("b")).id, number);
        assert_eq!(accounts.named().len(), 3);
    }

    #[test]
    fn requesters_are_read() {
        let mut accounts = KnownAccounts::default();
        let mut check = |text: Option<&str>, expected: Option<&str>| {
            let found = accounts.requester(text).map(|principal| principal.to_string());
            assert_eq!(found.as_deref(), expected, "{text:?}");
        };
        check(None, Some("anonymous"));
        check(Some(CanonicalUserId::anonymous().as_str()), Some("anonymous"));
        check(Some(canonical("a").as_str()), Some("arn:aws:iam::999999999999:root"));
        for arn in [
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:user/team/alice",
            "arn:aws:sts::111122223333:assumed-role/deploy/ci",
            "arn:aws:sts::111122223333:federated-user/bob",
        ] {
            check(Some(arn), Some(arn));
        }
        for unknown in ["svc:logging.s3.amazonaws.com", "arn:aws:iam::1:user/x", "arn", ""] {
            check(Some(unknown), None);
        }
    }
}
