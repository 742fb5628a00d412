//! A message as people read it in Discord.

use rtfm_e2e::World;
use rtfm_testkit::discord::{Channel, Message};
use serenity::all::MessageId;

/// The text of a message with its embeds.
pub(crate) fn seen(message: &Message) -> String {
    format!("{}\n{}", message.content, serde_json::to_string(&message.embeds).unwrap())
}

/// The link that opens a message.
pub(crate) fn link(world: &World, channel: &Channel, message: MessageId) -> String {
    format!("https://discord.com/channels/{}/{}/{message}", world.guild.id(), channel.id())
}
