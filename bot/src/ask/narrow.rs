//! What a question is narrowed to, and how its answer shows that. The note is read back from the answer when it is
//! asked again, so it is made of ids and instants and nothing else.

use crate::discord::{
    access::{Kind, Topology},
    ids::{self, EventId},
    model::{ChannelId, UserId},
};
use jiff::Timestamp;
use rtfm_shared::event;

const ONLY: &str = "-# only ";

/// Less than all that the asker may have an answer from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Narrowing {
    /// Messages in this channel and its threads.
    pub(crate) channel: Option<ChannelId>,
    /// Messages from then or later.
    pub(crate) since: Option<Timestamp>,
    /// Messages of this person.
    pub(crate) author: Option<UserId>,
}

impl Narrowing {
    /// The line that shows it; none when nothing is narrowed.
    pub(crate) fn note(&self) -> Option<String> {
        let channel = self.channel.map(|channel| format!("<#{channel}>"));
        let since = self.since.map(|since| format!("since <t:{}:f>", since.as_second()));
        let author = self.author.map(|author| format!("from <@{author}>"));
        let parts: Vec<String> = [channel, since, author].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("{ONLY}{}", parts.join(", ")))
    }

    /// What a line of an answer says about it; none when it is another line.
    pub(crate) fn of_note(line: &str) -> Option<Self> {
        let mut read = Self::default();
        for part in line.strip_prefix(ONLY)?.split(", ") {
            if let Some(id) = part.strip_prefix("<#").and_then(|rest| rest.strip_suffix('>')) {
                read.channel = Some(ChannelId::new(ids::parse(id)?));
            } else if let Some(id) = part.strip_prefix("from <@").and_then(|rest| rest.strip_suffix('>')) {
                read.author = Some(UserId::new(ids::parse(id)?));
            } else {
                let second = part.strip_prefix("since <t:")?.strip_suffix(":f>")?.parse().ok()?;
                read.since = Some(Timestamp::from_second(second).ok()?);
            }
        }
        Some(read)
    }

    /// Those of the places that are meant.
    pub(super) fn of(&self, places: Vec<event::ChannelId>, guild: &Topology) -> Vec<event::ChannelId> {
        let Some(wanted) = self.channel.map(ChannelId::get) else { return places };
        let meant = |place: u64| match guild.channels.get(&place).map(|channel| &channel.kind) {
            Some(Kind::PublicThread { parent } | Kind::PrivateThread { parent }) => {
                place == wanted || *parent == wanted
            }
            _ => place == wanted,
        };
        places.into_iter().filter(|place| place.number().is_some_and(meant)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_what_it_was_made_of() {
        let all = Narrowing {
            channel: Some(ChannelId::new(5)),
            since: Some(Timestamp::from_second(1_700_000_000).unwrap()),
            author: Some(UserId::new(7)),
        };
        assert_eq!(all.note().unwrap(), "-# only <#5>, since <t:1700000000:f>, from <@7>");
        for one in [
            all,
            Narrowing { channel: None, ..all },
            Narrowing { since: None, ..all },
            Narrowing { author: None, since: None, ..all },
        ] {
            assert_eq!(Narrowing::of_note(&one.note().unwrap()), Some(one));
        }
        assert_eq!(Narrowing::default().note(), None);
    }

    #[test]
    fn other_lines_are_no_notes() {
        for line in ["", "-# Searching…", "-# only you", "-# only <#0>", "only <#5>", "-# only <#5>, <#x>"] {
            assert_eq!(Narrowing::of_note(line), None, "{line:?}");
        }
    }
}
