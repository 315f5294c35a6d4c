//! Every combination of action, resource and circumstances that policies tell apart, for one asker.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use model::limits::REACH_DECISIONS_MAX;

use super::{Asker, askers};
use crate::policy::language::{self, Language};
use crate::policy::vocabulary::Vocabulary;
use crate::policy::{AskedAction, AskedResource, EveryMatch, Query};
use crate::reach::Doubt;
use crate::reach::division::is_about_caller;
use crate::reach::domain::{self, Domain, Variable};
use crate::reach::values;
use crate::{Action, ConditionKey, ContextSource, ContextValue, Policy, ResourceType};

/// How many questions a division of resources counts for.
const DIVISION_QUESTIONS: usize = 200;

type Values = Vec<(ConditionKey, ContextValue<'static>)>;
type Visitor<'v> = dyn FnMut(AskedAction<'_>, &[EveryMatch]) + 'v;

/// The policies that are asked, the first of which must allow.
pub(super) struct Search<'a> {
    policies: &'a [&'a Policy],
    keys: Vec<&'a ConditionKey>,
    /// One action of every kind of services other than S3, in lower case.
    others: Vec<String>,
    /// A value of a variable that no policy spells out.
    unremarkable: String,
    questions: usize,
    pub(super) doubts: BTreeSet<Doubt>,
}

impl<'a> Search<'a> {
    pub(super) fn new(policies: &'a [&'a Policy]) -> Self {
        let mut keys: Vec<&ConditionKey> = Vec::new();
        for key in policies.iter().flat_map(|policy| policy.condition_keys()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let mut doubts = BTreeSet::new();
        let of_s3 = Language::beginning_with("s3:");
        let languages: Vec<Language> = std::iter::once(of_s3)
            .chain(policies.iter().flat_map(|policy| policy.action_languages()))
            .collect();
        let domain = Language::default().then_name().then(":").then_name();
        let found = language::classes(&domain, &languages);
        if !found.complete {
            doubts.insert(Doubt::TooManyPatterns);
        }
        let is_other = |class: &&language::TextClass| class.within.first() == Some(&false);
        let others = found.classes.iter().filter(is_other).map(|class| class.text.clone());
        let unremarkable = askers::unremarkable(policies);
        Self { policies, keys, others: others.collect(), unremarkable, questions: 0, doubts }
    }

    /// Visits what the policies say about some actions.
    pub(super) fn run_on(
        &mut self,
        asker: &'a Asker,
        actions: &[&'static str],
        visit: &mut Visitor<'_>,
    ) {
        for action in actions {
            Branch::new(self, asker, AskedAction::new(action)).variables(visit);
        }
    }

    /// Visits what the policies say about everything that they tell apart.
    pub(super) fn run(&mut self, asker: &'a Asker, visit: &mut Visitor<'_>) {
        let mut seen = Vec::new();
        let of_s3 = Action::ALL.iter().map(|&action| AskedAction::S3(action));
        let others = self.others.clone();
        let all = of_s3.chain(others.iter().map(|name| AskedAction::Api(name)));
        for action in all {
            let Some(kind) = self.kind(asker, action) else { continue };
            if seen.contains(&kind) {
                continue;
            }
            seen.push(kind);
            Branch::new(self, asker, action).variables(visit);
        }
    }

    /// What tells an action from others: the statements that speak of it, the resources that it has,
    /// the condition keys that it has. `None` if the first policy does not allow it.
    fn kind(&self, asker: &Asker, action: AskedAction<'_>) -> Option<Kind> {
        let query = query(asker, action, AskedResource::None, &crate::NoContext);
        let concerning: Vec<_> =
            self.policies.iter().map(|policy| policy.concerning(&query)).collect();
        let allows = concerning.first()?.iter().any(|&(_, allows)| allows);
        let has = |key: &&ConditionKey| is_available(key, action);
        allows.then(|| Kind {
            concerning,
            resources: action.s3().map(Action::resource_type),
            keys: self.keys.iter().map(has).collect(),
        })
    }
}

#[derive(PartialEq, Eq)]
struct Kind {
    concerning: Vec<Vec<(u16, bool)>>,
    resources: Option<ResourceType>,
    keys: Vec<bool>,
}

/// Whether requests for an action can have a value for a key. S3 knows no keys of other services.
fn is_available(key: &ConditionKey, action: AskedAction<'_>) -> bool {
    match action {
        AskedAction::S3(action) => {
            !matches!(key, ConditionKey::Foreign(_)) && key.available_to(action)
        }
        AskedAction::Api(_) => true,
    }
}

fn query<'q>(
    asker: &'q Asker,
    action: AskedAction<'q>,
    resource: AskedResource<'q>,
    context: &'q dyn ContextSource,
) -> Query<'q> {
    Query {
        caller: &asker.principal,
        provider: asker.provider.as_deref(),
        action,
        resource,
        context,
    }
}

/// One asker and one action.
struct Branch<'s, 'a, 'n> {
    search: &'s mut Search<'a>,
    asker: &'a Asker,
    action: AskedAction<'n>,
    vocabulary: Vocabulary<'a>,
    /// What circumstances have been chosen.
    chosen: Vec<Values>,
    /// The values of variables that were divided for these choices of what patterns hold.
    divided: Vec<(Variable, Vec<Values>)>,
}

impl<'s, 'a, 'n> Branch<'s, 'a, 'n> {
    fn new(search: &'s mut Search<'a>, asker: &'a Asker, action: AskedAction<'n>) -> Self {
        let who = (&asker.principal, asker.provider.as_deref());
        let vocabulary = Vocabulary::of_action(search.policies, who, action);
        Self { search, asker, action, vocabulary, chosen: Vec::new(), divided: Vec::new() }
    }

    /// First what patterns hold as variables, because the patterns are not known without.
    fn variables(&mut self, visit: &mut Visitor<'_>) {
        let action = self.action;
        let mut keys = self.vocabulary.variable_keys();
        keys.retain(|key| !is_about_caller(key) && is_available(key, action));
        self.choose(&keys, visit);
    }

    fn choose(&mut self, keys: &[&ConditionKey], visit: &mut Visitor<'_>) {
        let Some((key, rest)) = keys.split_first() else { return self.resources(visit) };
        // What this one is compared with may hold one that was chosen before.
        self.divided.clear();
        if self.is_chosen(key) {
            return self.choose(rest, visit);
        }
        let mut values = self.values_of(key);
        if let Domain::Text { .. } = domain::anywhere(key, self.is_signed()) {
            let value = self.search.unremarkable.clone();
            values.push(vec![((*key).clone(), ContextValue::One(value.into()))]);
        }
        for value in values {
            self.chosen.push(value);
            self.choose(rest, visit);
            self.chosen.pop();
        }
    }

    fn is_chosen(&self, key: &ConditionKey) -> bool {
        let variable = Variable::of(key);
        self.chosen.iter().flatten().any(|(own, _)| Variable::of(own) == variable)
    }

    fn is_signed(&self) -> bool {
        !self.asker.principal.is_anonymous()
    }

    /// Then resources, of which the patterns are known now.
    fn resources(&mut self, visit: &mut Visitor<'_>) {
        self.divided.clear();
        let known = Chosen::new(&self.chosen);
        let mut languages = self.vocabulary.arns(&known);
        let of_s3 = Language::literal("arn:aws:s3:::");
        languages.push(Language::beginning_with("arn:aws:s3:::"));
        let (domain, has_none) = match self.action.s3().map(Action::resource_type) {
            Some(ResourceType::None) => (None, true),
            Some(ResourceType::Bucket) => (Some(of_s3.then_name()), false),
            Some(ResourceType::Object) => {
                (Some(of_s3.then_name().then("/").then_some_text()), false)
            }
            None => (Some(Language::any_arn()), true),
        };
        let mut arns: Vec<String> = if has_none { vec!["*".to_owned()] } else { Vec::new() };
        if let Some(domain) = domain {
            // As dear as many questions, if the patterns are involved.
            self.search.questions += DIVISION_QUESTIONS;
            let found = language::classes(&domain, &languages);
            if !found.complete {
                self.search.doubts.insert(Doubt::TooManyPatterns);
            }
            arns.extend(found.classes.into_iter().map(|class| class.text));
        }
        for arn in arns {
            self.circumstances(&arn, visit);
        }
    }

    /// Last all other circumstances, as far as the policies ask for them.
    fn circumstances(&mut self, arn: &str, visit: &mut Visitor<'_>) {
        if self.search.questions >= REACH_DECISIONS_MAX {
            self.search.doubts.insert(Doubt::TooManyDecisions);
            return;
        }
        self.search.questions += 1;
        let known = Chosen::new(&self.chosen);
        let query = query(self.asker, self.action, AskedResource::new(arn), &known);
        let matches: Vec<EveryMatch> =
            self.search.policies.iter().map(|policy| policy.every_match(&query)).collect();
        let Some(wanted) = known.wanted.into_inner() else {
            return visit(self.action, &matches);
        };
        for value in self.values_of(&wanted) {
            self.chosen.push(value);
            self.circumstances(arn, visit);
            self.chosen.pop();
        }
    }

    /// One value of a key for every kind of values that conditions tell apart.
    fn values_of(&mut self, key: &ConditionKey) -> Vec<Values> {
        let variable = Variable::of(key);
        if let Some((_, values)) = self.divided.iter().find(|(known, _)| *known == variable) {
            return values.clone();
        }
        let conditions = self.vocabulary.conditions(|own| Variable::of(own) == variable);
        let is_open = |key: &ConditionKey| {
            !is_about_caller(key) && is_available(key, self.action) && !self.is_chosen(key)
        };
        let known = Chosen::new(&self.chosen);
        let compared = self.vocabulary.compared(&conditions, &known, &is_open);
        let domain = domain::anywhere(key, self.is_signed());
        let (values, mut doubt) = values::of_variable(key, &domain, &compared);
        if let Some(other) = &compared.coupled_with {
            doubt = Some(Doubt::Coupled(other.name().into_owned()));
        } else if compared.is_beyond {
            doubt = Some(Doubt::LetterCase);
        }
        self.search.doubts.extend(doubt);
        self.divided.push((variable, values.clone()));
        values
    }
}

/// The circumstances that have been chosen; notes the first key that is asked for besides.
struct Chosen<'c> {
    chosen: &'c [Values],
    wanted: OnceLock<ConditionKey>,
}

impl<'c> Chosen<'c> {
    fn new(chosen: &'c [Values]) -> Self {
        Self { chosen, wanted: OnceLock::new() }
    }
}

impl ContextSource for Chosen<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let variable = Variable::of(key);
        let mut all = self.chosen.iter().flatten();
        let exact = all.clone().find(|(own, _)| own == key);
        let found = exact.or_else(|| all.find(|(own, _)| Variable::of(own) == variable));
        if let Some((_, value)) = found {
            return value.clone();
        }
        let _ = self.wanted.set(key.clone());
        ContextValue::Absent
    }
}
