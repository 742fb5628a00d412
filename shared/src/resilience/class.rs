//! The classes of failures. Every library error has one, so that the worker knows what to do without knowing the error.

/// What a failure means for the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Retrying may help soon.
    Transient,
    /// Retrying never helps: the work itself is at fault.
    Permanent,
    /// A shared dependency is down: wait until it is back.
    DependencyDown,
}

pub trait Classify {
    fn class(&self) -> Class;
}
