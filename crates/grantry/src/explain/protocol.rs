//! What is asked about decisions, and the answers, as they pass the control socket.

use explain::Explanation;
use ops::explanations::{DecisionSummary, Question};
use serde::{Deserialize, Serialize};

use crate::cli::DecisionsArguments;

/// What a command wants.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// `explain REQUEST-ID`
    Explain {
        /// `x-amz-request-id`.
        request_id: String,
        /// Whether it is decided by the rules of today too.
        replay: bool,
    },
    /// `explain --as …`
    Ask(Question),
    /// `decisions`
    Decisions(Wanted),
}

/// Which decisions are wanted.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// `x-amz-request-id`.
    pub(crate) request_id: Option<String>,
    /// The caller's ARN, or `anonymous`.
    pub(crate) caller: Option<String>,
    /// The bucket.
    pub(crate) bucket: Option<String>,
    /// What the key begins with.
    pub(crate) key_prefix: Option<String>,
    /// `refused`, `allowed` or `undecided`.
    pub(crate) verdict: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) after_millis: Option<i64>,
    /// Milliseconds since 1970.
    pub(crate) before_millis: Option<i64>,
    /// Where an earlier search ended.
    pub(crate) from: Option<String>,
    /// How many at most.
    pub(crate) limit: usize,
}

impl From<DecisionsArguments> for Wanted {
    fn from(arguments: DecisionsArguments) -> Self {
        Self {
            request_id: arguments.request_id,
            caller: arguments.caller,
            bucket: arguments.bucket,
            key_prefix: arguments.key_prefix,
            verdict: arguments.verdict,
            after_millis: arguments.after.map(|time| time.unix_millis),
            before_millis: arguments.before.map(|time| time.unix_millis),
            from: arguments.from,
            limit: arguments.limit,
        }
    }
}

/// What a request was answered with.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// To `explain`.
    Explanations {
        /// By the facts of then, one a decision of the request.
        explanations: Vec<Explanation>,
        /// By the facts of today, if asked for.
        today: Vec<Explanation>,
    },
    /// To `decisions`.
    Decisions {
        /// The newest first.
        decisions: Vec<DecisionSummary>,
        /// Where to go on.
        next: Option<String>,
    },
}
