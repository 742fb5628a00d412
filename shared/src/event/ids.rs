//! Typed ids, so that a channel cannot be passed as a guild. On the wire they are strings, as Discord's snowflakes are
//! in JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id.to_string())
            }
        }
    };
}

id!(
    /// A message's snowflake. It is also the message's point id in the vector store.
    MessageId
);
id!(
    /// A channel's or a thread's snowflake.
    ChannelId
);
id!(
    /// A guild's (server's) snowflake.
    GuildId
);
id!(
    /// A user's snowflake; other producers may use names of their own.
    UserId
);
id!(
    /// A question's globally unique id.
    QueryId
);

macro_rules! snowflakes {
    ($($name:ident),*) => {
        $(impl $name {
            /// The id as a number, `None` if it is not a snowflake. [`super::snowflake`] converts it to its time.
            pub fn snowflake(&self) -> Option<u64> {
                self.0.parse().ok()
            }
        })*
    };
}

snowflakes!(MessageId, ChannelId, GuildId, UserId);
