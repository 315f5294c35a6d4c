//! What is allowed, as a tree of decisions, and in words.

use std::collections::BTreeSet;

use super::division::{Class, Mark};

/// Alternatives that are told one by one; beyond them an answer says that there are more.
const ALTERNATIVES_MAX: usize = 32;

/// What is allowed, by the classes of the variables that it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    Leaf(bool),
    /// Each set of classes of a variable, by its number, with what follows.
    Branch(usize, Vec<(Vec<usize>, Self)>),
}

impl Tree {
    /// A branch, or what follows if that is the same for all classes.
    pub(crate) fn branch(variable: usize, children: Vec<Self>) -> Self {
        let mut arms: Vec<(Vec<usize>, Self)> = Vec::new();
        for (class, child) in children.into_iter().enumerate() {
            match arms.iter_mut().find(|(_, known)| *known == child) {
                Some((classes, _)) => classes.push(class),
                None => arms.push((vec![class], child)),
            }
        }
        match arms.len() {
            0 => Self::Leaf(false),
            1 => arms.pop().map_or(Self::Leaf(false), |(_, only)| only),
            _ => Self::Branch(variable, arms),
        }
    }

    fn extent(&self) -> Extent {
        match self {
            Self::Leaf(true) => Extent::Always,
            Self::Leaf(false) => Extent::Never,
            Self::Branch(..) => Extent::Sometimes,
        }
    }

    /// The ways from the root to what is allowed.
    pub(crate) fn ways(
        &self,
        way: &mut Vec<(usize, Vec<usize>)>,
        found: &mut Vec<Vec<(usize, Vec<usize>)>>,
    ) {
        match self {
            Self::Leaf(true) => found.push(way.clone()),
            Self::Leaf(false) => {}
            Self::Branch(variable, arms) => {
                for (classes, child) in arms {
                    way.push((*variable, classes.clone()));
                    child.ways(way, found);
                    way.pop();
                }
            }
        }
    }
}

/// How far something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// In no case.
    Never,
    /// In some.
    Sometimes,
    /// In every case.
    Always,
}

/// A variable as far as answers tell it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) is_object_key: bool,
    pub(crate) classes: Vec<Class>,
    pub(crate) marks: Vec<Mark>,
}

/// What is allowed.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(crate) tree: Tree,
    pub(crate) told: Vec<Told>,
}

/// Requirements that together are enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alternative {
    /// About the key of the object.
    pub keys: Vec<String>,
    /// About the rest of the request.
    pub conditions: Vec<String>,
    /// A key for which it holds, if the outcome depends on it.
    pub example: Option<String>,
}

impl Outcome {
    /// How far it goes.
    pub fn extent(&self) -> Extent {
        self.tree.extent()
    }

    /// How far it goes over the keys of objects: whether some request is allowed for every key, for
    /// some, or for none.
    pub fn extent_over_keys(&self) -> Extent {
        match &self.tree {
            Tree::Branch(variable, arms) if self.is_object_key(*variable) => {
                let some = arms.iter().any(|(_, child)| *child != Tree::Leaf(false));
                let all = arms.iter().all(|(_, child)| *child != Tree::Leaf(false));
                match (all, some) {
                    (true, _) => Extent::Always,
                    (false, true) => Extent::Sometimes,
                    (false, false) => Extent::Never,
                }
            }
            Tree::Leaf(false) => Extent::Never,
            _ => Extent::Always,
        }
    }

    /// Whether something is allowed for some key whatever else the request has.
    pub fn is_unconditional_somewhere(&self) -> bool {
        match &self.tree {
            Tree::Branch(variable, arms) if self.is_object_key(*variable) => {
                arms.iter().any(|(_, child)| *child == Tree::Leaf(true))
            }
            tree => *tree == Tree::Leaf(true),
        }
    }

    fn is_object_key(&self, variable: usize) -> bool {
        self.told.get(variable).is_some_and(|told| told.is_object_key)
    }

    /// In words: what is enough, in each of several ways; and whether there are more ways.
    pub fn alternatives(&self) -> (Vec<Alternative>, bool) {
        let mut ways = Vec::new();
        self.tree.ways(&mut Vec::new(), &mut ways);
        let mut all = BTreeSet::new();
        for way in ways {
            let mut partial = vec![Alternative::default()];
            for (variable, classes) in way {
                let Some(told) = self.told.get(variable) else { continue };
                partial = told.extended(&partial, &classes);
            }
            all.extend(partial);
            if all.len() > ALTERNATIVES_MAX {
                return (all.into_iter().take(ALTERNATIVES_MAX).collect(), true);
            }
        }
        (all.into_iter().collect(), false)
    }
}

impl Told {
    /// What was required so far, with what tells these classes from the others.
    fn extended(&self, partial: &[Alternative], classes: &[usize]) -> Vec<Alternative> {
        let mut extended = Vec::new();
        for marks in self.requirements(classes) {
            let mut requirements: Vec<_> = marks.iter().map(|mark| self.word(*mark)).collect();
            requirements.dedup();
            for one in partial.iter().take(ALTERNATIVES_MAX) {
                let mut one = one.clone();
                if self.is_object_key {
                    let first = classes.first().and_then(|&class| self.classes.get(class));
                    one.example = first.map(|class| class.object_key.clone());
                    one.keys.extend(requirements.iter().cloned());
                } else {
                    one.conditions.extend(requirements.iter().cloned());
                }
                extended.push(one);
            }
        }
        extended
    }

    /// What tells these classes from the others: in one way if there is one, else one way a class.
    pub(crate) fn requirements(&self, wanted: &[usize]) -> Vec<Vec<(usize, bool)>> {
        if let Some(way) = self.one_way(wanted) {
            return vec![way];
        }
        let ways: BTreeSet<_> = wanted.iter().filter_map(|&class| self.one_way(&[class])).collect();
        if ways.is_empty() { vec![Vec::new()] } else { ways.into_iter().collect() }
    }

    /// Marks that these classes have in common and no other class has together. The classes need
    /// not be told from others that bear the same marks.
    fn one_way(&self, wanted: &[usize]) -> Option<Vec<(usize, bool)>> {
        let first = self.classes.get(*wanted.first()?)?;
        let common: Vec<(usize, bool)> = first
            .marks
            .iter()
            .enumerate()
            .filter(|&(mark, value)| wanted.iter().all(|&class| self.bears(class, mark) == *value))
            .map(|(mark, value)| (mark, *value))
            .collect();
        let others: Vec<usize> = (0..self.classes.len())
            .filter(|class| {
                !wanted.contains(class)
                    && !wanted.iter().any(|&own| self.marks_of(own) == self.marks_of(*class))
            })
            .collect();
        let tells = |marks: &[(usize, bool)]| {
            others
                .iter()
                .all(|&other| marks.iter().any(|&(mark, value)| self.bears(other, mark) != value))
        };
        if !tells(&common) {
            return None;
        }
        // Positive marks say more, and fewer are better.
        for value in [true, false] {
            let single =
                common.iter().find(|one| one.1 == value && tells(std::slice::from_ref(one)));
            if let Some(single) = single {
                return Some(vec![*single]);
            }
        }
        let mut kept = common;
        kept.sort_by_key(|&(_, value)| !value);
        let mut at = kept.len();
        while at > 0 {
            at -= 1;
            let mut fewer = kept.clone();
            fewer.remove(at);
            if tells(&fewer) {
                kept = fewer;
            }
        }
        Some(kept)
    }

    fn marks_of(&self, class: usize) -> &[bool] {
        self.classes.get(class).map_or(&[], |class| &class.marks)
    }

    fn bears(&self, class: usize, mark: usize) -> bool {
        self.marks_of(class).get(mark).copied().unwrap_or(false)
    }

    fn word(&self, (mark, value): (usize, bool)) -> String {
        let Some(mark) = self.marks.get(mark) else { return String::new() };
        if value { mark.yes.clone() } else { mark.no.clone() }
    }
}
