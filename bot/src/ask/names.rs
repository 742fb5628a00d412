//! The people and channels that a question names, by their ids: a name alone may be anybody's, and only the bot knows
//! which threads belong to a channel. Channels outside of what the answer may rest on are left out, so that nothing
//! about them travels with the question.

use crate::discord::{
    ids::ToEventId,
    message::name_of,
    model::{Cache, GuildId, Message},
};
use rtfm_shared::event::{ChannelId, Mention};

/// The people whom a message mentions, as [`super::scope::mentions_as_names`] names them.
pub(super) fn people(message: &Message) -> Vec<Mention> {
    let mention = |user: &crate::discord::model::User| {
        let nick = user.member.as_ref().and_then(|member| member.nick.as_deref());
        let shown = format!("@{}", name_of(user, nick));
        Mention { shown, user_id: Some(user.id.event_id()), channel_ids: Vec::new() }
    };
    message.mentions.iter().map(mention).collect()
}

/// A channel or thread of a guild.
#[derive(Clone, Debug)]
struct Named {
    id: u64,
    name: String,
    parent: Option<u64>,
}

/// The channels that a question names and that its answer may rest on, each with its threads there.
pub(super) fn channels(cache: &Cache, guild: Option<GuildId>, text: &str, scope: &[ChannelId]) -> Vec<Mention> {
    if !text.contains('#') {
        return Vec::new();
    }
    let named = guild.and_then(|guild| cache.guild(guild)).map_or_else(Vec::new, |guild| {
        let channel = |channel: &crate::discord::model::GuildChannel, is_thread: bool| Named {
            id: channel.id.get(),
            name: channel.name.clone(),
            parent: channel.parent_id.filter(|_| is_thread).map(crate::discord::model::ChannelId::get),
        };
        let channels = guild.channels.values().map(|one| channel(one, false));
        channels.chain(guild.threads.iter().map(|one| channel(one, true))).collect()
    });
    named_in(text, &named, scope)
}

fn named_in(text: &str, named: &[Named], scope: &[ChannelId]) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = Vec::new();
    for Named { id, name, .. } in named {
        let with_threads = named.iter().filter(|other| other.id == *id || other.parent == Some(*id));
        let ids: Vec<ChannelId> =
            with_threads.map(|one| ChannelId::from(one.id)).filter(|id| scope.contains(id)).collect();
        if ids.is_empty() {
            continue;
        }
        for shown in as_written(text, name).into_iter().chain(as_mentioned(text, *id)) {
            // Two channels may have one name.
            match mentions.iter_mut().find(|mention| mention.shown == shown) {
                Some(mention) => mention.channel_ids.extend(ids.iter().cloned()),
                None => mentions.push(Mention { shown, user_id: None, channel_ids: ids.clone() }),
            }
        }
    }
    mentions
}

/// `#name` as written in the text, in any case.
fn as_written(text: &str, name: &str) -> Option<String> {
    let wanted = name.to_lowercase();
    text.match_indices('#').find_map(|(at, _)| {
        let after = text.get(at + 1..)?;
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let word: String = after.chars().take_while(|c| is_name(*c)).collect();
        (!wanted.is_empty() && word.to_lowercase() == wanted).then(|| format!("#{word}"))
    })
}

fn as_mentioned(text: &str, id: u64) -> Option<String> {
    let mention = format!("<#{id}>");
    text.contains(&mention).then_some(mention)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: u64, name: &str, parent: Option<u64>) -> Named {
        Named { id, name: name.to_owned(), parent }
    }

    #[test]
    fn channels_are_found_with_their_threads_and_only_inside_the_scope() {
        let all = [
            named(1, "rules", None),
            named(2, "rule", None),
            named(3, "old", Some(1)),
            named(4, "secret", None),
            named(5, "Rules", None),
            named(6, "closed", Some(1)),
        ];
        let scope: Vec<ChannelId> = [1, 2, 3, 5].map(ChannelId::from).to_vec();
        let found = |text: &str| {
            let mentions = named_in(text, &all, &scope);
            mentions.into_iter().map(|one| (one.shown, one.channel_ids)).collect::<Vec<_>>()
        };
        let ids = |ids: &[u64]| ids.iter().copied().map(ChannelId::from).collect::<Vec<_>>();
        assert_eq!(found("what is in #Rules?"), [("#Rules".to_owned(), ids(&[1, 3, 5]))]);
        assert_eq!(found("in <#1> or #rule-of-thumb"), [("<#1>".to_owned(), ids(&[1, 3]))]);
        assert_eq!(found("in #secret, <#4> and <#6>"), [], "as if there were none");
    }
}
