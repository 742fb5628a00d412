//! Answers out: where one goes ([`place`]), how it looks ([`render`] with [`cite`], [`split`] and
//! [`markdown`]), how it gets there ([`deliver`]), what is shown before it comes ([`progress`]) and when it
//! never comes ([`timeout`]). [`under_way`] keeps this instance's edits of one placeholder in order.

mod cite;
mod deliver;
mod extras;
mod links;
mod markdown;
mod place;
mod progress;
mod render;
mod split;
mod timeout;
mod under_way;

pub(crate) use deliver::Delivery;
pub(crate) use extras::Extras;
pub(crate) use links::{Link, links};
pub(crate) use place::Place;
pub(crate) use progress::Glimpses;
pub(crate) use render::head;
pub(crate) use split::{LIMIT, split};
pub(crate) use timeout::{End, UNHEARD, give_up, say_when_over};
pub(crate) use under_way::{SEARCHING, UnderWay, is_open};
