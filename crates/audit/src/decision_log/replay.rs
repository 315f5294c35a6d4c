//! Deciding a record again, as it was or with today's facts.

use std::borrow::Cow;

use authz::{
    BucketFacts, ConditionKey, ContextSource, ContextValue, Facts, IdentityFacts, ObjectFacts,
    Request, Switches, UploadFacts,
};
use jiff::tz::TimeZone;
use model::{Principal, Timestamp};

use super::record::Record;

/// The values of condition keys that a request had.
#[derive(Clone, Debug, Default)]
pub struct RecordedContext {
    /// By the name of the key; a key with several values stands here several times.
    values: Vec<(String, String)>,
    current_time: String,
    epoch_time: String,
    /// Whether keys of tags are compared without regard to letter case, as those of IAM are.
    any_case: bool,
}

/// A time as ISO 8601 has it.
pub fn iso8601(time: Timestamp) -> String {
    let known = jiff::Timestamp::from_millisecond(time.unix_millis).unwrap_or_default();
    known.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl RecordedContext {
    /// A context with these values at this time.
    pub fn new(values: Vec<(String, String)>, time: Timestamp) -> Self {
        Self {
            values,
            current_time: iso8601(time),
            epoch_time: time.unix_seconds().to_string(),
            any_case: false,
        }
    }

    /// The context of a call of a management API.
    pub fn of_call(values: Vec<(String, String)>, time: Timestamp) -> Self {
        Self { any_case: true, ..Self::new(values, time) }
    }

    /// The same circumstances with other values.
    #[must_use]
    pub fn with_values(&self, values: Vec<(String, String)>) -> Self {
        Self { values, ..self.clone() }
    }

    fn is_named(&self, known: &str, name: &str, key: &ConditionKey) -> bool {
        match key {
            // Keys of the caller's tags are compared without regard to letter case.
            ConditionKey::PrincipalTag(_) => known.to_lowercase() == name.to_lowercase(),
            ConditionKey::Foreign(_) => known.eq_ignore_ascii_case(name),
            _ if self.any_case => known.eq_ignore_ascii_case(name),
            _ => known == name,
        }
    }

    /// The first value under a name, in its recorded letter case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// When the request arrived, as ISO 8601 has it.
    pub fn current_time(&self) -> &str {
        &self.current_time
    }

    /// All values.
    pub fn values(&self) -> &[(String, String)] {
        &self.values
    }
}

impl ContextSource for RecordedContext {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match key {
            ConditionKey::CurrentTime => ContextValue::One(Cow::Borrowed(&self.current_time)),
            ConditionKey::EpochTime => ContextValue::One(Cow::Borrowed(&self.epoch_time)),
            _ => {
                let name = key.name();
                let named =
                    self.values.iter().filter(|(known, _)| self.is_named(known, &name, key));
                let mut values = named.map(|(_, value)| Cow::Borrowed(value.as_str()));
                let Some(first) = values.next() else { return ContextValue::Absent };
                let all: Vec<_> = std::iter::once(first.clone()).chain(values).collect();
                // A call may have several values under keys of other services.
                if key.is_multivalued() || (self.any_case && all.len() > 1) {
                    return ContextValue::Many(all);
                }
                ContextValue::One(first)
            }
        }
    }

    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        for (name, value) in &self.values {
            tell(&ConditionKey::parse(name), value);
        }
    }
}

/// A recorded request with the facts that it is to be decided on. They are those of the record
/// until somebody puts others in their place.
#[derive(Clone, Copy)]
pub struct Replay<'a> {
    record: &'a Record,
    /// Who asks.
    pub caller: &'a Principal,
    /// The bucket.
    pub bucket: Option<&'a BucketFacts>,
    /// The caller's policies.
    pub identity: Option<&'a IdentityFacts>,
    /// The object.
    pub object: ObjectFacts<'a>,
    /// The operator's choices.
    pub switches: &'a Switches,
}

impl Record {
    /// The request with the facts that it was decided on; none if nothing was decided.
    pub fn replay(&self) -> Option<Replay<'_>> {
        let caller = self.caller.as_deref()?;
        self.operation?;
        Some(Replay {
            record: self,
            caller: &caller.principal,
            bucket: self.bucket.as_deref().map(|bucket| &bucket.facts),
            identity: caller.identity.as_ref(),
            object: self.object.as_facts(),
            switches: &self.switches,
        })
    }
}

impl Replay<'_> {
    /// Hands the request and the facts to whoever decides or explains.
    pub fn ask<R>(&self, asked: impl FnOnce(&Request<'_>, &Facts<'_>) -> R) -> Option<R> {
        let record = self.record;
        let request = Request {
            caller: self.caller,
            operation: record.operation?,
            side: record.side,
            bucket: record.bucket_name.as_ref(),
            key: record.key.as_ref(),
            version: record.version.as_ref(),
            acl: &record.acl,
            asks: record.asks,
            new_policy_is_public: record.new_policy_is_public,
            context: &record.context,
        };
        let facts = Facts {
            bucket: self.bucket,
            object: self.object,
            upload: record.upload.as_ref().map(|(account, arn)| UploadFacts {
                initiator_account: *account,
                initiator_arn: arn.as_deref(),
            }),
            identity: self.identity,
            switches: self.switches,
        };
        Some(asked(&request, &facts))
    }
}
