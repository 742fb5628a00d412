//! The mentions of a message: those in its text that `allowed_mentions` and permissions allow.

use serde_json::Value;
use serenity::all::{Permissions, RoleId, UserId};

use crate::discord::world::{Message, World};

/// Fills in a message's mentions from its text and its reply.
pub(crate) fn resolve(world: &World, message: &mut Message) {
    let allowed = Allowed::read(message.allowed_mentions.as_ref());
    let guild = world.channel(message.channel).and_then(|channel| channel.guild());
    let users: Vec<UserId> = named(&message.content, &["<@!", "<@"]).map(UserId::new).collect();
    message.mentions.clear();
    for user in users {
        if world.users.contains_key(&user) && allowed.user(user) && !message.mentions.contains(&user) {
            message.mentions.push(user);
        }
    }
    if let Some(original) = message.reply_to.and_then(|id| world.message(message.channel, id))
        && allowed.replied_user()
        && !message.mentions.contains(&original.author)
    {
        message.mentions.push(original.author);
    }
    let Some(guild) = guild.and_then(|guild| world.guilds.get(&guild)) else { return };
    let roles = named(&message.content, &["<@&"]).map(RoleId::new);
    message.mention_roles = roles.filter(|role| guild.roles.contains_key(role) && allowed.role(*role)).collect();
    let everyone = message.content.contains("@everyone") || message.content.contains("@here");
    message.mention_everyone = everyone
        && allowed.parse("everyone")
        && world.can(message.author, message.channel, Permissions::MENTION_EVERYONE);
}

/// The ids written as mentions with one of these openings.
fn named<'a>(text: &'a str, openings: &'a [&'a str]) -> impl Iterator<Item = u64> + 'a {
    text.match_indices('<').filter_map(move |(at, _)| {
        let rest = text.get(at..)?;
        let rest = openings.iter().find_map(|opening| rest.strip_prefix(opening))?;
        rest.split_once('>')?.0.parse().ok().filter(|id| *id != 0)
    })
}

/// The `allowed_mentions` of a request; without it everything is allowed.
struct Allowed<'a>(Option<&'a Value>);

impl<'a> Allowed<'a> {
    fn read(value: Option<&'a Value>) -> Self {
        Self(value)
    }

    fn parse(&self, kind: &str) -> bool {
        let Some(given) = self.0 else { return true };
        let parse = given.get("parse").and_then(Value::as_array).into_iter().flatten();
        parse.filter_map(Value::as_str).any(|allowed| allowed == kind)
    }

    fn listed(&self, list: &str, id: u64) -> bool {
        let ids = self.0.and_then(|given| given.get(list)?.as_array()).into_iter().flatten();
        ids.filter_map(Value::as_str).any(|allowed| allowed == id.to_string())
    }

    fn user(&self, user: UserId) -> bool {
        self.parse("users") || self.listed("users", user.get())
    }

    fn role(&self, role: RoleId) -> bool {
        self.parse("roles") || self.listed("roles", role.get())
    }

    fn replied_user(&self) -> bool {
        self.0.is_none_or(|given| given.get("replied_user").and_then(Value::as_bool).unwrap_or_default())
    }
}
