//! What the policies in force tell apart, for a question about many requests at once: the values of
//! a condition key, and the names of resources.

use model::{AddressRange, Principal};

use super::arn::ArnPattern;
use super::condition::{Condition, Values};
use super::language::Language;
use super::pattern::Pattern;
use super::principal::{PrincipalPattern, Principals};
use super::request_values::RequestValues;
use super::resource::{MeansS3, ResourcePattern, Resources};
use super::statement::{Effect, Statement};
use super::{AskedAction, AskedResource, Policy, Query};
use crate::{Action, ConditionKey, ContextSource};

/// The statements that can concern a caller and some actions.
pub(crate) struct Vocabulary<'a> {
    caller: &'a Principal,
    provider: Option<&'a str>,
    statements: Vec<&'a Statement>,
}

/// What conditions compare the value of a key with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Compared {
    /// Texts and patterns.
    pub(crate) languages: Vec<Language>,
    /// In units of 10⁻⁹.
    pub(crate) numbers: Vec<i128>,
    /// In nanoseconds since the epoch.
    pub(crate) dates: Vec<i128>,
    /// Whether there are booleans.
    pub(crate) booleans: bool,
    /// Ranges of addresses.
    pub(crate) blocks: Vec<AddressRange>,
    /// A comparison depends on the value of this key, which is open too.
    pub(crate) coupled_with: Option<ConditionKey>,
    /// A comparison that is beyond this analysis: letter case outside ASCII.
    pub(crate) is_beyond: bool,
}

impl<'a> Vocabulary<'a> {
    /// Collects the statements of policies.
    pub(crate) fn new(policies: &[&'a Policy], caller: &'a Principal, actions: &[Action]) -> Self {
        let concerns = |statement: &&Statement| {
            actions.iter().any(|&action| {
                let context = &crate::NoContext;
                let (action, resource) = (AskedAction::S3(action), AskedResource::None);
                let query = Query { caller, provider: None, action, resource, context };
                statement.naming(&query).is_some()
            })
        };
        let all = policies.iter().flat_map(|policy| &policy.statements);
        Self { caller, provider: None, statements: all.filter(concerns).collect() }
    }

    /// Collects the statements of policies about an action of any service, for somebody who signs
    /// or bears the token of an identity provider.
    pub(crate) fn of_action(
        policies: &[&'a Policy],
        (caller, provider): (&'a Principal, Option<&'a str>),
        action: AskedAction<'_>,
    ) -> Self {
        let context = &crate::NoContext;
        let query = Query { caller, provider, action, resource: AskedResource::None, context };
        let all = policies.iter().flat_map(|policy| &policy.statements);
        let statements = all.filter(|statement| statement.naming(&query).is_some()).collect();
        Self { caller, provider, statements }
    }

    /// The keys that patterns hold as variables, each once.
    pub(crate) fn variable_keys(&self) -> Vec<&'a ConditionKey> {
        let mut keys: Vec<&ConditionKey> = Vec::new();
        for statement in &self.statements {
            let of_conditions = statement.conditions.iter().flat_map(Condition::variable_keys);
            for key in statement.resources.variable_keys().chain(of_conditions) {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// The ARNs that statements tell apart. A pattern whose variables have no value names nothing.
    pub(crate) fn arns(&self, known: &dyn ContextSource) -> Vec<Language> {
        let values = RequestValues::new(self.query(known));
        let mut compared = Compared::default();
        for statement in &self.statements {
            let (Resources::Listed(patterns) | Resources::AllExcept(patterns)) =
                &statement.resources;
            for pattern in patterns {
                match pattern {
                    ResourcePattern::Everything => {}
                    ResourcePattern::Named(name) => {
                        compared.add_pattern(name, &values, &|_| false, |name| {
                            let name = Language::of_pattern(name);
                            Some(Language::literal("arn:aws:s3:::").then_language(&name))
                        });
                    }
                    ResourcePattern::Arn(arn, _) => compared.add_arn(arn, &values, &|_| false),
                }
            }
        }
        compared.languages
    }

    /// The conditions on a key, each of a kind once.
    pub(crate) fn conditions(&self, is_it: impl Fn(&ConditionKey) -> bool) -> Vec<&'a Condition> {
        let all = self.statements.iter().flat_map(|statement| &statement.conditions);
        all.filter(|condition| is_it(&condition.key)).collect()
    }

    /// What these conditions compare with. `known` has the values of keys that are not open.
    pub(crate) fn compared(
        &self,
        conditions: &[&Condition],
        known: &dyn ContextSource,
        is_open: &dyn Fn(&ConditionKey) -> bool,
    ) -> Compared {
        let values = RequestValues::new(self.query(known));
        let mut compared = Compared::default();
        for condition in conditions {
            compared.add(&condition.values, &values, is_open);
        }
        compared
    }

    /// The names of resources, as they stand behind `arn:aws:s3:::`, with what a policy calls them.
    pub(crate) fn resources(
        &self,
        known: &dyn ContextSource,
        is_open: &dyn Fn(&ConditionKey) -> bool,
    ) -> (Compared, Vec<String>) {
        let values = RequestValues::new(self.query(known));
        let mut compared = Compared::default();
        let mut names = Vec::new();
        for statement in &self.statements {
            let (Resources::Listed(patterns) | Resources::AllExcept(patterns)) =
                &statement.resources;
            for pattern in patterns {
                let pattern = match pattern {
                    ResourcePattern::Named(pattern) => Some(pattern),
                    ResourcePattern::Arn(pattern, MeansS3::Yes) => pattern.resource(),
                    ResourcePattern::Everything | ResourcePattern::Arn(_, MeansS3::No) => None,
                };
                let Some(pattern) = pattern else { continue };
                let before = compared.languages.len();
                compared.add_pattern(pattern, &values, is_open, |pattern| {
                    Some(Language::of_pattern(pattern))
                });
                if compared.languages.len() > before {
                    let resolved = pattern.resolve(&values);
                    names.push(resolved.map_or_else(String::new, |pattern| pattern.to_string()));
                }
            }
        }
        (compared, names)
    }

    /// Which of these conditions hold where `context` has the values.
    pub(crate) fn holding(
        &self,
        conditions: &[&Condition],
        context: &dyn ContextSource,
    ) -> Vec<bool> {
        let values = RequestValues::new(self.query(context));
        let holds = |condition: &&Condition| condition.holds(&values, Effect::Allow);
        conditions.iter().map(holds).collect()
    }

    /// A question about no action in particular, which hence has every key.
    fn query<'q>(&self, context: &'q dyn ContextSource) -> Query<'q>
    where
        'a: 'q,
    {
        let (action, resource) = (AskedAction::Api("reach:Ask"), AskedResource::None);
        Query { caller: self.caller, provider: self.provider, action, resource, context }
    }
}

impl Policy {
    /// The statements that speak of somebody and an action, and whether they allow.
    pub(crate) fn concerning(&self, query: &Query<'_>) -> Vec<(u16, bool)> {
        let statements = (0..).zip(&self.statements);
        statements
            .filter(|(_, statement)| statement.naming(query).is_some())
            .map(|(index, statement)| (index, statement.effect == Effect::Allow))
            .collect()
    }

    /// The actions that statements tell apart, in lower case.
    pub(crate) fn action_languages(&self) -> impl Iterator<Item = Language> {
        self.statements.iter().flat_map(|statement| statement.actions.languages())
    }
}

impl Compared {
    fn add(
        &mut self,
        values: &Values,
        request: &RequestValues<'_>,
        is_open: &dyn Fn(&ConditionKey) -> bool,
    ) {
        match values {
            Values::Texts(patterns) | Values::Patterns(patterns) => {
                for pattern in patterns {
                    self.add_pattern(pattern, request, is_open, |pattern| {
                        Some(Language::of_pattern(pattern))
                    });
                }
            }
            Values::TextsIgnoringCase(patterns) => {
                for pattern in patterns {
                    self.add_pattern(pattern, request, is_open, |pattern| {
                        pattern.as_literal().and_then(Language::ignoring_case)
                    });
                }
            }
            Values::Arns(arns) => arns.iter().for_each(|arn| self.add_arn(arn, request, is_open)),
            Values::Numbers(_, numbers) => self.numbers.extend(numbers),
            Values::Dates(_, dates) => self.dates.extend(dates),
            Values::Booleans(_) => self.booleans = true,
            Values::Addresses(blocks) => self.blocks.extend(blocks),
            Values::Binaries(values) => {
                let texts = values.iter().filter_map(|value| std::str::from_utf8(value).ok());
                self.languages.extend(texts.map(Language::literal));
            }
            Values::Absences(_) => {}
        }
    }

    fn add_pattern(
        &mut self,
        pattern: &Pattern,
        request: &RequestValues<'_>,
        is_open: &dyn Fn(&ConditionKey) -> bool,
        language: impl Fn(&Pattern) -> Option<Language>,
    ) {
        if let Some(key) = pattern.variable_keys().find(|key| is_open(key)) {
            self.coupled_with = Some(key.clone());
            return;
        }
        let Some(pattern) = pattern.resolve(request) else { return };
        match language(&pattern) {
            Some(language) => self.languages.push(language),
            None => self.is_beyond = true,
        }
    }

    fn add_arn(
        &mut self,
        arn: &ArnPattern,
        request: &RequestValues<'_>,
        is_open: &dyn Fn(&ConditionKey) -> bool,
    ) {
        if let Some(key) = arn.variable_keys().find(|key| is_open(key)) {
            self.coupled_with = Some(key.clone());
            return;
        }
        let resolved = match arn {
            ArnPattern::Any => Some(ArnPattern::Any),
            ArnPattern::Parts(parts) => {
                let mut resolved = parts.clone();
                let whole = resolved.iter_mut().all(|part| match part.resolve(request) {
                    Some(own) => {
                        *part = own.into_owned();
                        true
                    }
                    None => false,
                });
                whole.then_some(ArnPattern::Parts(resolved))
            }
        };
        self.languages.extend(resolved.as_ref().and_then(Language::of_arn));
    }
}

/// What policies say about callers that nobody here knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamedCallers {
    /// ARNs, as languages of all the ARNs of IAM that statements tell apart.
    pub(crate) arns: Vec<Language>,
    /// Sessions: account, role and session name.
    pub(crate) sessions: Vec<(model::AccountId, String, String)>,
    /// Federated users: account and name.
    pub(crate) federated: Vec<(model::AccountId, String)>,
    /// Accounts by their canonical user ids.
    pub(crate) canonical_ids: Vec<model::CanonicalUserId>,
    /// Whether users and roles are told apart, and not only accounts.
    pub(crate) below_accounts: bool,
    /// Whether something else is asked about callers, by `aws:userid`.
    pub(crate) by_unique_id: bool,
    /// AWS services.
    pub(crate) services: Vec<String>,
    /// Identity providers.
    pub(crate) providers: Vec<String>,
    /// Users and roles by their unique ids.
    pub(crate) unique_ids: Vec<String>,
}

impl NamedCallers {
    /// Everything that a policy says about callers.
    pub(crate) fn add(&mut self, policy: &Policy) {
        for statement in &policy.statements {
            if let Principals::Listed(listed) | Principals::AllExcept(listed) =
                &statement.principals
            {
                listed.iter().for_each(|principal| self.add_principal(principal));
            }
            let conditions = statement.conditions.iter();
            conditions.for_each(|condition| self.add_condition(condition));
        }
    }

    /// An account.
    pub(crate) fn add_account(&mut self, account: model::AccountId) {
        self.arns.push(Language::beginning_with(&format!("arn:aws:iam::{account}:")));
    }

    fn add_principal(&mut self, principal: &PrincipalPattern) {
        match principal {
            PrincipalPattern::Account(account) => self.add_account(*account),
            PrincipalPattern::CanonicalUser(id) => self.canonical_ids.push(id.clone()),
            PrincipalPattern::User(account, name) => self.add_entity(*account, "user", name),
            PrincipalPattern::Role(account, name) => self.add_entity(*account, "role", name),
            PrincipalPattern::RoleSession { account, role, session } => {
                self.sessions.push((*account, role.to_string(), session.to_string()));
            }
            PrincipalPattern::FederatedUser(account, name) => {
                self.federated.push((*account, name.to_string()));
            }
            PrincipalPattern::Service(name) => self.services.push(name.to_string()),
            PrincipalPattern::Federated(name) => self.providers.push(name.to_string()),
            PrincipalPattern::UniqueId(id) => self.unique_ids.push(id.to_string()),
            PrincipalPattern::Everyone => {}
        }
    }

    fn add_entity(&mut self, account: model::AccountId, kind: &str, path_and_name: &str) {
        self.below_accounts = true;
        let arn = format!("arn:aws:iam::{account}:{kind}{path_and_name}");
        self.arns.push(Language::literal(&arn));
    }

    fn add_condition(&mut self, condition: &Condition) {
        let within = |text: &Language| match condition.key {
            ConditionKey::PrincipalArn => Some(text.clone()),
            ConditionKey::PrincipalAccount => Some(
                Language::literal("arn:aws:iam::")
                    .then_language(text)
                    .then(":")
                    .then_language(&Language::everything()),
            ),
            ConditionKey::UserName => text.of_names().map(|name| {
                let slash = Language::literal("/");
                Language::literal("arn:aws:iam::").then_run_and(&slash).then_language(&name)
            }),
            _ => None,
        };
        match condition.key {
            ConditionKey::PrincipalArn | ConditionKey::UserName => self.below_accounts = true,
            ConditionKey::PrincipalAccount => {}
            ConditionKey::PrincipalType => {
                self.below_accounts = true;
                return;
            }
            ConditionKey::UserId => {
                self.by_unique_id = true;
                return;
            }
            _ => return,
        }
        // A variable speaks of the caller itself, and is resolved where a caller is at hand.
        let caller = Principal::Anonymous;
        let query = Query {
            caller: &caller,
            provider: None,
            action: AskedAction::Api("reach:Ask"),
            resource: AskedResource::None,
            context: &crate::NoContext,
        };
        let mut compared = Compared::default();
        compared.add(&condition.values, &RequestValues::new(query), &|_| true);
        self.by_unique_id |= compared.coupled_with.is_some() || compared.is_beyond;
        self.arns.extend(compared.languages.iter().filter_map(within));
    }
}
