//! The sample server: the exports of a fictional community, embedded in the program.

use crate::{
    error::CliError,
    import::{ExportChannel, ExportGuild, ImportSource},
};
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

/// The category of the channels that only moderators can see.
const PRIVATE_CATEGORY: &str = "Staff";

/// The sample server's guild and channels.
#[derive(Debug)]
pub(super) struct SampleServer {
    pub(super) name: String,
    pub(super) guild: GuildId,
    pub(super) public: Vec<ChannelId>,
    private: Vec<String>,
}

#[derive(Deserialize)]
struct ExportHead {
    guild: ExportGuild,
    channel: ExportChannel,
}

impl SampleServer {
    /// Reads the guild and the channels from the exports.
    pub(super) fn read() -> Result<Self, CliError> {
        let mut server =
            Self { name: String::new(), guild: GuildId::default(), public: Vec::new(), private: Vec::new() };
        for (name, text) in EXPORTS {
            let ExportHead { guild, channel } = serde_json::from_str(text)
                .map_err(|error| CliError::Failed(format!("failed to read the sample {name}: {error}")))?;
            (server.name, server.guild) = (guild.name.unwrap_or_default(), GuildId(guild.id));
            if channel.category.as_deref() == Some(PRIVATE_CATEGORY) {
                server.private.extend(channel.name);
            } else {
                server.public.push(ChannelId(channel.id));
            }
        }
        Ok(server)
    }

    /// The exports, for the import.
    pub(super) fn sources(&self) -> Vec<ImportSource> {
        EXPORTS.into_iter().map(|(name, text)| ImportSource::Text(name, text)).collect()
    }

    pub(super) fn private_names(&self) -> Vec<&str> {
        self.private.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{ExportItem, read};

    fn messages() -> Vec<rtfm_shared::event::ChatMessage> {
        let mut messages = Vec::new();
        for (name, text) in EXPORTS {
            read(text.as_bytes(), |item| {
                match item {
                    ExportItem::Message(message) => messages.push(*message),
                    ExportItem::Skipped(_) => {}
                    ExportItem::Malformed(error) => panic!("{name}: {error}"),
                }
                Ok(())
            })
            .unwrap();
        }
        messages
    }

    #[test]
    fn the_samples_are_large_and_varied() {
        let (server, messages) = (SampleServer::read().unwrap(), messages());
        assert!(messages.len() >= 300, "{}", messages.len());
        assert!(server.public.len() >= 4 && server.private == ["moderators"]);
        assert!(messages.iter().any(|message| message.reply_to.is_some()));
        assert!(messages.iter().any(|message| message.edited_at.is_some()));
        assert!(messages.iter().any(|message| !message.attachments.is_empty()));
        let mut ids: Vec<_> = messages.iter().map(|message| message.message_id.snowflake().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), messages.len(), "every id is unique");
    }

    #[test]
    fn every_reply_refers_to_a_message_of_its_channel() {
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
    fn no_public_channel_mentions_the_private_topic() {
        let server = SampleServer::read().unwrap();
        for message in messages() {
            let public = server.public.contains(&message.channel_id);
            assert!(!public || !message.content.contains("Halvorsen"), "{}", message.content);
        }
    }
}
