//! Why a decision came out as it did: the rules in the order in which they were asked.
//!
//! A trace has a fixed size and never allocates. It holds no text of the request, only positions
//! (statement 2 of the bucket policy, grant 0 of the object ACL), so that it may be logged.

use std::fmt;

use arrayvec::ArrayVec;

use crate::Action;

/// Steps that a trace holds. The longest decision (a copy destination with ACL, tags, retention
/// and legal hold, asked by a role with boundary and session policy) takes fewer.
pub const TRACE_STEPS_MAX: usize = 48;

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $variant:ident $id:literal $name:literal;)*) => {
        /// A rule that a decision asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = concat!($name, " (", $id, ").")] $(#[doc = $doc])* $variant,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Where the rule stands in the specification of access control.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What AWS calls it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

rules! {
    AnonymousOperation "§8.6" "Operation closed to anonymous callers";
    RequesterPays "RP-2" "Requester Pays";
    NoActionKnown "§5.9" "Operation without a policy action";
    NoPermissionNeeded "EVAL-1" "Request that needs no permission of its own";
    IdentityPolicy "§6.1" "Identity-based policy";
    PermissionsBoundary "§6.1" "Permissions boundary";
    SessionPolicy "§6.1" "Session policy";
    BucketPolicy "§6.1" "Bucket policy";
    ResourcePolicy "§6.1" "Resource-based policy";
    TrustPolicy "§6.1" "Role trust policy";
    RootAssumesRole "ID-14" "Roles, which root users cannot assume";
    RootPolicyEscape "ID-13" "Bucket policy operations of the bucket owner's root user";
    RestrictPublicBuckets "§4.1" "RestrictPublicBuckets";
    BucketAcl "§2.4" "Bucket ACL";
    ObjectAcl "§2.4" "Object ACL";
    ImplicitOwner "ACL-9" "Owner's right to its ACL";
    WriterChoosesAcl "ACL-30a" "Writer's choice of the ACL of a new object";
    AccountRoot "§6.3" "Root user of the account that owns the resource";
    NamesAccountOnly "§6.4" "Delegation to an account, which needs an identity-based policy too";
    OwnObjectsOnly "§3.8" "Bucket policy, which covers objects of the bucket owner only";
    ForeignObject "ACL-33, ACL-36" "Bucket WRITE, which does not reach objects of other owners";
    UploadInitiator "§6.8" "Initiator of the multipart upload";
    AclsDisabled "OWN-21" "Object Ownership: ACLs are disabled";
    AclNotSupported "OWN-E8" "Object Ownership: ACLs in requests";
    BlockPublicAcls "§4.6" "BlockPublicAcls";
    BlockPublicPolicy "§4.6" "BlockPublicPolicy";
    PolicyOfOtherAccount "POL-5" "Bucket policy operations of another account";
    ForeignAclOwner "ACL-63" "Owner in the AccessControlPolicy";
    HiddenKey "HID-1" "Existence of a key, shown to those who may list it";
    FactsMissing "§6.3" "Facts that were not loaded";
    ObjectLock "EVAL-5" "Object Lock";
}

/// What inside a rule spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The rule as a whole.
    Whole,
    /// A statement of a policy.
    Statement {
        /// Which policy among those of its kind, from 0.
        policy: u16,
        /// Which statement, from 0.
        statement: u16,
    },
    /// A grant of an ACL, from 0.
    Grant(u16),
}

/// What a rule said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It allows.
    Allows,
    /// It refuses.
    Refuses,
    /// It neither allows nor refuses.
    Silent,
    /// It would have spoken, but another rule takes its force.
    Ignored,
}

impl StepOutcome {
    /// The word for people and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allows => "allows",
            Self::Refuses => "refuses",
            Self::Silent => "is silent",
            Self::Ignored => "is ignored",
        }
    }
}

/// One rule that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The action of S3 that it was asked about; absent for rules about the whole request, and for
    /// calls of other services, each step of which is about the action of the call.
    pub action: Option<Action>,
    /// The rule.
    pub rule: Rule,
    /// What inside it spoke.
    pub subject: Subject,
    /// What it said.
    pub outcome: StepOutcome,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(action) = self.action {
            write!(f, "{}: ", action.name())?;
        }
        write!(f, "{} ({})", self.rule.name(), self.rule.id())?;
        match self.subject {
            Subject::Whole => {}
            Subject::Statement { policy: 0, statement } => write!(f, ", statement {statement}")?,
            Subject::Statement { policy, statement } => {
                write!(f, ", policy {policy}, statement {statement}")?;
            }
            Subject::Grant(grant) => write!(f, ", grant {grant}")?,
        }
        write!(f, " {}", self.outcome.as_str())
    }
}

/// The rules that were asked, in order, with the one that decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    steps: ArrayVec<Step, TRACE_STEPS_MAX>,
    deciding: Option<u8>,
}

impl Trace {
    /// The steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step that decided: the one that refused, or the one that allowed the operation's first
    /// action.
    pub fn deciding(&self) -> Option<&Step> {
        self.steps.get(self.deciding_index()?)
    }

    /// The position of [`deciding`](Self::deciding) in [`steps`](Self::steps).
    pub fn deciding_index(&self) -> Option<usize> {
        self.deciding.map(usize::from)
    }

    /// Adds a step and gives its position. A full trace keeps its first steps and the newest one.
    pub(crate) fn push(&mut self, step: Step) -> u8 {
        if self.steps.is_full() {
            self.steps.pop();
        }
        self.steps.push(step);
        self.last_index()
    }

    /// The position of the newest step.
    pub(crate) fn last_index(&self) -> u8 {
        u8::try_from(self.steps.len().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// Adds a step of the rule as a whole about the whole request.
    pub(crate) fn note(&mut self, rule: Rule, outcome: StepOutcome) -> u8 {
        self.push(Step { action: None, rule, subject: Subject::Whole, outcome })
    }

    /// Marks the step that decided.
    pub(crate) fn decided_by(&mut self, position: u8) {
        self.deciding = Some(position);
    }
}

/// For people: a line a step, the deciding one marked with `>`.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let mark = if self.deciding_index() == Some(index) { '>' } else { ' ' };
            writeln!(f, "{mark} {step}")?;
        }
        Ok(())
    }
}
