//! No answer shows what its readers cannot read: a secret is written, indexed and asked for in the wrong place and in
//! the right one, while roles, overwrites, channels and threads change. In the wrong place neither its words nor a link
//! to it reach a message, an edit or a prompt; in the right one they do, or the test would prove nothing.

mod channels;
mod places;
mod roles;
mod secret;
mod threads;
