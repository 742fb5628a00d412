//! Discord's ids in their three forms (the library's, the events' and plain numbers), and the time that each carries.

use jiff::{SignedDuration, Timestamp};
use rtfm_shared::event::{self, snowflake};
use serenity::model::id;

/// An id of the library's, as events carry it.
pub(crate) trait ToEventId {
    type Event;

    fn event_id(self) -> Self::Event;
}

/// An id that an event carries. Other producers may use names where Discord has snowflakes: those are none of ours.
pub(crate) trait EventId {
    type Discord;

    /// The snowflake; none for a name, and for zero, which Discord gives to nothing.
    fn number(&self) -> Option<u64>;

    fn discord_id(&self) -> Option<Self::Discord>;
}

macro_rules! same_ids {
    ($($name:ident),*) => {$(
        impl ToEventId for id::$name {
            type Event = event::$name;

            fn event_id(self) -> event::$name {
                self.get().into()
            }
        }

        impl EventId for event::$name {
            type Discord = id::$name;

            fn number(&self) -> Option<u64> {
                parse(self.as_str())
            }

            fn discord_id(&self) -> Option<id::$name> {
                self.number().map(id::$name::new)
            }
        }
    )*};
}

same_ids!(ChannelId, GuildId, MessageId, UserId);

/// The snowflake that a text is.
pub(crate) fn parse(text: &str) -> Option<u64> {
    text.parse().ok().filter(|id| *id != 0)
}

/// A time of the library's. One outside jiff's range (no time of Discord's is) becomes the earliest, so that nothing
/// passes for newer than it is.
pub(crate) fn instant(time: serenity::model::Timestamp) -> Timestamp {
    let nanoseconds = i32::try_from(time.nanosecond()).ok();
    nanoseconds.and_then(|nanos| Timestamp::new(time.unix_timestamp(), nanos).ok()).unwrap_or(Timestamp::MIN)
}

/// The second in which a snowflake was made.
pub(crate) fn second_of(id: u64) -> i64 {
    snowflake::created_at(id).as_second()
}

/// The first snowflake of a second.
pub(crate) fn first_of_second(second: i64) -> u64 {
    snowflake::first_at(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
}

/// The last snowflake of this millisecond: nothing written so far has a larger one.
pub(crate) fn now() -> u64 {
    snowflake::first_at(Timestamp::now() + SignedDuration::from_millis(1)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_change_their_form_and_names_have_none() {
        let channel = id::ChannelId::new(5);
        assert_eq!(channel.event_id(), event::ChannelId::from("5"));
        assert_eq!(channel.event_id().discord_id(), Some(channel));
        assert_eq!(event::UserId::from("ana").number(), None);
        assert_eq!(event::UserId::from("0").discord_id(), None);
    }

    #[test]
    fn a_snowflake_tells_its_time() {
        // The example of Discord's documentation.
        let id = 175_928_847_299_117_063;
        assert!(first_of_second(second_of(id)) <= id);
        assert_eq!(first_of_second(0), 0);
        assert!(Timestamp::now().duration_since(snowflake::created_at(now())).as_secs() < 5);
    }
}
