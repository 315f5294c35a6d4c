//! Questions about requests that nobody made.

use std::sync::Arc;

use audit::decision_log::{
    CallerSnapshot, Outcome, Record, RecordedContext, RecordedLock, RecordedObject,
};
use authz::{Asks, NoContext, Request, Side, required_actions};
use model::operation::Support;
use model::{
    AccountId, AclRequest, BucketName, CannedAcl, IamKind, LockRefusal, LockedChange, ObjectKey,
    ObjectLock, Operation, Principal, Timestamp, VersionId,
};
use serde::{Deserialize, Serialize};

use super::{ExplainError, see_object, snapshot};
use crate::accounts;
use crate::store::Store;
use crate::vault::Called;

/// A request that somebody could make.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// The ARN of a user, a role, a session or a root user; `anonymous`; or an account by name or id,
    /// which means its root user.
    pub principal: String,
    /// A policy action such as `s3:GetObject`, or an operation such as `PutObject`.
    pub action: String,
    /// The bucket.
    pub bucket: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The version.
    pub version: Option<String>,
    /// The canned ACL that is sent.
    pub acl: Option<String>,
    /// Headers, as `name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Values of condition keys, as `key=value`.
    #[serde(default)]
    pub context: Vec<String>,
    /// Where the request comes from.
    pub source_ip: Option<String>,
}

/// What is wrong with a question.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// There is no such caller.
    #[error("there is no caller {0:?}; name an ARN, an account, or `anonymous`")]
    Principal(String),
    /// There is no such action.
    #[error("no operation needs the action {0:?}; name one such as s3:GetObject or PutObject")]
    Action(String),
    /// Something else cannot be read.
    #[error("this is no {what}: {value:?}")]
    Value {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// The bucket does not exist.
    #[error("there is no bucket {0:?}")]
    Bucket(String),
}

/// Object Lock rules on whatever removes a version for good; on which lock, the object says.
fn removal(record: &Record) -> Option<RecordedLock> {
    let removes = record.operation == Some(Operation::DeleteObject) && record.version.is_some();
    let refusal = LockRefusal { lock: ObjectLock::default(), change: LockedChange::Removal };
    removes.then_some(RecordedLock { refusal, at: record.time })
}

fn wrong(what: &'static str, value: &str) -> QuestionError {
    QuestionError::Value { what, value: value.to_owned() }
}

impl Question {
    /// The question as a record of a request that was made now, with the facts of now.
    pub async fn to_record(&self, store: &Store, now: Timestamp) -> Result<Record, ExplainError> {
        let caller = self.caller(store).await?;
        let mut record = self.request(caller, now)?;
        record.switches = store.settings.switches;
        let Some(name) = &record.bucket_name else { return Ok(record) };
        if record.operation == Some(Operation::CreateBucket) {
            return Ok(record);
        }
        let state = store.vault.bucket(name).await?;
        let state = state.ok_or_else(|| QuestionError::Bucket(name.to_string()))?;
        record.bucket = Some(snapshot(&state));
        if let Some(key) = record.key.clone() {
            record.lock = removal(&record);
            let found = store.vault.object_facts(&state, &key, record.version.as_ref()).await?;
            see_object(&mut record, found);
        }
        Ok(record)
    }

    /// The question as a record without any facts, asked by nobody. Errors: what is wrong with it.
    pub fn without_facts(&self, now: Timestamp) -> Result<Record, QuestionError> {
        self.request(alone(Principal::Anonymous), now)
    }

    fn request(&self, caller: CallerSnapshot, now: Timestamp) -> Result<Record, QuestionError> {
        let parse = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let bucket_name = match parse(&self.bucket) {
            None => None,
            Some(text) => {
                Some(BucketName::parse(&text).ok_or_else(|| wrong("bucket name", &text))?)
            }
        };
        let key = match parse(&self.key) {
            None => None,
            Some(text) => Some(ObjectKey::parse(&text).map_err(|_| wrong("key", &text))?),
        };
        let version = match parse(&self.version) {
            None => None,
            Some(text) => Some(VersionId::parse(&text).ok_or_else(|| wrong("version", &text))?),
        };
        let mut sent = self.sent()?;
        if !caller.principal.is_anonymous() {
            sent.values.push(("s3:authType".to_owned(), "REST-HEADER".to_owned()));
            sent.values.push(("s3:signatureversion".to_owned(), "AWS4-HMAC-SHA256".to_owned()));
        }
        let operation = self.operation(&caller.principal, bucket_name.as_ref(), key.as_ref())?;
        Ok(Record {
            time: now,
            request_id: String::new(),
            sequence: 0,
            outcome: Outcome::Refused,
            status: 0,
            error_code: None,
            message: None,
            access_key_id: None,
            details: Vec::new(),
            operation: Some(operation.0),
            side: operation.1,
            caller: Some(Arc::new(caller)),
            bucket: None,
            bucket_name,
            key,
            version,
            acl: sent.acl,
            asks: sent.asks,
            new_policy_is_public: false,
            context: RecordedContext::new(sent.values, now),
            object: RecordedObject::Missing,
            upload: None,
            steps: Vec::new(),
            deciding: None,
            acl_required: false,
            expected_owner: None,
            switches: authz::Switches::default(),
            lock: None,
            call: None,
        })
    }

    /// The operation that is meant, and which half of a copy.
    fn operation(
        &self,
        caller: &Principal,
        bucket: Option<&BucketName>,
        key: Option<&ObjectKey>,
    ) -> Result<(Operation, Side), QuestionError> {
        let name = self.action.strip_prefix("s3:").unwrap_or(&self.action);
        let supported = |row: &&model::operation::OperationSpec| row.support == Support::Supported;
        let rows = || Operation::table().iter().filter(supported);
        if let Some(row) = rows().find(|row| row.name.eq_ignore_ascii_case(name)) {
            let copies = matches!(row.operation, Operation::CopyObject | Operation::UploadPartCopy);
            let side = if copies { Side::CopyDestination } else { Side::Whole };
            return Ok((row.operation, side));
        }
        // The version variants of actions belong to the same operations.
        let version = VersionId::Null;
        let needs = |operation, version| {
            let request = Request {
                caller,
                operation,
                side: Side::Whole,
                bucket,
                key,
                version,
                acl: &AclRequest::Absent,
                asks: Asks::default(),
                new_policy_is_public: false,
                context: &NoContext,
            };
            let first = required_actions(&request).first().copied();
            first.is_some_and(|first| {
                first.name().trim_start_matches("s3:").eq_ignore_ascii_case(name)
            })
        };
        // ListObjectsV2 before HeadBucket, which needs the same.
        let preferred = [Operation::ListObjectsV2, Operation::GetObject, Operation::PutObject];
        preferred
            .into_iter()
            .chain(rows().map(|row| row.operation))
            .find(|&operation| needs(operation, None) || needs(operation, Some(&version)))
            .map(|operation| (operation, Side::Whole))
            .ok_or_else(|| QuestionError::Action(self.action.clone()))
    }

    fn sent(&self) -> Result<Sent, QuestionError> {
        let mut sent = Sent::default();
        let secure = |text: &String| text.starts_with("aws:SecureTransport=");
        if !self.context.iter().any(secure) {
            sent.values.push(("aws:SecureTransport".to_owned(), "false".to_owned()));
        }
        let address = self.source_ip.as_deref().unwrap_or("127.0.0.1");
        sent.values.push(("aws:SourceIp".to_owned(), address.to_owned()));
        for header in &self.headers {
            let (name, value) =
                header.split_once(':').ok_or_else(|| wrong("header, `name: value`", header))?;
            sent.header(&name.trim().to_ascii_lowercase(), value.trim())?;
        }
        if let Some(acl) = &self.acl {
            sent.header("x-amz-acl", acl)?;
        }
        for pair in &self.context {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| wrong("condition value, `key=value`", pair))?;
            let key = authz::ConditionKey::parse(key);
            sent.values.push((key.name().into_owned(), value.to_owned()));
        }
        Ok(sent)
    }

    async fn caller(&self, store: &Store) -> Result<CallerSnapshot, ExplainError> {
        let unknown = || QuestionError::Principal(self.principal.clone());
        if self.principal == "anonymous" || self.principal == "*" {
            return Ok(alone(Principal::Anonymous));
        }
        let Some((account, entity)) = arn_parts(&self.principal) else {
            let account = accounts::find(store, &self.principal).await.map_err(|_| unknown())?;
            return Ok(alone(Principal::Root(account.identity)));
        };
        let account = store.vault.account(account).await?.ok_or_else(unknown)?.identity;
        let (kind, name, session) = match entity.split('/').collect::<Vec<_>>().as_slice() {
            ["root"] => return Ok(alone(Principal::Root(account))),
            ["user", .., name] => (IamKind::User, *name, ""),
            ["role", .., name] => (IamKind::Role, *name, "explained"),
            ["assumed-role", name, session] => (IamKind::Role, *name, *session),
            _ => return Err(unknown().into()),
        };
        let known = store.vault.known_caller(&account, kind, Called::Name(name), session)?;
        Ok(known.ok_or_else(unknown)?)
    }
}

/// A caller without policies.
fn alone(principal: Principal) -> CallerSnapshot {
    CallerSnapshot { principal, identity: None, origins: Vec::new(), boundary_origin: None }
}

/// The account and the last part of an ARN of IAM or STS.
fn arn_parts(arn: &str) -> Option<(AccountId, &str)> {
    let rest = arn.strip_prefix("arn:aws:iam::").or_else(|| arn.strip_prefix("arn:aws:sts::"))?;
    let (account, entity) = rest.split_once(':')?;
    Some((AccountId::parse(account)?, entity))
}

/// What the headers of a request come to.
#[derive(Default)]
struct Sent {
    values: Vec<(String, String)>,
    acl: AclRequest,
    asks: Asks,
}

impl Sent {
    fn header(&mut self, name: &str, value: &str) -> Result<(), QuestionError> {
        let key = match name {
            "user-agent" => "aws:UserAgent".to_owned(),
            "referer" => "aws:Referer".to_owned(),
            "x-amz-object-lock-mode" => {
                self.asks.retention = true;
                "s3:object-lock-mode".to_owned()
            }
            "x-amz-object-lock-retain-until-date" => {
                self.asks.retention = true;
                "s3:object-lock-retain-until-date".to_owned()
            }
            "x-amz-object-lock-legal-hold" => {
                self.asks.legal_hold = true;
                "s3:object-lock-legal-hold".to_owned()
            }
            "x-amz-tagging" => return self.tags(value),
            "x-amz-request-payer" => {
                self.asks.request_payer = value == "requester";
                return Ok(());
            }
            "x-amz-bypass-governance-retention" => {
                self.asks.bypass_governance = value.eq_ignore_ascii_case("true");
                return Ok(());
            }
            _ => format!("s3:{name}"),
        };
        if name == "x-amz-acl" {
            let canned = CannedAcl::parse(value).ok_or_else(|| wrong("canned ACL", value))?;
            self.acl = AclRequest::Canned(canned);
        }
        self.values.push((key, value.to_owned()));
        Ok(())
    }

    fn tags(&mut self, value: &str) -> Result<(), QuestionError> {
        for pair in value.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if key.contains('%') || value.contains('%') {
                return Err(wrong("tag without escapes", pair));
            }
            self.values.push((format!("s3:RequestObjectTag/{key}"), value.to_owned()));
            self.values.push(("s3:RequestObjectTagKeys".to_owned(), key.to_owned()));
            self.asks.tagging = true;
        }
        Ok(())
    }
}
