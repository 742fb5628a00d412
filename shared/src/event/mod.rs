//! The events of the topics, one file each, and their envelope.

mod envelope;
mod feedback;
mod ids;
mod lenient;
mod message;
mod presence;
mod progress;
mod query;
mod response;
pub mod setting_text;
mod settings;
pub mod snowflake;
pub mod time;

pub use envelope::{DecodeError, Envelope, Event, EventMetadata, header};
pub use feedback::{Feedback, Verdict};
pub use ids::{ChannelId, GuildId, MessageId, QueryId, UserId};
pub use lenient::null_as_default;
pub use message::{
    Attachment, AuthorForgotten, ChannelDeleted, ChatMessage, GuildLeft, MessageEvent, MessageMetadata, MessagesDeleted,
};
pub use presence::{AuthorLeft, GuildMembership};
pub use progress::{Progress, Stage};
pub use query::{Mention, Query, ReplyTo, Scope, Speaker, Turn};
pub use response::{Response, ResponseMetadata, Source, Status};
pub use settings::{
    AuthorPrivacy, Backfill, BackfillState, ChannelMode, ChannelRecent, ChannelRule, ChannelSeen, GuildSettings,
    SettingsEvent,
};
