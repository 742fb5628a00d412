//! The sample server: the exports of a fictional community, inside the program.

use crate::{fault::Fault, import::Source};
use rtfm_shared::event::{ChannelId, GuildId};
use serde::Deserialize;

macro_rules! export {
    ($name:literal) => {
        ($name, include_str!(concat!("../../demo/", $name)))
    };
}

const EXPORTS: [(&str, &str); 7] = [
    export!("announcements.json"),
    export!("general.json"),
    export!("help.json"),
    export!("garden-log.json"),
    export!("dev.json"),
    export!("hardware.json"),
    export!("moderators.json"),
];

/// The category whose channels only the team can see.
const PRIVATE_CATEGORY: &str = "Staff";

/// What the demonstration must know of the server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) guild: GuildId,
    pub(super) public: Vec<ChannelId>,
    private: Vec<String>,
}

#[derive(Deserialize)]
struct Export {
    guild: Guild,
    channel: Channel,
}

#[derive(Deserialize)]
struct Guild {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
    name: String,
    category: String,
}

impl Server {
    /// Reads the heads of the exports.
    pub(super) fn read() -> Result<Self, Fault> {
        let mut server =
            Self { name: String::new(), guild: GuildId::default(), public: Vec::new(), private: Vec::new() };
        for (name, text) in EXPORTS {
            let Export { guild, channel } =
                serde_json::from_str(text).map_err(|error| Fault::Failed(format!("the sample {name}: {error}")))?;
            (server.name, server.guild) = (guild.name, GuildId(guild.id));
            if channel.category == PRIVATE_CATEGORY {
                server.private.push(channel.name);
            } else {
                server.public.push(ChannelId(channel.id));
            }
        }
        Ok(server)
    }

    /// What to import.
    pub(super) fn sources(&self) -> Vec<Source> {
        EXPORTS.into_iter().map(|(name, text)| Source::Text(name, text)).collect()
    }

    /// The names of the private channels.
    pub(super) fn private_names(&self) -> Vec<&str> {
        self.private.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Item, read};

    fn messages() -> Vec<rtfm_shared::event::ChatMessage> {
        let mut messages = Vec::new();
        for (name, text) in EXPORTS {
            read(text.as_bytes(), |item| {
                match item {
                    Item::Message(message) => messages.push(*message),
                    Item::Skipped(_) => {}
                    Item::Malformed(place) => panic!("{name}: {place}"),
                }
                Ok(())
            })
            .unwrap();
        }
        messages
    }

    #[test]
    fn it_is_large_and_varied_enough() {
        let (server, messages) = (Server::read().unwrap(), messages());
        assert!(messages.len() >= 300, "{}", messages.len());
        assert!(server.public.len() >= 4 && server.private == ["moderators"]);
        assert!(messages.iter().any(|message| message.reply_to.is_some()));
        assert!(messages.iter().any(|message| message.edited_at.is_some()));
        assert!(messages.iter().any(|message| !message.attachments.is_empty()));
        let mut ids: Vec<_> = messages.iter().map(|message| message.message_id.snowflake().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), messages.len(), "every id is its own");
    }

    #[test]
    fn every_reply_answers_a_message_of_its_channel() {
        let messages = messages();
        for reply in &messages {
            let Some(parent) = &reply.reply_to else { continue };
            let parent = messages.iter().find(|message| message.message_id == *parent);
            let parent = parent.unwrap_or_else(|| panic!("{} answers nothing", reply.content));
            assert_eq!(parent.channel_id, reply.channel_id);
            assert!(parent.timestamp < reply.timestamp);
        }
    }

    #[test]
    fn the_private_matter_is_named_in_private_only() {
        let server = Server::read().unwrap();
        for message in messages() {
            let public = server.public.contains(&message.channel_id);
            assert!(!public || !message.content.contains("Halvorsen"), "{}", message.content);
        }
    }
}
