//! Answers for people.

use super::protocol::{Account, Answer, IssuedKey, Key};

/// The answer as lines of text.
pub(super) fn text(answer: &Answer) -> String {
    match answer {
        Answer::AccountCreated(answer) => {
            format!("{}{}", account(&answer.account), issued(&answer.access_key))
        }
        Answer::Accounts(answer) => answer.accounts.iter().map(account_line).collect(),
        Answer::Account(answer) => {
            format!("{}{}", account(&answer.account), keys(&answer.access_keys))
        }
        Answer::KeyCreated(answer) => issued(&answer.access_key),
        Answer::Keys(answer) => answer.access_keys.iter().map(key_line).collect(),
        Answer::KeyDeleted(answer) => {
            format!("deleted access key {}\n", answer.deleted_access_key_id)
        }
    }
}

fn account(account: &Account) -> String {
    let email = account.email.as_deref().unwrap_or("none");
    format!(
        "name           {}\naccount id     {}\ncanonical id   {}\ne-mail         {email}\n\
         created        {}\n",
        account.name, account.account_id, account.canonical_id, account.created
    )
}

/// The name stands last, because it may hold blanks.
fn account_line(account: &Account) -> String {
    format!("{}  {}  {}\n", account.account_id, account.canonical_id, account.name)
}

fn keys(keys: &[Key]) -> String {
    if keys.is_empty() {
        return "access keys    none\n".to_owned();
    }
    let lines: Vec<String> =
        keys.iter().map(|key| format!("access key     {}", key_line(key))).collect();
    lines.concat()
}

fn key_line(key: &Key) -> String {
    let state = if key.active { "active" } else { "inactive" };
    format!("{}  {state}  {}\n", key.access_key_id, key.created)
}

/// The only time that a secret is shown.
fn issued(key: &IssuedKey) -> String {
    format!(
        "access key id  {}\nsecret key     {}\n\nThe secret is shown this once.\n",
        key.access_key_id, key.secret_access_key
    )
}
