//! The citations of a posted answer, read back from its text.

use crate::discord::{
    ids::parse,
    markdown,
    model::{ChannelId, GuildId, MessageId},
};

/// A number that links to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Citation {
    pub(crate) number: u32,
    /// None for a direct message.
    pub(crate) guild: Option<GuildId>,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

impl Citation {
    /// The citation that a link is; none where it leads to no message.
    pub(crate) fn of(link: &markdown::NumberedLink<'_>) -> Option<Self> {
        let mut ids = link.address.strip_prefix("https://discord.com/channels/")?.split('/');
        let guild = ids.next()?;
        let mut id = || parse(ids.next()?);
        let (channel, message) = (ChannelId::new(id()?), MessageId::new(id()?));
        let guild = match guild {
            "@me" => None,
            guild => Some(GuildId::new(parse(guild)?)),
        };
        Some(Self { number: link.number.parse().ok()?, guild, channel, message })
    }

    pub(crate) fn address(&self) -> String {
        let guild = self.guild.map_or_else(|| "@me".to_owned(), |guild| guild.to_string());
        format!("https://discord.com/channels/{guild}/{}/{}", self.channel, self.message)
    }
}

/// The citations in a text, in order. A quoted question has none.
pub(crate) fn citations(text: &str) -> Vec<Citation> {
    let own = text.lines().filter(|line| !line.starts_with("> "));
    own.flat_map(markdown::numbered_links).filter_map(|link| Citation::of(&link)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_found_and_nothing_else() {
        let text = "It is [[1]](<https://discord.com/channels/7/11/101>)[[2]](<https://discord.com/channels/@me/12/102>), \
                    not [[3]](<https://evil.example/7/11/103>) or [[x]](<https://discord.com/channels/7/11/1>) [[4]] or \
                    [[5]](<https://discord.com/channels/7/0/1>)";
        let found = citations(text);
        assert_eq!(found.iter().map(|citation| citation.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(found[0].address(), "https://discord.com/channels/7/11/101");
        assert_eq!(found[1].address(), "https://discord.com/channels/@me/12/102");
    }
}
