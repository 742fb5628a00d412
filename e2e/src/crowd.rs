//! The traffic of a fault test: people who write, edit, delete and ask at random.

use crate::chance::Chance;
use rtfm_testkit::discord::{Channel, FakeDiscord, Guild, User};
use serenity::all::MessageId;

/// A server with people in several public channels.
pub struct Crowd {
    /// The server.
    pub guild: Guild,
    /// Its channels.
    pub channels: Vec<Channel>,
    /// Questions that were asked, and where.
    pub questions: Vec<(usize, MessageId)>,
    /// Messages that were written, questions not counted.
    pub written: usize,
    /// How many of them were changed later.
    pub edited: usize,
    /// How many of them were deleted later.
    pub deleted: usize,
    people: Vec<User>,
    /// Messages that are not deleted: channel, author, id.
    standing: Vec<(usize, usize, MessageId)>,
}

impl Crowd {
    /// A crowd that has not written yet.
    pub fn gather(discord: &FakeDiscord, channels: usize) -> Self {
        let people: Vec<User> = ["ana", "ben", "cleo", "dan"].map(|name| discord.user(name)).into();
        let guild = discord.guild("Harbour", &people[0]);
        people.iter().skip(1).for_each(|person| guild.join(person, &[]));
        let channels = (0..channels).map(|number| guild.text_channel(&format!("berth-{number}"))).collect();
        let (questions, standing) = (Vec::new(), Vec::new());
        Self { guild, channels, questions, written: 0, edited: 0, deleted: 0, people, standing }
    }

    /// Who owns the server.
    pub fn owner(&self) -> User {
        self.people[0].clone()
    }

    /// Writes a message, and sometimes edits or deletes an earlier one.
    pub fn writes(&mut self, chance: &mut Chance) {
        let (place, who) = (chance.below(self.channels.len()), chance.below(self.people.len()));
        self.written += 1;
        let goods = ["rope", "herring", "coal", "tar", "salt", "canvas", "barley", "copper"];
        let text = format!("Crate {} holds {} for berth {place}", self.written, chance.choose(&goods));
        let message = self.people[who].say(&self.channels[place], &text).unwrap();
        self.standing.push((place, who, message));
        if chance.happens(10) {
            let (place, who, message) = *chance.choose(&self.standing);
            let text = format!("Crate changed {} times now: {}", self.edited + 1, chance.choose(&goods));
            self.people[who].edit(&self.channels[place], message, &text).unwrap();
            self.edited += 1;
        }
        if chance.happens(5) {
            let (place, who, message) = self.standing.swap_remove(chance.below(self.standing.len()));
            self.people[who].delete(&self.channels[place], message).unwrap();
            self.deleted += 1;
        }
    }

    /// Asks a question.
    pub fn asks(&mut self, chance: &mut Chance) {
        let (place, who) = (chance.below(self.channels.len()), chance.below(self.people.len()));
        let crate_number = chance.below(self.written.max(1)) + 1;
        let text = format!("RTFM what does crate {crate_number} hold?");
        self.questions.push((place, self.people[who].say(&self.channels[place], &text).unwrap()));
    }
}
