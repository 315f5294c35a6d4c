//! What the database says of servers and of accounts, as far as it decides whether and when a file is
//! fetched again.

use std::collections::{BTreeMap, BTreeSet};

use super::fate::DomainRules;
use crate::database::{Connection, DatabaseError, Value};

/// Servers that are asked about at once.
const DOMAINS_AT_ONCE: usize = 1000;

/// What is known of servers; asked once for each.
#[derive(Debug)]
pub struct Domains {
    sql: String,
    known: BTreeMap<String, DomainRules>,
}

impl Domains {
    /// Prepares the question; tables differ between versions.
    pub async fn open(connection: &Connection, is_limited: bool) -> Result<Self, DatabaseError> {
        let has = async |table: &str| {
            Ok::<_, DatabaseError>(!connection.columns(table).await?.is_empty())
        };
        // The longest entry among the domain and its parents applies; a shorter one adds nothing.
        let rejects = if has("domain_blocks").await? {
            "coalesce((SELECT b.reject_media FROM domain_blocks b WHERE b.domain = ANY (\
             SELECT array_to_string(p[i:], '.') FROM string_to_array(d.domain, '.') p, \
             generate_series(1, array_length(p, 1)) i) \
             ORDER BY char_length(b.domain) DESC LIMIT 1), false)"
        } else {
            "false"
        };
        let unavailable = if has("unavailable_domains").await? {
            "EXISTS (SELECT 1 FROM unavailable_domains u WHERE u.domain = d.domain)"
        } else {
            "false"
        };
        let not_allowed = if is_limited && has("domain_allows").await? {
            "NOT EXISTS (SELECT 1 FROM domain_allows w WHERE w.domain = d.domain)"
        } else {
            "false"
        };
        let sql = format!(
            "SELECT d.domain, {rejects}, {unavailable}, {not_allowed} \
             FROM unnest($1::text[]) AS d(domain)"
        );
        Ok(Self { sql, known: BTreeMap::new() })
    }

    /// Asks for those that are not known yet.
    pub async fn learn(
        &mut self,
        connection: &Connection,
        domains: BTreeSet<String>,
    ) -> Result<(), DatabaseError> {
        let unknown: Vec<String> =
            domains.into_iter().filter(|domain| !self.known.contains_key(domain)).collect();
        for some in unknown.chunks(DOMAINS_AT_ONCE) {
            let rows = connection.query(&self.sql, &[Value::Texts(some.to_vec())]).await?;
            for row in &rows {
                let rules = DomainRules {
                    rejects_media: row.try_get(1)?,
                    is_unavailable: row.try_get(2)?,
                    is_not_allowed: row.try_get(3)?,
                };
                self.known.insert(row.try_get(0)?, rules);
            }
        }
        Ok(())
    }

    /// What is known of a server; nothing speaks against one that nobody named.
    pub fn rules(&self, domain: Option<&str>) -> DomainRules {
        domain.and_then(|domain| self.known.get(domain)).copied().unwrap_or_default()
    }
}

/// Who is waited for most: the smaller, the sooner.
#[derive(Clone, Debug, Default)]
pub struct Standing(BTreeMap<i64, u8>);

/// The standing of an account that nobody here knows.
const STRANGER: u8 = 3;

impl Standing {
    /// Asks who of these accounts is followed by somebody here, follows somebody here, or was answered
    /// by somebody here within a month.
    pub async fn of(connection: &Connection, accounts: &[i64]) -> Result<Self, DatabaseError> {
        let mut standing = BTreeMap::new();
        let follows = connection.columns("follows").await?;
        let statuses = connection.columns("statuses").await?;
        let mut questions: Vec<(u8, &str)> = Vec::new();
        if statuses.contains("in_reply_to_account_id") {
            questions.push((
                2,
                "SELECT DISTINCT s.in_reply_to_account_id FROM statuses s \
                 JOIN accounts l ON l.id = s.account_id AND l.domain IS NULL \
                 WHERE s.in_reply_to_account_id = ANY ($1) \
                 AND s.created_at > (now() AT TIME ZONE 'utc') - interval '30 days'",
            ));
        }
        if follows.contains("target_account_id") {
            questions.push((
                1,
                "SELECT DISTINCT f.account_id FROM follows f \
                 JOIN accounts l ON l.id = f.target_account_id AND l.domain IS NULL \
                 WHERE f.account_id = ANY ($1)",
            ));
            questions.push((
                0,
                "SELECT DISTINCT f.target_account_id FROM follows f \
                 JOIN accounts l ON l.id = f.account_id AND l.domain IS NULL \
                 WHERE f.target_account_id = ANY ($1)",
            ));
        }
        for (rank, sql) in questions {
            for row in connection.query(sql, &[Value::Numbers(accounts.to_vec())]).await? {
                standing.insert(row.try_get(0)?, rank);
            }
        }
        Ok(Self(standing))
    }

    /// The rank of an account.
    pub fn rank(&self, account: i64) -> u8 {
        self.0.get(&account).copied().unwrap_or(STRANGER)
    }
}
