//! What an operation lets the wire know besides its result.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use audit::decision_log::{Decided, Kept, Outcome};
use authz::{Decision, Side};
use model::{LockRefusal, ObjectKey, S3Error, VersionId};
use parking_lot::Mutex;

use crate::access_log::LoggedBucket;
use crate::identities::Signer;
use crate::lifecycle::LifecycleNote;

/// Filled while a request is worked on, read when it is answered.
///
/// One per request. A request whose buckets keep no access log allocates nothing here.
#[derive(Default)]
pub struct Notes {
    acl_required: AtomicBool,
    requester_charged: AtomicBool,
    side_effects: Mutex<Vec<SideEffect>>,
    kept: Kept,
    has_decided: AtomicBool,
    decisions: Mutex<Vec<Decided>>,
    signer: OnceLock<Signer>,
    expires: OnceLock<Box<LifecycleNote>>,
    aborts: OnceLock<Box<LifecycleNote>>,
}

/// Something that has an access log record of its own beside the request's.
pub enum SideEffect {
    /// The read of a copy's source (LOG-9).
    CopySource {
        /// The bucket of the source.
        bucket: LoggedBucket,
        /// The key that was read.
        key: Option<ObjectKey>,
        /// The version that was named.
        version: Option<VersionId>,
        /// Whether the read needed an ACL (§9.6).
        acl_required: bool,
    },
    /// One key of a DeleteObjects (LOG-12).
    BatchDelete {
        /// The key.
        key: ObjectKey,
        /// The version as sent.
        version: Option<String>,
        /// Why it was not deleted.
        error: Option<S3Error>,
        /// Whether deleting it needed an ACL.
        acl_required: bool,
    },
}

impl Notes {
    /// Notes that keep decisions for the decision log.
    pub(crate) fn of_decisions(kept: Kept) -> Self {
        Self { kept, ..Self::default() }
    }

    /// Notes of a part of the request, whose decisions are [adopted](Self::adopt) later.
    pub(crate) fn of_part(&self) -> Self {
        let signer = self.signer.get().cloned();
        let part = Self::of_decisions(self.kept);
        if let Some(signer) = signer {
            part.signed_by(&signer);
        }
        part
    }

    /// Takes the decisions of a part of the request.
    pub(crate) fn adopt(&self, part: &Self) {
        self.decisions.lock().append(&mut part.take_decisions());
        self.has_decided.fetch_or(part.has_decided(), Ordering::Relaxed);
    }

    /// Notes who signed the request, once that is known.
    pub fn signed_by(&self, signer: &Signer) {
        // Nobody signs twice.
        let _ = self.signer.set(signer.clone());
    }

    /// Who signed the request.
    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.get()
    }

    /// Whether the decision log wants a decision.
    pub(crate) fn wants(&self, outcome: Outcome) -> bool {
        self.has_decided.store(true, Ordering::Relaxed);
        self.kept.keeps(outcome)
    }

    /// Notes that Object Lock refused what was decided last.
    pub(crate) fn refused_by_lock(&self, refusal: LockRefusal) {
        if let Some(last) = self.decisions.lock().last_mut() {
            last.refuse_by_lock(refusal);
        }
    }

    /// Keeps a decision for the decision log.
    pub(crate) fn keep(&self, decided: Decided) {
        self.decisions.lock().push(decided);
    }

    /// Whether anything was decided.
    pub(crate) fn has_decided(&self) -> bool {
        self.has_decided.load(Ordering::Relaxed)
    }

    /// What the decision log gets.
    pub(crate) fn take_decisions(&self) -> Vec<Decided> {
        std::mem::take(&mut *self.decisions.lock())
    }

    /// What a decision says besides its verdict.
    pub(crate) fn decided(&self, side: Side, decision: &Decision) {
        if side != Side::CopySource && decision.acl_required {
            self.acl_required.store(true, Ordering::Relaxed);
        }
        if decision.requester_charged {
            self.requester_charged.store(true, Ordering::Relaxed);
        }
    }

    /// Notes when the object of the answer expires.
    pub(crate) fn expires(&self, note: LifecycleNote) {
        self.expires.get_or_init(|| Box::new(note));
    }

    /// Notes when the upload of the answer is ended.
    pub(crate) fn aborts(&self, note: LifecycleNote) {
        self.aborts.get_or_init(|| Box::new(note));
    }

    /// When the object of the answer expires (`x-amz-expiration`).
    pub fn expiration(&self) -> Option<&LifecycleNote> {
        self.expires.get().map(Box::as_ref)
    }

    /// When the upload of the answer is ended (`x-amz-abort-date`).
    pub fn abort(&self) -> Option<&LifecycleNote> {
        self.aborts.get().map(Box::as_ref)
    }

    pub(crate) fn add(&self, effect: SideEffect) {
        self.side_effects.lock().push(effect);
    }

    /// Whether an ACL was needed (§9.6).
    pub fn acl_required(&self) -> bool {
        self.acl_required.load(Ordering::Relaxed)
    }

    /// Whether the answer carries `x-amz-request-charged` (RP-5).
    pub fn requester_charged(&self) -> bool {
        self.requester_charged.load(Ordering::Relaxed)
    }

    /// What has records of its own.
    pub fn take_side_effects(&self) -> Vec<SideEffect> {
        std::mem::take(&mut *self.side_effects.lock())
    }

    /// The bucket of a copy's source, where it keeps an access log.
    pub(crate) fn copy_source(
        &self,
        bucket: &Arc<crate::vault::BucketState>,
        key: Option<&ObjectKey>,
        version: Option<&VersionId>,
        acl_required: bool,
    ) {
        if let Some(bucket) = LoggedBucket::of(bucket) {
            self.add(SideEffect::CopySource {
                bucket,
                key: key.cloned(),
                version: version.cloned(),
                acl_required,
            });
        }
    }
}
