//! What an asker may have an answer from, and their question in words instead of ids.

use crate::{
    access::{self, Kind, Person, Topology, direct, for_channel_answer},
    gateway::topology,
    rest::Rest,
};
use rtfm_shared::event;
use serenity::{
    cache::Cache,
    model::{
        channel::{Channel, Message},
        id::{ChannelId, GuildId},
    },
};

/// The channels that an answer in `asking` may rest on, as the guild is right now. Whatever is not known
/// is closed: with no picture of the guild, or of the asker's or the bot's roles, it is nothing.
pub(super) async fn scope(
    rest: &Rest,
    cache: &Cache,
    guild: Option<GuildId>,
    asking: ChannelId,
    asker: Option<Person>,
) -> Vec<event::ChannelId> {
    let Some(guild) = guild else { return direct(asking.get()) };
    let (Some((picture, bot)), Some(asker)) = (picture(rest, cache, guild, asking).await, asker) else {
        tracing::warn!(%guild, channel = %asking, "the guild or the asker is not known: the answer may rest on nothing");
        return Vec::new();
    };
    for_channel_answer(&picture, asking.get(), &asker, &bot)
}

/// The guild as seen by a question in `asking`, and the bot in it. Discord is asked first, so that the picture is of
/// the last instant.
async fn picture(rest: &Rest, cache: &Cache, guild: GuildId, asking: ChannelId) -> Option<(Topology, Person)> {
    let place = asking.get();
    let known = topology::of(cache, guild)?.channels.get(&place).map(|channel| channel.kind);
    // A thread that was archived before the bot came is not in the cache; a private one stays there when the bot
    // is put out of it. Discord knows.
    let ask = matches!(known, None | Some(Kind::PrivateThread { .. }));
    let found = if ask { thread(rest, guild, asking).await } else { None };
    let mut bot = bot(rest, cache, guild).await?;
    let mut picture = topology::of(cache, guild)?;
    if ask {
        picture.channels.remove(&place);
        bot.threads.remove(&place);
    }
    if let Some(thread) = found {
        picture.channels.insert(place, thread);
        bot.threads.insert(place);
    }
    Some((picture, bot))
}

/// A thread that the bot can see.
async fn thread(rest: &Rest, guild: GuildId, id: ChannelId) -> Option<access::Channel> {
    let Channel::Guild(channel) = rest.channel(id).await.ok()? else { return None };
    let is_thread = channel.guild_id == guild && channel.thread_metadata.is_some();
    topology::channel(&channel).filter(|_| is_thread)
}

async fn bot(rest: &Rest, cache: &Cache, guild: GuildId) -> Option<Person> {
    let me = rest.me().await.ok()?;
    let cached = cache.guild(guild).and_then(|guild| guild.members.get(&me).map(topology::person));
    let bot = match cached {
        Some(bot) => bot,
        None => topology::person(&rest.member(guild, me).await.ok()?),
    };
    let threads = cache.guild(guild).map(|guild| topology::joined_threads(&guild).collect()).unwrap_or_default();
    Some(Person { threads, ..bot })
}

/// Who wrote a message in a guild. Discord tells no more of them than their roles; who is timed out could not
/// have written it.
pub(super) fn author(message: &Message) -> Option<Person> {
    let roles = message.member.as_ref()?.roles.iter().map(|role| role.get()).collect();
    Some(Person { id: message.author.id.get(), roles, ..Person::default() })
}

/// `<@1>` reads as the name, `<#2>` as the channel's, `<@&3>` as the role's.
pub(super) fn mentions_as_names(question: &str, cache: &Cache, message: &Message) -> String {
    let mut text = question.to_owned();
    for user in &message.mentions {
        let nick = user.member.as_ref().and_then(|member| member.nick.as_deref());
        let name = format!("@{}", crate::gateway::name_of(user, nick));
        text = text.replace(&format!("<@{}>", user.id), &name).replace(&format!("<@!{}>", user.id), &name);
    }
    if let Some(guild) = message.guild_id.and_then(|guild| cache.guild(guild)) {
        for role in &message.mention_roles {
            if let Some(role) = guild.roles.get(role) {
                text = text.replace(&format!("<@&{}>", role.id), &format!("@{}", role.name));
            }
        }
        for id in channel_mentions(&text) {
            let thread = || guild.threads.iter().find(|thread| thread.id == id);
            if let Some(channel) = guild.channels.get(&id).or_else(thread) {
                text = text.replace(&format!("<#{id}>"), &format!("#{}", channel.name));
            }
        }
    }
    text
}

fn channel_mentions(text: &str) -> Vec<ChannelId> {
    let ids = text.split("<#").skip(1).filter_map(|rest| rest.split_once('>')?.0.parse().ok());
    ids.filter(|id: &u64| *id != 0).map(ChannelId::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_a_text_names_are_found() {
        assert_eq!(channel_mentions("see <#12> and <#x> and <#0> <#34>"), [ChannelId::new(12), ChannelId::new(34)]);
    }
}
