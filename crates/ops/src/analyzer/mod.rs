//! Access Analyzer: policies that are validated and compared before anybody stores them, and findings
//! about access from outside. AWS: IAM Access Analyzer API reference.

pub mod analyzers;
mod checks;
mod error;
mod findings;

use authz::ContextSource;
use tokio::sync::Semaphore;

pub use self::analyzers::{AnalyzerName, FindingOrder, RuleChange};
pub use self::checks::{
    CheckedType, Statement, access_not_granted, no_new_access, no_public_access, validate_policy,
};
pub use self::error::{AnalyzerError, AnalyzerErrorCode, InvalidReason};
pub use self::findings::{AccessFinding, Resource};
pub use authz::advice::lint::PolicyKind;
pub use authz::advice::validation::{Issue, Place, bucket_of};
pub use authz::checks::PolicyType;
pub use authz::policy::PathStep;
use model::limits::ANALYSES_AT_ONCE_MAX;

use crate::gate;
use crate::iam::ApiCall;

/// What takes seconds at worst waits for its turn, so that requests do not.
static TURNS: Semaphore = Semaphore::const_new(ANALYSES_AT_ONCE_MAX);

/// Passes an action that is about nothing that is stored.
fn pass(call: &ApiCall<'_>, action: &str) -> Result<(), AnalyzerError> {
    let context: &dyn ContextSource = call.context;
    gate::pass_action(call, &format!("access-analyzer:{action}"), "*", context)?;
    Ok(())
}

/// Runs what may take long, outside the threads that serve requests.
async fn analyze<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AnalyzerError> {
    let _turn = TURNS.acquire().await.map_err(AnalyzerError::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(AnalyzerError::internal)
}
