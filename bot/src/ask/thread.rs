//! Answers in threads: where a guild wants that, a question in a channel gets a thread of its own, started from the
//! message that asks and named after the question.

use super::QuestionService;
use crate::discord::{
    channels::is_channel_with_threads,
    ids::ToEventId,
    model::{Cache, ChannelId, Message},
    rest::{RestError, code},
    retry::{self, worth_retrying},
};
use backon::Retryable;
use rtfm_shared::text::showable;
use tokio::time::Instant;

/// Characters of a thread's name; Discord takes a hundred.
const LONGEST_NAME: usize = 90;

impl QuestionService {
    /// The thread for the answer to a message; none where none is wanted, or none can be had.
    pub(super) async fn thread_for(
        &self,
        cache: &Cache,
        message: &Message,
        question: &str,
        until: Instant,
    ) -> Option<ChannelId> {
        let guild = message.guild_id?;
        let wanted = self.settings.guild(&guild.event_id()).answer_in_thread;
        if !wanted || !is_channel_with_threads(cache, guild, message.channel_id) {
            return None;
        }
        let thread = ChannelId::new(message.id.get());
        let name = name(question);
        let started = (|| self.rest.start_thread(message.channel_id, message.id, &name)).retry(retry::until(until));
        match started.when(worth_retrying).await {
            Ok(_) => Some(thread),
            Err(error) if error.code() == Some(code::THREAD_EXISTS) => Some(thread),
            Err(error) => {
                tracing::info!(message = %message.id, %error, "failed to start a thread, answering in the channel");
                None
            }
        }
    }
}

/// Whether a thread takes no messages: archived and locked, or not the bot's to write in.
pub(super) fn is_closed(error: &RestError) -> bool {
    matches!(error, RestError::Refused { .. })
}

/// The question on one line without secrets, shortened at a word.
fn name(question: &str) -> String {
    let line = showable(question).split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(LONGEST_NAME).collect();
    if short.len() == line.len() {
        return short;
    }
    let whole = short.rsplit_once(' ').map_or(short.as_str(), |(whole, _)| whole);
    format!("{whole}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_end_at_a_word() {
        assert_eq!(name("where\nis  it?"), "where is it?");
        let long = name(&"🦀crab ".repeat(40));
        assert!(long.chars().count() <= LONGEST_NAME && long.ends_with("🦀crab…"), "{long}");
        assert_eq!(name(&"x".repeat(200)).chars().count(), LONGEST_NAME + 1);
    }
}
