//! The three kinds of failure. Every library error in this house says which it is, so that the
//! worker knows what to do without knowing the error.

/// What a failure means for the work that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Trying again may help soon.
    Transient,
    /// Trying again can never help: the work itself is at fault.
    Permanent,
    /// Something that everything needs is away: wait until it is back.
    DependencyDown,
}

/// An error that knows its class.
pub trait Classify {
    /// What this failure means.
    fn class(&self) -> Class;
}
