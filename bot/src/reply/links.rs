//! The links of an answer that was posted, read back from its text.

use serenity::model::id::{ChannelId, GuildId, MessageId};

/// A citation: a number that leads to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) number: u32,
    /// None for a direct message.
    pub(crate) guild: Option<GuildId>,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

impl Link {
    /// Where it leads.
    pub(crate) fn address(&self) -> String {
        let guild = self.guild.map_or_else(|| "@me".to_owned(), |guild| guild.to_string());
        format!("https://discord.com/channels/{guild}/{}/{}", self.channel, self.message)
    }
}

/// The citations in a text, in their order; what a quoted question says is none.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let own = text.lines().filter(|line| !line.starts_with("> "));
    own.flat_map(|line| line.split("[[").skip(1)).filter_map(link).collect()
}

fn link(text: &str) -> Option<Link> {
    let (number, rest) = text.split_once("]](<https://discord.com/channels/")?;
    let (path, _) = rest.split_once(">)")?;
    let mut ids = path.split('/');
    let guild = ids.next()?;
    let mut id = || ids.next()?.parse::<u64>().ok().filter(|id| *id != 0);
    let (channel, message) = (ChannelId::new(id()?), MessageId::new(id()?));
    let guild = match guild {
        "@me" => None,
        guild => Some(GuildId::new(guild.parse().ok().filter(|id| *id != 0)?)),
    };
    Some(Link { number: number.parse().ok()?, guild, channel, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_found_and_nothing_else() {
        let text = "It is [[1]](<https://discord.com/channels/7/11/101>)[[2]](<https://discord.com/channels/@me/12/102>), \
                    not [[3]](<https://evil.example/7/11/103>) or [[x]](<https://discord.com/channels/7/11/1>) [[4]] or \
                    [[5]](<https://discord.com/channels/7/0/1>)";
        let found = links(text);
        assert_eq!(found.iter().map(|link| link.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(found[0].address(), "https://discord.com/channels/7/11/101");
        assert_eq!(found[1].address(), "https://discord.com/channels/@me/12/102");
    }
}
