//! What an asker may have an answer from, and their question in words instead of ids.

use super::{Asker, Narrowing, QuestionService, archived::Archived};
use crate::discord::{
    access::{self, Kind, Person, Topology, for_channel_answer, for_private_answer},
    ids::{ToEventId, parse},
    model::{Cache, Channel, ChannelId, GuildId, Message},
    rest::Rest,
    snapshot,
};
use rtfm_shared::event;

/// Who will see an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeenBy {
    /// Everyone who can view the channel.
    Channel,
    Asker,
}

/// The channels that an answer may rest on, as the guild is right now. Whatever is not known is closed: with no
/// snapshot of the guild, or of the asker's or the bot's roles, it is nothing.
pub(crate) async fn scope(
    questions: &QuestionService,
    cache: &Cache,
    asker: &Asker,
    seen_by: SeenBy,
    narrowing: &Narrowing,
) -> Vec<event::ChannelId> {
    let Some(guild) = asker.guild else { return Vec::new() };
    let asking = (!asker.is_direct).then_some(asker.channel);
    let named = [asking, narrowing.channel].into_iter().flatten();
    let (Some((mut topology, bot)), Some(person)) =
        (topology(&questions.rest, cache, guild, named).await, &asker.person)
    else {
        tracing::warn!(%guild, user = %asker.user, "guild or asker not in the cache, the scope is empty");
        return Vec::new();
    };
    let archived = Archived::join(&mut topology, questions.settings.public_threads(&guild.event_id()));
    let places = match (seen_by, asking) {
        (SeenBy::Channel, Some(asking)) => for_channel_answer(&topology, asking.get(), person, &bot),
        _ => for_private_answer(&topology, asking.map(ChannelId::get), person, &bot),
    };
    archived.bounded(narrowing.of(places, &topology))
}

/// The guild as seen by a question that names these places, and the bot in it. Discord is asked first, so that the
/// snapshot is of the last instant.
async fn topology(
    rest: &Rest,
    cache: &Cache,
    guild: GuildId,
    places: impl Iterator<Item = ChannelId>,
) -> Option<(Topology, Person)> {
    // A thread that was archived before the bot came is not in the cache; a private one stays there when the bot
    // is put out of it. Discord knows.
    let mut asked = Vec::new();
    for place in places {
        let known = snapshot::of(cache, guild)?.channels.get(&place.get()).map(|channel| channel.kind);
        if matches!(known, None | Some(Kind::PrivateThread { .. })) {
            asked.push((place.get(), thread(rest, guild, place).await));
        }
    }
    let mut bot = bot(rest, cache, guild).await?;
    let mut topology = snapshot::of(cache, guild)?;
    for (place, found) in asked {
        topology.channels.remove(&place);
        bot.threads.remove(&place);
        if let Some(thread) = found {
            topology.channels.insert(place, thread);
            bot.threads.insert(place);
        }
    }
    Some((topology, bot))
}

/// A thread that the bot can see.
async fn thread(rest: &Rest, guild: GuildId, id: ChannelId) -> Option<access::Channel> {
    let Channel::Guild(channel) = rest.channel(id).await.ok()? else { return None };
    let is_thread = channel.guild_id == guild && channel.thread_metadata.is_some();
    snapshot::channel(&channel).filter(|_| is_thread)
}

async fn bot(rest: &Rest, cache: &Cache, guild: GuildId) -> Option<Person> {
    let me = rest.me().await.ok()?;
    if let Some(bot) = cache.guild(guild).and_then(|guild| snapshot::bot(&guild, me)) {
        return Some(bot);
    }
    let bot = snapshot::person(&rest.member(guild, me).await.ok()?);
    let threads = cache.guild(guild).map(|guild| snapshot::joined_threads(&guild).collect()).unwrap_or_default();
    Some(Person { threads, ..bot })
}

/// `<@1>` reads as the name, `<#2>` as the channel's, `<@&3>` as the role's.
pub(crate) fn mentions_as_names(question: &str, cache: &Cache, message: &Message, guild: Option<GuildId>) -> String {
    let mut text = question.to_owned();
    for user in &message.mentions {
        let nick = user.member.as_ref().and_then(|member| member.nick.as_deref());
        let name = format!("@{}", crate::discord::message::name_of(user, nick));
        text = text.replace(&format!("<@{}>", user.id), &name).replace(&format!("<@!{}>", user.id), &name);
    }
    // Taken before the guild is: asking the cache twice at a time can deadlock with a change between.
    let named = channel_mentions(&text);
    let topology = guild.filter(|_| !named.is_empty()).and_then(|guild| snapshot::of(cache, guild));
    if let Some(guild) = guild.and_then(|guild| cache.guild(guild)) {
        for role in &message.mention_roles {
            if let Some(role) = guild.roles.get(role) {
                text = text.replace(&format!("<@&{}>", role.id), &format!("@{}", role.name));
            }
        }
        // Others read the question, too: names of channels that some of them cannot see stay ids.
        let everyone = Person::default();
        let is_open = |id: ChannelId| topology.as_ref().is_some_and(|all| access::may_read(all, id.get(), &everyone));
        for id in named.into_iter().filter(|id| is_open(*id)) {
            let thread = || guild.threads.iter().find(|thread| thread.id == id);
            if let Some(channel) = guild.channels.get(&id).or_else(thread) {
                text = text.replace(&format!("<#{id}>"), &format!("#{}", channel.name));
            }
        }
    }
    text
}

fn channel_mentions(text: &str) -> Vec<ChannelId> {
    let ids = text.split("<#").skip(1).filter_map(|rest| parse(rest.split_once('>')?.0));
    ids.map(ChannelId::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_a_text_names_are_found() {
        assert_eq!(channel_mentions("see <#12> and <#x> and <#0> <#34>"), [ChannelId::new(12), ChannelId::new(34)]);
    }
}
