//! The body of a message.

use serenity::builder::CreateActionRow;

/// A text with the components under it.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageBody<'a> {
    pub(crate) text: &'a str,
    /// Buttons and menus; none takes away those that were there.
    pub(crate) rows: Vec<CreateActionRow>,
}

impl<'a> From<&'a str> for MessageBody<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, rows: Vec::new() }
    }
}
