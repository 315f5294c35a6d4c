//! The request that stands for an action, and how it changes with the values that conditions see.

use model::{AccessControlList, AclRequest, CannedAcl, Operation, VersionId};

use super::division::Division;
use super::domain::Variable;
use crate::{Action, Asks, ConditionKey, ContextValue, NoContext, Request, Side, required_actions};

/// The operation that needs an action, and whether it names a version. `None` for actions that no
/// operation of this server needs by themselves.
pub fn operation_of(action: Action) -> Option<(Operation, bool)> {
    // Of those that need it, the one that may do all that the others may.
    if action == Action::PutObject {
        return Some((Operation::PutObject, false));
    }
    let version = VersionId::Null;
    let caller = model::Principal::Anonymous;
    let request = |operation, versioned: bool| Request {
        caller: &caller,
        operation,
        side: Side::Whole,
        bucket: None,
        key: None,
        version: versioned.then_some(&version),
        acl: &AclRequest::Absent,
        asks: Asks::default(),
        new_policy_is_public: false,
        context: &NoContext,
    };
    let all = || {
        [false, true].into_iter().flat_map(|versioned| {
            Operation::table().iter().map(move |spec| (spec.operation, versioned))
        })
    };
    let needs = |(operation, versioned)| required_actions(&request(operation, versioned));
    all()
        .find(|&one| needs(one).as_slice() == [action])
        .or_else(|| all().find(|&one| needs(one).last() == Some(&action)))
}

/// What of a request depends on values that conditions see too.
pub(super) struct Shape {
    pub(super) operation: Operation,
    pub(super) side: Side,
    pub(super) acl: AclRequest,
    pub(super) asks: Asks,
}

impl Shape {
    /// The plain request, which asks for nothing besides.
    pub(super) fn plain(operation: Operation, acl: AclRequest) -> Self {
        // Whoever must pay says so; that is no matter of permission.
        let asks = Asks { request_payer: true, ..Asks::default() };
        Self { operation, side: Side::Whole, acl, asks }
    }

    /// The request with a value of a variable.
    pub(super) fn with(mut self, division: &Division<'_>, class: usize) -> Self {
        let Variable::Key(key) = &division.variable else { return self };
        let Some(class) = division.classes.get(class) else { return self };
        if !class.is_present() {
            return self;
        }
        match key {
            ConditionKey::CannedAcl => {
                if let ContextValue::One(name) = class.value(key)
                    && let Some(canned) = CannedAcl::parse(&name)
                {
                    self.acl = AclRequest::Canned(canned);
                }
            }
            ConditionKey::RequestObjectTag(_) | ConditionKey::RequestObjectTagKeys => {
                self.asks.tagging = true;
            }
            ConditionKey::ObjectLockMode | ConditionKey::ObjectLockRetainUntilDate => {
                self.asks.retention = true;
            }
            ConditionKey::ObjectLockLegalHold => self.asks.legal_hold = true,
            ConditionKey::CopySource if self.operation == Operation::PutObject => {
                self.operation = Operation::CopyObject;
                self.side = Side::CopyDestination;
            }
            _ => {}
        }
        self
    }
}

/// The ACL that a request for an ACL operation brings: the one that changes nothing.
pub(super) fn plain_acl(operation: Operation, owner: &model::CanonicalUserId) -> AclRequest {
    match operation {
        Operation::PutBucketAcl | Operation::PutObjectAcl => {
            AclRequest::Document(AccessControlList::private(owner.clone()))
        }
        _ => AclRequest::Absent,
    }
}

/// The actions that a request for this one may need besides.
pub(super) fn actions_besides(action: Action) -> Vec<Action> {
    match action {
        Action::PutObject => vec![
            action,
            Action::PutObjectAcl,
            Action::PutObjectTagging,
            Action::PutObjectRetention,
            Action::PutObjectLegalHold,
        ],
        Action::GetObjectAttributes => vec![action, Action::GetObject],
        Action::GetObjectVersionAttributes => vec![action, Action::GetObjectVersion],
        _ => vec![action],
    }
}
