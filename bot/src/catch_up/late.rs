//! Questions that were asked while the bot was away, or that it did not publish before it died.

use crate::{
    discord::{
        model::{DiscordTimestamp, GuildId, Message},
        rest::Rest,
    },
    reply::is_open,
};

/// Seconds after which an answer is no longer useful.
const USEFUL_FOR: i64 = 15 * 60;

/// Whether an answer to a question of then is still useful.
pub(crate) fn is_useful(asked_at: DiscordTimestamp) -> bool {
    jiff::Timestamp::now().as_second() - asked_at.unix_timestamp() < USEFUL_FOR
}

/// The question as the gateway would have sent it, with its author's member data, unless it is answered already.
pub(crate) async fn unanswered(rest: &Rest, guild: GuildId, mut message: Message) -> Option<Message> {
    // What cannot be seen is found out when it is asked: an earlier placeholder is looked for then, too.
    if let (Ok(me), Ok(replies)) = (rest.me().await, rest.after(message.channel_id, message.id).await) {
        let answers = |reply: &Message| {
            let asked = reply.message_reference.as_ref().and_then(|to| to.message_id);
            reply.author.id == me && asked == Some(message.id) && !is_open(&reply.content, reply.flags)
        };
        if replies.iter().any(answers) {
            return None;
        }
    }
    let member = rest.member(guild, message.author.id).await;
    let member = member.inspect_err(|error| tracing::debug!(%error, "asker is no longer a member")).ok();
    message.guild_id = Some(guild);
    message.member = member.and_then(|member| serde_json::from_value(serde_json::to_value(member).ok()?).ok());
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_an_hour() {
        let ago =
            |seconds| DiscordTimestamp::from_unix_timestamp(jiff::Timestamp::now().as_second() - seconds).unwrap();
        assert!(is_useful(ago(0)) && is_useful(ago(800)) && is_useful(ago(-60)));
        assert!(!is_useful(ago(901)) && !is_useful(ago(3600)));
    }
}
