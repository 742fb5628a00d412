//! Who asks, and where.

use crate::{
    admission::QuestionRequest,
    discord::{
        access::Person,
        message::name_of,
        model::{ChannelId, CommandInteraction, ComponentInteraction, GuildId, Member, Message, RoleId, User, UserId},
        rest::Rest,
        snapshot,
    },
};
use rtfm_shared::event::QueryId;

/// A person with a question.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) user: UserId,
    pub(crate) name: String,
    /// Where it is asked.
    pub(crate) channel: ChannelId,
    /// The guild that is asked about: that of the channel, or for a direct message the chosen one.
    pub(crate) guild: Option<GuildId>,
    /// Whether it is asked in a direct message.
    pub(crate) is_direct: bool,
    /// Their language, where Discord sends it.
    pub(crate) locale: Option<String>,
    /// The asker as a member of that guild, where their roles are known.
    pub(crate) person: Option<Person>,
}

impl Asker {
    /// This asker's question, for admission.
    pub(crate) fn request<'a>(&self, query: Option<&'a QueryId>) -> QuestionRequest<'a> {
        let roles = self
            .person
            .as_ref()
            .map(|person| person.roles.iter().copied().filter(|id| *id != 0).map(RoleId::new).collect());
        let Self { user, channel, guild, is_direct, .. } = self;
        QuestionRequest { query, guild: *guild, channel: *channel, user: *user, is_direct: *is_direct, roles }
    }

    /// Who wrote a message.
    pub(crate) fn of_message(message: &Message) -> Self {
        let member = message.member.as_deref();
        // Discord sends only their roles; a member in a time-out could not have written it.
        let roles = |roles: &[RoleId]| roles.iter().map(|role| role.get()).collect();
        let person = member.map(|member| Person {
            id: message.author.id.get(),
            roles: roles(&member.roles),
            ..Person::default()
        });
        let nick = member.and_then(|member| member.nick.as_deref());
        Self::new(&message.author, nick, message.guild_id, message.channel_id, person)
    }

    /// Who used a command.
    pub(crate) fn of_command(command: &CommandInteraction) -> Self {
        let asker = Self::of_member(&command.user, command.member.as_deref(), command.guild_id, command.channel_id);
        Self { locale: Some(command.locale.clone()), ..asker }
    }

    pub(crate) fn of_click(click: &ComponentInteraction) -> Self {
        let asker = Self::of_member(&click.user, click.member.as_ref(), click.guild_id, click.channel_id);
        Self { locale: Some(click.locale.clone()), ..asker }
    }

    fn of_member(user: &User, member: Option<&Member>, guild: Option<GuildId>, channel: ChannelId) -> Self {
        let nick = member.and_then(|member| member.nick.as_deref());
        Self::new(user, nick, guild, channel, member.map(snapshot::person))
    }

    fn new(
        user: &User,
        nick: Option<&str>,
        guild: Option<GuildId>,
        channel: ChannelId,
        person: Option<Person>,
    ) -> Self {
        let is_direct = guild.is_none();
        Self { user: user.id, name: name_of(user, nick), channel, guild, is_direct, locale: None, person }
    }
}

/// The asker of a direct message as a member of the guild that is asked about, fresh from Discord, since their roles
/// decide what they may see; none where they are no member, or that cannot be found out.
pub(crate) async fn guild_asker(rest: &Rest, asker: Asker, guild: Option<GuildId>) -> Option<Asker> {
    let Some(guild) = guild else { return Some(Asker { guild: None, person: None, ..asker }) };
    let member = rest.member(guild, asker.user).await;
    let member = member
        .inspect_err(|error| tracing::info!(%guild, user = %asker.user, %error, "failed to look up a member"))
        .ok()?;
    Some(Asker { guild: Some(guild), person: Some(snapshot::person(&member)), ..asker })
}

/// The question of a command has the same id on every instance and every delivery.
pub(crate) fn query_of_command(command: u64) -> QueryId {
    QueryId(format!("discord-command-{command}"))
}

/// The same for the question of a message.
pub(crate) fn query_of_message(message: crate::discord::model::MessageId) -> QueryId {
    QueryId(format!("discord-message-{message}"))
}
