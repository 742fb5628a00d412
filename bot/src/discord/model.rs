//! The Discord library's types that the rooms above use. They name them here, so that only this room and the connection
//! know which library it is.

pub(crate) use serenity::{
    builder::{
        CreateActionRow, CreateButton, CreateCommand, CreateCommandOption, CreateSelectMenu, CreateSelectMenuKind,
        CreateSelectMenuOption,
    },
    cache::Cache,
    model::{
        Permissions, Timestamp as DiscordTimestamp,
        application::{
            ActionRowComponent, ButtonKind, ButtonStyle, Command, CommandInteraction, CommandOptionType, CommandType,
            ComponentInteraction, ComponentInteractionDataKind, InstallationContext, InteractionContext,
            MessageInteractionMetadata, ResolvedTarget, ResolvedValue, Unresolved,
        },
        channel::{Channel, ChannelType, GuildChannel, Message, MessageFlags, ReactionType},
        event::MessageUpdateEvent,
        gateway::Ready,
        guild::Member,
        id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId},
        user::User,
    },
    utils::shard_id,
};
