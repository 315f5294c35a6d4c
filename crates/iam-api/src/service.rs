//! The query APIs: which there are, which actions they have, and how a call is answered.
//!
//! AWS: IAM API reference, "Common Parameters" and "Common Errors".

use std::pin::Pin;

use iam::{IamError, IamErrorCode};
use identity::session::{Session, SessionHolder};

use crate::xml::Xml;
use crate::{Answer, Call, actions};

/// What an action writes into its `…Result`; none where the answer has no such element.
pub(crate) type Outcome = Result<Option<Xml>, IamError>;

/// Runs one action.
pub(crate) type Handler =
    for<'a> fn(&'a Call<'a>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One action of an API.
pub struct Action {
    /// Its name.
    pub name: &'static str,
    pub(crate) handler: Handler,
}

/// One API of the query protocol.
pub struct Service {
    /// What signatures for it are scoped to.
    pub name: &'static str,
    /// The only version of its API.
    pub version: &'static str,
    /// The namespace of its documents.
    pub(crate) namespace: &'static str,
    /// Its actions.
    pub actions: &'static [Action],
    /// What the sessions of users may call.
    pub(crate) sessions: SessionRule,
    /// Beginnings or whole names of actions that AWS has and this server has not.
    pub(crate) lacking: &'static [&'static str],
}

/// What sessions may call that belong to a user, to root or to a federated user; those of roles may
/// call everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionRule {
    /// Nothing. AWS: IAM user guide, "Permissions for GetSessionToken": no API of IAM without MFA.
    NoUsers,
    /// GetCallerIdentity, and AssumeRole except for federated users.
    Named,
}

impl SessionRule {
    fn check(self, action: &str, session: Option<&Session>) -> Result<(), IamError> {
        let holder = match session {
            None => return Ok(()),
            Some(session) => &session.holder,
        };
        let allowed = match (holder, self) {
            (SessionHolder::Role { .. }, _) => true,
            (_, Self::NoUsers) => {
                let message = "The security token included in the request is invalid";
                return Err(IamError::new(IamErrorCode::InvalidClientTokenId, message));
            }
            (SessionHolder::FederatedUser { .. }, Self::Named) => action == "GetCallerIdentity",
            (SessionHolder::User(_) | SessionHolder::Root, Self::Named) => {
                matches!(action, "GetCallerIdentity" | "AssumeRole")
            }
        };
        if allowed {
            return Ok(());
        }
        let message = format!("Cannot call {action} with session credentials");
        Err(IamError::new(IamErrorCode::AccessDenied, message))
    }
}

/// All of them.
pub static SERVICES: [Service; 2] = [
    Service {
        name: "iam",
        version: "2010-05-08",
        namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
        actions: actions::IAM,
        lacking: actions::IAM_LACKING,
        sessions: SessionRule::NoUsers,
    },
    Service {
        name: "sts",
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        actions: actions::STS,
        lacking: actions::STS_LACKING,
        sessions: SessionRule::Named,
    },
];

impl Service {
    /// The API that signatures of this scope are for.
    pub fn named(name: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|service| service.name == name)
    }

    /// The API with this version, for calls that are not signed.
    pub fn of_version(version: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|service| service.version == version)
    }

    fn action(&self, name: &str) -> Option<&'static Action> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// The action that a call asks for. Errors: `MissingAction`, `InvalidAction`,
    /// `NotImplemented`.
    fn choose(&self, call: &Call<'_>) -> Result<&'static Action, IamError> {
        let Some(name) = call.parameters.get("Action") else {
            return Err(IamError::new(
                IamErrorCode::MissingAction,
                "The request is missing an action or a required parameter.",
            ));
        };
        let version = call.parameters.get("Version").unwrap_or("NO_VERSION_SPECIFIED");
        let invalid = || {
            let message = format!("Could not find operation {name} for version {version}");
            IamError::new(IamErrorCode::InvalidAction, message)
        };
        if version != self.version {
            return Err(invalid());
        }
        if let Some(action) = self.action(name) {
            return Ok(action);
        }
        if self.lacking.contains(&name) {
            let message = format!("{name} is not implemented by this server.");
            return Err(IamError::new(IamErrorCode::NotImplemented, message));
        }
        Err(invalid())
    }

    /// The document of an error.
    pub fn error(&self, error: &IamError, request_id: &str) -> Answer {
        let code = error.code();
        let status = code.status();
        if status >= 500 && code != IamErrorCode::NotImplemented {
            let cause = error.cause();
            tracing::error!(request_id, code = code.as_str(), cause, "call failed");
        } else {
            tracing::debug!(request_id, code = code.as_str(), "call refused");
        }
        let mut xml = Xml::default();
        xml.element("Error", |xml| {
            xml.text("Type", if status >= 500 { "Receiver" } else { "Sender" });
            xml.text("Code", code.as_str()).text("Message", error.message());
        });
        xml.text("RequestId", request_id);
        Answer {
            status,
            content_type: Answer::XML,
            body: xml.document("ErrorResponse", self.namespace),
            action: None,
            error: Some(code.as_str()),
        }
    }
}

/// Answers a call of a service. Never fails: errors are answers.
pub async fn answer(service: &Service, call: &Call<'_>) -> Answer {
    let action = match service.choose(call) {
        Ok(action) => action,
        Err(error) => return service.error(&error, call.request_id),
    };
    let name = action.name;
    let outcome = match service.sessions.check(name, call.session) {
        Ok(()) => (action.handler)(call).await,
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) => Answer { action: Some(name), ..service.error(&error, call.request_id) },
        Ok(result) => {
            let mut xml = Xml::default();
            if let Some(result) = result {
                xml.nested(&format!("{name}Result"), &result);
            }
            xml.element("ResponseMetadata", |xml| {
                xml.text("RequestId", call.request_id);
            });
            Answer {
                status: 200,
                content_type: Answer::XML,
                body: xml.document(&format!("{name}Response"), service.namespace),
                action: Some(name),
                error: None,
            }
        }
    }
}
