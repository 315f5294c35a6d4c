//! Asks for a decision about every class of values that decisions look at.

use std::sync::OnceLock;

use model::limits::REACH_DECISIONS_MAX;
use model::{AclRequest, ObjectKey, VersionId};

use super::division::{Class, Divider, Division};
use super::domain::Variable;
use super::outcome::{Outcome, Told, Tree};
use super::question::{self, Shape};
use super::{
    Caller, CallerKind, Doubt, Evidence, Extent, KnownObject, ObjectsReach, Question, Reach, Scope,
};
use crate::operations::{self, Authority, Requirement};
use crate::policy::vocabulary::Vocabulary;
use crate::{
    ConditionKey, ContextSource, ContextValue, Decision, Facts, ObjectFacts, Policy, Request,
    ResourceType, Rule, StepOutcome, Subject, Verdict, decide,
};

/// Objects that are named as examples of a group.
const EXAMPLES_MAX: usize = 3;

pub(super) fn reach(question: &Question<'_>, caller: &Caller) -> Reach {
    let mut explorer = Explorer::new(question, caller);
    let (ordinary, objects) = match question.scope {
        Scope::Object(object) => (explorer.on_object(object), Vec::new()),
        Scope::Prefix(prefix) => {
            let on_objects = question.action.resource_type() == ResourceType::Object;
            let ordinary = if on_objects { explorer.on_keys(prefix) } else { explorer.on_bucket() };
            let groups =
                if on_objects { explorer.on_objects(question.objects) } else { Vec::new() };
            (ordinary, groups)
        }
    };
    explorer.answer(ordinary, objects)
}

/// What has been assigned on the way through the tree: variables and their classes, by number.
type Assigned = Vec<(usize, usize)>;

/// What is decided about besides the values of conditions.
#[derive(Clone, Copy)]
struct Case<'a> {
    key: Option<&'a ObjectKey>,
    object: ObjectFacts<'a>,
}

pub(super) struct Explorer<'a> {
    question: &'a Question<'a>,
    caller: &'a Caller,
    pub(super) divider: Divider<'a>,
    pub(super) divisions: Vec<Division<'a>>,
    decisions: usize,
    paths: Vec<Evidence>,
    cuts: Vec<Evidence>,
    doubts: Vec<Doubt>,
    version: VersionId,
}

impl<'a> Explorer<'a> {
    pub(super) fn new(question: &'a Question<'a>, caller: &'a Caller) -> Self {
        let identity = caller.identity.iter().flat_map(|identity| {
            let sessions = identity.session.iter().flatten();
            identity.policies.iter().chain(&identity.boundary).chain(sessions)
        });
        let policies: Vec<&Policy> =
            identity.chain(&question.bucket.policy).map(|policy| &**policy).collect();
        let actions = question::actions_besides(question.action);
        let vocabulary = Vocabulary::new(&policies, &caller.principal, &actions);
        Self {
            question,
            caller,
            divider: Divider { question, caller, vocabulary },
            divisions: Vec::new(),
            decisions: 0,
            paths: Vec::new(),
            cuts: Vec::new(),
            doubts: Vec::new(),
            version: VersionId::Null,
        }
    }

    #[cfg(test)]
    pub(super) fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// The bucket itself.
    pub(super) fn on_bucket(&mut self) -> Outcome {
        let tree =
            self.explore(Case { key: None, object: ObjectFacts::NotLoaded }, &mut Vec::new());
        self.outcome(tree)
    }

    /// One object.
    pub(super) fn on_object(&mut self, object: &KnownObject) -> Outcome {
        let on_objects = self.question.action.resource_type() == ResourceType::Object;
        if !on_objects {
            return self.on_bucket();
        }
        let facts = ObjectFacts::Present { owner: &object.owner, acl: object.acl.as_ref() };
        let tree = self.explore(Case { key: Some(&object.key), object: facts }, &mut Vec::new());
        self.outcome(tree)
    }

    /// Ordinary objects of the bucket owner, with every key that begins so.
    pub(super) fn on_keys(&mut self, prefix: &str) -> Outcome {
        let division = self.divider.object_keys(prefix);
        let keys: Vec<_> = division.classes.iter().map(|class| class.object_key.clone()).collect();
        let variable = self.add(division);
        let owner = &self.question.bucket.owner.canonical_id;
        let object = if self.makes_objects() {
            ObjectFacts::Missing
        } else {
            ObjectFacts::Present { owner, acl: None }
        };
        let explore = |(class, key): (usize, &String)| match ObjectKey::parse(key) {
            Ok(key) => {
                let case = Case { key: Some(&key), object };
                self.explore(case, &mut vec![(variable, class)])
            }
            // No such object can be.
            Err(_) => Tree::Leaf(false),
        };
        let children = keys.iter().enumerate().map(explore).collect();
        let tree = Tree::branch(variable, children);
        self.outcome(tree)
    }

    /// Objects that are there, in groups.
    fn on_objects(&mut self, objects: &[KnownObject]) -> Vec<ObjectsReach> {
        // Which owner, which ACL, and which patterns the key matches: nothing else counts.
        let mut groups: Vec<(Vec<bool>, &KnownObject, u64, Vec<ObjectKey>)> = Vec::new();
        for object in objects {
            let class = self.divider.class_of_key(object.key.as_str());
            let known = groups.iter_mut().find(|(known, like, ..)| {
                *known == class && like.owner == object.owner && like.acl == object.acl
            });
            match known {
                Some((.., count, examples)) => {
                    *count += object.versions;
                    if examples.len() < EXAMPLES_MAX && !examples.contains(&object.key) {
                        examples.push(object.key.clone());
                    }
                }
                None => groups.push((class, object, object.versions, vec![object.key.clone()])),
            }
        }
        let reach = |(_, object, count, examples): (_, &KnownObject, _, _)| ObjectsReach {
            outcome: self.on_object(object),
            count,
            examples,
        };
        groups.into_iter().map(reach).collect()
    }

    fn makes_objects(&self) -> bool {
        let Some(request) = self.operation() else { return false };
        let shape = Shape::plain(request.0, AclRequest::Absent);
        let asked = self.request(&shape, None, &crate::NoContext);
        match operations::requirement(&asked) {
            Requirement::All(checks) => {
                checks.iter().any(|check| matches!(check.authority, Authority::NewObject { .. }))
            }
            _ => false,
        }
    }

    fn operation(&self) -> Option<(model::Operation, bool)> {
        question::operation_of(self.question.action)
    }

    fn add(&mut self, division: Division<'a>) -> usize {
        self.doubts.extend(division.doubt.clone());
        self.divisions.push(division);
        self.divisions.len() - 1
    }

    /// Decides, with what has been assigned so far; where the decision asks for more, once for each
    /// class of that.
    fn explore(&mut self, case: Case<'_>, assigned: &mut Assigned) -> Tree {
        if self.decisions >= REACH_DECISIONS_MAX {
            self.doubts.push(Doubt::TooManyDecisions);
            return Tree::Leaf(false);
        }
        self.decisions += 1;
        match self.decide(case, assigned) {
            Answer::Decided(decision) => {
                self.note(&decision);
                Tree::Leaf(decision.verdict == Verdict::Allow)
            }
            Answer::Unknown => Tree::Leaf(false),
            Answer::Wants(key) => {
                let variable = self.variable(&key);
                let classes = self.divisions.get(variable).map_or(0, |one| one.classes.len());
                let mut children = Vec::with_capacity(classes);
                for class in 0..classes {
                    assigned.push((variable, class));
                    children.push(self.explore(case, assigned));
                    assigned.pop();
                }
                Tree::branch(variable, children)
            }
        }
    }

    /// The division of the variable of a key, made when it is first asked for.
    fn variable(&mut self, key: &ConditionKey) -> usize {
        let variable = Variable::of(key);
        if let Some(known) = self.divisions.iter().position(|one| one.variable == variable) {
            return known;
        }
        let is_tags = |variable: &Variable| match variable {
            Variable::Key(ConditionKey::RequestObjectTagKeys) => Some(true),
            Variable::Key(ConditionKey::RequestObjectTag(_)) => Some(false),
            _ => None,
        };
        if let Some(own) = is_tags(&variable)
            && self.divisions.iter().any(|one| is_tags(&one.variable) == Some(!own))
        {
            self.doubts.push(Doubt::Tags);
        }
        match self.divider.values_of(key) {
            Ok(division) => self.add(division),
            // Answered from the domain before it is asked for.
            Err(_) => self.divisions.len(),
        }
    }

    fn decide(&self, case: Case<'_>, assigned: &Assigned) -> Answer {
        let Some((operation, _)) = self.operation() else { return Answer::Unknown };
        let owner = match case.object {
            ObjectFacts::Present { owner, .. } => {
                crate::ownership::effective_owner(owner, self.question.bucket)
            }
            _ => &self.question.bucket.owner.canonical_id,
        };
        let plain = Shape::plain(operation, question::plain_acl(operation, owner));
        let shape = assigned.iter().fold(plain, |shape, &(variable, class)| {
            match self.divisions.get(variable) {
                Some(division) => shape.with(division, class),
                None => shape,
            }
        });
        let surroundings = Surroundings { explorer: self, assigned, wanted: OnceLock::new() };
        let request = self.request(&shape, case.key, &surroundings);
        let facts = Facts {
            bucket: Some(self.question.bucket),
            object: case.object,
            upload: None,
            identity: self.caller.identity.as_ref(),
            switches: self.question.switches,
        };
        let decision = decide(&request, &facts);
        match surroundings.wanted.into_inner() {
            Some(key) => Answer::Wants(key),
            None => Answer::Decided(Box::new(decision)),
        }
    }

    fn request<'r>(
        &'r self,
        shape: &'r Shape,
        key: Option<&'r ObjectKey>,
        context: &'r dyn ContextSource,
    ) -> Request<'r> {
        let versioned = self.operation().is_some_and(|(_, versioned)| versioned);
        Request {
            caller: &self.caller.principal,
            operation: shape.operation,
            side: shape.side,
            bucket: Some(&self.question.bucket.name),
            key,
            version: versioned.then_some(&self.version),
            acl: &shape.acl,
            asks: shape.asks,
            new_policy_is_public: false,
            context,
        }
    }

    fn note(&mut self, decision: &Decision) {
        let is_allowed = decision.verdict == Verdict::Allow;
        let deciding = decision.trace.deciding_index();
        for (at, step) in decision.trace.steps().iter().enumerate() {
            let refuses =
                step.outcome == StepOutcome::Refuses || step.rule == Rule::PermissionsBoundary;
            let cuts = step.outcome == StepOutcome::Ignored || (deciding == Some(at) && refuses);
            let list = match is_allowed {
                true if step.outcome == StepOutcome::Allows => &mut self.paths,
                false if cuts => &mut self.cuts,
                _ => continue,
            };
            let evidence = Evidence { rule: step.rule, subject: step.subject };
            if !list.contains(&evidence) {
                list.push(evidence);
            }
        }
    }

    fn outcome(&self, tree: Tree) -> Outcome {
        let told = self.divisions.iter().map(|division| Told {
            is_object_key: division.variable == Variable::ObjectKey,
            classes: division.classes.clone(),
            marks: division.marks.clone(),
        });
        Outcome { tree, told: told.collect() }
    }

    fn answer(mut self, ordinary: Outcome, objects: Vec<ObjectsReach>) -> Reach {
        self.doubts.sort();
        self.doubts.dedup();
        let is_something = ordinary.extent() != Extent::Never
            || objects.iter().any(|one| one.outcome.extent() != Extent::Never);
        let is_public = is_something && self.is_let_in_publicly();
        Reach {
            ordinary,
            objects,
            is_public,
            paths: self.paths,
            cuts: self.cuts,
            doubts: self.doubts,
        }
    }

    /// Whether a rule that Amazon calls public is among those that allow (§4.3, §4.4).
    fn is_let_in_publicly(&self) -> bool {
        if !matches!(self.caller.kind, CallerKind::Everyone | CallerKind::AnyAccount) {
            return false;
        }
        self.paths.iter().any(|path| match (path.rule, path.subject) {
            (Rule::BucketPolicy, Subject::Statement { statement, .. }) => {
                let policy = self.question.bucket.policy.as_ref();
                policy.is_some_and(|policy| policy.is_public_statement(statement))
            }
            // Only grants to groups let strangers in.
            (Rule::BucketAcl | Rule::ObjectAcl, _) => true,
            _ => false,
        })
    }
}

/// What came out of one decision.
enum Answer {
    Decided(Box<Decision>),
    /// It asked for a key that has no value yet.
    Wants(ConditionKey),
    /// No operation needs the action.
    Unknown,
}

/// The values that have been assigned; notes the first key that has none.
struct Surroundings<'e, 'a> {
    explorer: &'e Explorer<'a>,
    assigned: &'e Assigned,
    wanted: OnceLock<ConditionKey>,
}

impl ContextSource for Surroundings<'_, '_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let variable = Variable::of(key);
        let assigned = self.assigned.iter().find_map(|&(at, class)| {
            let division = self.explorer.divisions.get(at)?;
            (division.variable == variable).then(|| division.classes.get(class))?
        });
        if let Some(class) = assigned {
            return Class::value(class, key);
        }
        if let Some(fixed) = self.explorer.divider.fixed_value(key) {
            return fixed;
        }
        let _ = self.wanted.set(key.clone());
        ContextValue::Absent
    }
}
