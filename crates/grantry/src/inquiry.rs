//! What the operator asks about the rules of a store, as it passes the control socket.
//!
//! Without a running server it is found out here, on the opened store; with one the server finds it
//! out. Either way by the same function.

use std::time::Duration;

use authz::Action;
use authz::advice::Writes;
use authz::advice::lint::Finding;
use authz::advice::report::{DisableAcls, PublicAccessAdvice};
use authz::reach::report::Report;
use model::{AccountId, BucketName, ObjectKey, S3Error};
use ops::Store;
use ops::advise::{self, PublicAccessPlace};
use ops::reach::{self, Asked};
use serde::{Deserialize, Serialize};

use crate::advise::journal::{StoredFlags, StoredJournal};
use crate::clock;
use crate::control::{self, Question};
use crate::failure::Failure;
use crate::settings::Settings;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Inquiry {
    /// `who-can`
    WhoCan(WhoCan),
    /// `advise disable-acls`
    DisableAcls {
        /// The bucket.
        bucket: String,
        /// Whether bucket WRITE becomes permission to write every key.
        grant_writes: bool,
    },
    /// `advise disable-acls --apply`
    ApplyDisableAcls(StoredJournal),
    /// `advise disable-acls --undo`
    UndoDisableAcls(StoredJournal),
    /// `advise block-public-access`
    BlockPublicAccess(PublicAccessTarget),
    /// `advise block-public-access --apply` and `--undo`
    SetPublicAccess {
        /// Where.
        target: PublicAccessTarget,
        /// What; nothing if it is to be removed.
        setting: Option<StoredFlags>,
    },
    /// `advise policy`, of a bucket
    Policy {
        /// The bucket.
        bucket: String,
    },
}

/// Where Block Public Access is set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PublicAccessTarget {
    /// A bucket.
    Bucket(String),
    /// An account, by its number.
    Account(String),
}

impl PublicAccessTarget {
    fn read(&self) -> Result<PublicAccessPlace, String> {
        match self {
            Self::Bucket(name) => bucket_name(name).map(PublicAccessPlace::Bucket),
            Self::Account(id) => AccountId::parse(id)
                .map(PublicAccessPlace::Account)
                .ok_or_else(|| format!("{id:?} is no number of an account")),
        }
    }
}

/// Who may take actions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhoCan {
    /// As `s3:GetObject`.
    pub(crate) actions: Vec<String>,
    /// The bucket.
    pub(crate) bucket: String,
    /// The beginning of keys; absent if one key is meant.
    pub(crate) prefix: Option<String>,
    /// One key.
    pub(crate) key: Option<String>,
}

/// What was found out.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Findings {
    /// To `who-can`.
    WhoCan(Box<Report>),
    /// To `advise disable-acls`, with what the bucket has now.
    DisableAcls(Box<DisableAcls>, StoredJournal),
    /// To `advise block-public-access`, with what is set now.
    BlockPublicAccess(Vec<PublicAccessAdvice>, Option<StoredFlags>),
    /// To `advise policy`.
    Policy(Vec<Finding>),
    /// What was to be done is done.
    Done,
}

/// Finds it out; by the server, if one runs.
pub(crate) fn inquire(inquiry: &Inquiry, settings: &Settings) -> Result<Findings, Failure> {
    control::ask(inquiry, settings)
}

impl Question for Inquiry {
    type Answer = Findings;
    const KIND: &'static str = "inquiry";
    /// The server may have to look through all objects of a bucket.
    const PATIENCE: Duration = Duration::from_hours(1);

    fn failed(&self) -> String {
        "cannot answer".to_owned()
    }

    async fn answer(&self, store: &Store) -> Result<Findings, String> {
        findings(store, self).await
    }
}

/// Finds it out on an opened store. The error is for the operator.
async fn findings(store: &Store, inquiry: &Inquiry) -> Result<Findings, String> {
    match inquiry {
        Inquiry::WhoCan(question) => {
            let actions =
                question.actions.iter().map(|name| action(name)).collect::<Result<_, _>>()?;
            let bucket = bucket_name(&question.bucket)?;
            let asked = match &question.key {
                Some(key) => {
                    Asked::Key(ObjectKey::parse(key).map_err(|_| format!("{key:?} is no key"))?)
                }
                None => Asked::Prefix(question.prefix.clone().unwrap_or_default()),
            };
            let report = reach::who_can(store, actions, &bucket, asked).await;
            report.map(|report| Findings::WhoCan(Box::new(report))).map_err(|error| told(&error))
        }
        Inquiry::DisableAcls { bucket, grant_writes } => {
            let writes = if *grant_writes { Writes::Everything } else { Writes::OwnOnly };
            let advice = advise::advise(store, &bucket_name(bucket)?, writes).await;
            advice
                .map(|(report, journal)| {
                    Findings::DisableAcls(Box::new(report), StoredJournal::of(&journal))
                })
                .map_err(|error| told(&error))
        }
        Inquiry::BlockPublicAccess(target) => {
            let place = target.read()?;
            let advice = advise::public_access_advice(store, &place, clock::now()).await;
            let (advice, set) = advice.map_err(|error| told(&error))?;
            Ok(Findings::BlockPublicAccess(advice, set.map(Into::into)))
        }
        Inquiry::SetPublicAccess { target, setting } => {
            let setting = setting.map(Into::into);
            let place = target.read()?;
            let set = advise::set_public_access(store, &place, setting, clock::now()).await;
            set.map(|()| Findings::Done).map_err(|error| told(&error))
        }
        Inquiry::Policy { bucket } => {
            let found = advise::policy(store, &bucket_name(bucket)?).await;
            found.map(Findings::Policy).map_err(|error| told(&error))
        }
        Inquiry::ApplyDisableAcls(journal) => {
            let applied = advise::apply(store, &journal.read()?, clock::now()).await;
            applied.map(|()| Findings::Done).map_err(|error| told(&error))
        }
        Inquiry::UndoDisableAcls(journal) => {
            let undone = advise::undo(store, &journal.read()?, clock::now()).await;
            undone.map(|()| Findings::Done).map_err(|error| told(&error))
        }
    }
}

/// The action of this name, in any letter case.
pub(crate) fn action(name: &str) -> Result<Action, String> {
    let known = Action::ALL.iter().find(|action| action.name().eq_ignore_ascii_case(name));
    known.copied().ok_or_else(|| format!("there is no action {name:?} of S3"))
}

fn bucket_name(name: &str) -> Result<BucketName, String> {
    BucketName::parse(name).ok_or_else(|| format!("{name:?} is no name of a bucket"))
}

fn told(error: &S3Error) -> String {
    error.message().to_owned()
}
