//! What a community does about each class of high risk.

use crate::bytes::{FieldError, Key, Node};
use crate::redact::RiskClass;
use std::collections::BTreeMap;

/// What is done about a class, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing: the record goes its way.
    Allow,
    /// The record waits until a person has looked.
    Review,
    /// The record is refused.
    Block,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 3] = [Action::Allow, Action::Review, Action::Block];

    /// The action's name in charters.
    pub fn name(self) -> &'static str {
        match self {
            Action::Allow => "allow",
            Action::Review => "review",
            Action::Block => "block",
        }
    }

    /// The action with this name.
    pub fn named(name: &str) -> Option<Self> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    /// What becomes of a record, for its author.
    pub fn meaning(self) -> &'static str {
        match self {
            Action::Allow => "allowed",
            Action::Review => "waits for a person to look",
            Action::Block => "not taken",
        }
    }
}

/// What is done about every class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskPolicy(BTreeMap<RiskClass, Action>);

impl RiskPolicy {
    /// Every class allowed: what a charter means that says nothing.
    pub fn allow() -> Self {
        RiskPolicy(RiskClass::ALL.into_iter().map(|class| (class, Action::Allow)).collect())
    }

    /// What a draft means that says nothing.
    ///
    /// Biometric data is blocked: it cannot be changed once it is out, and no conversation needs it.
    /// Credentials are allowed: what was found of them is out of the text, and the second pass refuses a
    /// record in which one still stands. Children, health, places and commands to models are what people
    /// do talk about, and only a person can tell who is harmed by it: they wait for one.
    pub fn usual() -> Self {
        let action = |class| match class {
            RiskClass::Biometric => Action::Block,
            RiskClass::Credentials => Action::Allow,
            RiskClass::Minors | RiskClass::Medical | RiskClass::Location | RiskClass::PromptInjection => Action::Review,
        };
        RiskPolicy(RiskClass::ALL.into_iter().map(|class| (class, action(class))).collect())
    }

    /// What is done about a class.
    pub fn action(&self, class: RiskClass) -> Action {
        self.0.get(&class).copied().unwrap_or(Action::Allow)
    }

    /// Sets what is done about a class.
    pub fn set(&mut self, class: RiskClass, action: Action) {
        self.0.insert(class, action);
    }

    /// Every class with what is done about it.
    pub fn iter(&self) -> impl Iterator<Item = (RiskClass, Action)> + '_ {
        self.0.iter().map(|(class, action)| (*class, *action))
    }

    /// The strictest action for these classes; [`Action::Allow`] when there are none.
    pub fn strictest(&self, classes: impl IntoIterator<Item = RiskClass>) -> Action {
        classes.into_iter().map(|class| self.action(class)).max().unwrap_or(Action::Allow)
    }

    /// The classes among these that lead to an action.
    pub fn that(&self, action: Action, classes: impl IntoIterator<Item = RiskClass>) -> Vec<RiskClass> {
        classes.into_iter().filter(|class| self.action(*class) == action).collect()
    }

    /// The map of a charter; nothing when everything is allowed, so that there is one encoding.
    pub(super) fn to_node(&self) -> Option<Node> {
        let entry = |(class, action): (RiskClass, Action)| (Key::new(class.as_str()), Node::text(action.name()));
        (*self != RiskPolicy::allow()).then(|| Node::Map(self.iter().map(entry).collect()))
    }

    /// Reads the map of a charter: every class, once, and not all allowed.
    pub(super) fn read(map: Option<BTreeMap<Key, Node>>) -> Result<Self, FieldError> {
        let Some(mut map) = map else { return Ok(RiskPolicy::allow()) };
        let mut policy = RiskPolicy::allow();
        for class in RiskClass::ALL {
            let action = match map.remove(class.as_str()) {
                Some(Node::Text(name)) => Action::named(&name),
                _ => None,
            };
            let why = || FieldError::value("risks", format!("expected allow, review or block for {class}"));
            policy.set(class, action.ok_or_else(why)?);
        }
        if !map.is_empty() {
            return Err(FieldError::Unknown(map.len()));
        }
        match policy == RiskPolicy::allow() {
            true => Err(FieldError::value("risks", "leave it out when every class is allowed")),
            false => Ok(policy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_back_and_has_one_encoding() {
        for policy in [RiskPolicy::allow(), RiskPolicy::usual()] {
            let map = policy.to_node().map(|node| match node {
                Node::Map(map) => map,
                other => panic!("{other:?} is no map"),
            });
            assert_eq!(RiskPolicy::read(map), Ok(policy));
        }
        let all = RiskClass::ALL.map(|class| (Key::new(class.as_str()), Node::text("allow")));
        assert!(RiskPolicy::read(Some(all.into())).is_err(), "that is written as nothing");
    }

    #[test]
    fn the_strictest_action_decides() {
        let policy = RiskPolicy::usual();
        assert_eq!(policy.strictest([]), Action::Allow);
        assert_eq!(policy.strictest([RiskClass::Credentials]), Action::Allow);
        assert_eq!(policy.strictest([RiskClass::Credentials, RiskClass::Medical]), Action::Review);
        assert_eq!(policy.strictest([RiskClass::Biometric, RiskClass::Medical]), Action::Block);
        assert_eq!(policy.that(Action::Review, [RiskClass::Biometric, RiskClass::Medical]), [RiskClass::Medical]);
    }
}
