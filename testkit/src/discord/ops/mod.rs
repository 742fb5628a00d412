//! What can happen on this Discord, whoever makes it happen: each function checks the rules, changes the world
//! and announces the change. REST handlers and actors call the same ones.

pub(crate) mod commands;
pub(crate) mod draft;
pub(crate) mod guild;
pub(crate) mod interactions;
pub(crate) mod invoke;
pub(crate) mod mentions;
pub(crate) mod messages;
pub(crate) mod reactions;
pub(crate) mod responses;
pub(crate) mod threads;
