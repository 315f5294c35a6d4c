//! Accounts and access keys.

use ::model::{CanonicalUserId, PublicAccessBlock};

use super::fixture::{account, account_id, time};
use crate::{AccessKeyRecord, KeyOwner, MetaError, MetadataStore, Noun};

pub(crate) async fn accounts_are_found_by_each_name<S: MetadataStore>(store: S) {
    let mut mixed = account(2);
    let text = format!("aB{}", "0".repeat(62));
    mixed.identity.canonical_id = CanonicalUserId::parse(&text).unwrap();
    mixed.email = None;
    mixed.public_access = None;
    for record in [account(1), mixed.clone()] {
        store.create_account(record.clone()).await.unwrap();
        let identity = record.identity.clone();
        let found = Some(record.clone());
        assert_eq!(store.account(identity.id).await.unwrap(), found);
        let by_canonical_id = store.account_by_canonical_id(&identity.canonical_id).await;
        assert_eq!(by_canonical_id.unwrap(), found);
        assert_eq!(store.account_by_name(&record.name).await.unwrap(), found);
    }
    assert_eq!(store.list_accounts().await.unwrap(), [account(1), mixed]);
    assert_eq!(store.account(account_id(3)).await.unwrap(), None);
    assert_eq!(store.account_by_name("Account 1").await.unwrap(), None);
    let lower = CanonicalUserId::parse(&text.to_lowercase()).unwrap();
    assert_eq!(store.account_by_canonical_id(&lower).await.unwrap(), None);
}

pub(crate) async fn each_name_of_an_account_is_unique<S: MetadataStore>(store: S) {
    store.create_account(account(1)).await.unwrap();
    let mut same_id = account(2);
    same_id.identity.id = account_id(1);
    let mut same_canonical_id = account(2);
    same_canonical_id.identity.canonical_id = account(1).identity.canonical_id;
    let same_name = crate::AccountRecord { name: account(1).name, ..account(2) };
    for (record, what) in [
        (same_id, Noun::AccountId),
        (same_canonical_id, Noun::CanonicalUserId),
        (same_name, Noun::AccountName),
    ] {
        let error = store.create_account(record).await.unwrap_err();
        assert_eq!(error, MetaError::AlreadyExists { what });
    }
    assert_eq!(store.list_accounts().await.unwrap(), [account(1)]);
}

pub(crate) async fn public_access_of_an_account<S: MetadataStore>(store: S) {
    store.create_account(account(1)).await.unwrap();
    let some = PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::NONE };
    for block in [Some(some), None, Some(PublicAccessBlock::ALL)] {
        store.set_account_public_access(account_id(1), block).await.unwrap();
        let found = store.account(account_id(1)).await.unwrap().unwrap();
        assert_eq!(found, crate::AccountRecord { public_access: block, ..account(1) });
    }
    let error = store.set_account_public_access(account_id(2), None).await.unwrap_err();
    assert_eq!(error, MetaError::NotFound { what: Noun::Account });
}

fn access_key(id: &str, account: u64, owner: KeyOwner) -> AccessKeyRecord {
    AccessKeyRecord {
        access_key_id: id.to_owned(),
        account: account_id(account),
        owner,
        sealed_secret: vec![0, 255, b'"', 7],
        active: true,
        created: time(3),
    }
}

pub(crate) async fn access_keys<S: MetadataStore>(store: S) {
    const NOT_FOUND: MetaError = MetaError::NotFound { what: Noun::AccessKey };
    store.create_account(account(1)).await.unwrap();
    store.create_account(account(2)).await.unwrap();
    let root = access_key("AKIAB", 1, KeyOwner::Root);
    let user = access_key("akiab", 1, KeyOwner::User { id: "Ü ser".into() });
    let other = access_key("x", 2, KeyOwner::Root);
    for key in [&user, &root, &other] {
        store.create_access_key(key.clone()).await.unwrap();
        assert_eq!(store.access_key(&key.access_key_id).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(store.access_key("AKIAb").await.unwrap(), None);
    let listed = store.list_access_keys(account_id(1)).await.unwrap();
    assert_eq!(listed, [root.clone(), user.clone()]);

    let taken = store.create_access_key(AccessKeyRecord { account: account_id(2), ..root.clone() });
    assert_eq!(taken.await, Err(MetaError::AlreadyExists { what: Noun::AccessKey }));
    let orphan = store.create_access_key(access_key("y", 3, KeyOwner::Root));
    assert_eq!(orphan.await, Err(MetaError::NotFound { what: Noun::Account }));

    store.set_access_key_active("akiab", false).await.unwrap();
    let inactive = AccessKeyRecord { active: false, ..user };
    assert_eq!(store.access_key("akiab").await.unwrap(), Some(inactive));
    store.delete_access_key("AKIAB").await.unwrap();
    assert_eq!(store.access_key("AKIAB").await.unwrap(), None);
    assert_eq!(store.delete_access_key("AKIAB").await, Err(NOT_FOUND));
    assert_eq!(store.set_access_key_active("AKIAB", true).await, Err(NOT_FOUND));
    assert!(!format!("{root:?}").contains("255"), "the sealed secret is not printed");
}
