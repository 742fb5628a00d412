//! Shows the progress of a backfill where it was requested.

use crate::discord::{
    ids::{EventId, second_of},
    model::{ChannelId, MessageId},
    rest::Rest,
};
use jiff::Timestamp;
use rtfm_shared::event::{Backfill, BackfillState};
use std::time::Duration;
use tokio::time::Instant;

/// Between two edits of the message, which are rate-limited.
const PAUSE: Duration = Duration::from_secs(5);

/// Seconds after which the message is not changed any more.
const OLD: i64 = 50 * 60;

/// The message that shows it; none where a server's setting asked, or where it could not be posted.
pub(super) struct ProgressReport {
    message: Option<(ChannelId, MessageId)>,
    shown: Option<Instant>,
}

impl ProgressReport {
    pub(super) fn of(backfill: &Backfill) -> Self {
        let channel = backfill.report_channel_id.as_ref().and_then(EventId::discord_id);
        let message = backfill.report_message_id.as_ref().and_then(EventId::discord_id);
        Self { message: channel.zip(message), shown: None }
    }

    /// Shows how far it has come: the end for certain, steps now and then.
    pub(super) async fn show(&mut self, rest: &Rest, backfill: &Backfill) {
        let Some((channel, message)) = self.message else { return };
        let is_over = backfill.state != BackfillState::Running;
        if !is_over && self.shown.is_some_and(|shown| shown.elapsed() < PAUSE) {
            return;
        }
        self.shown = Some(Instant::now());
        // Discord limits edits of messages over an hour old: a new message reports the end.
        if Timestamp::now().as_second() - second_of(message.get()) > OLD {
            if is_over {
                let nonce = format!("e{message}");
                let posted = rest.create(channel, &text(backfill).as_str().into(), &nonce, None).await;
                if let Err(error) = posted {
                    tracing::warn!(%channel, %error, "failed to report the end of a backfill");
                }
            }
            return;
        }
        if let Err(error) = rest.edit(channel, message, &text(backfill).as_str().into()).await {
            tracing::debug!(%channel, %error, "failed to report the progress of a backfill");
        }
    }
}

/// The text of the message.
pub(crate) fn text(backfill: &Backfill) -> String {
    let (channel, read) = (&backfill.channel_id, grouped(backfill.read));
    match backfill.state {
        BackfillState::Running if backfill.read == 0 => format!("I am starting to read the history of <#{channel}>."),
        BackfillState::Running => format!("I am reading the history of <#{channel}>: {read} messages so far."),
        BackfillState::Done => format!("I have read the history of <#{channel}>: {read} messages."),
        BackfillState::Cancelled => format!("I stopped reading the history of <#{channel}> after {read} messages."),
        BackfillState::Failed | BackfillState::Other => format!(
            "I could not read the whole history of <#{channel}> ({read} messages so far): {}",
            backfill.reason.as_deref().unwrap_or("The reason is unknown.")
        ),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_words() {
        let backfill = |state, read| Backfill { channel_id: "5".into(), state, read, ..Backfill::default() };
        assert_eq!(text(&backfill(BackfillState::Running, 0)), "I am starting to read the history of <#5>.");
        assert_eq!(
            text(&backfill(BackfillState::Done, 1_234_567)),
            "I have read the history of <#5>: 1,234,567 messages."
        );
        assert!(text(&backfill(BackfillState::Running, 100)).contains("100 messages so far"));
        assert!(text(&backfill(BackfillState::Cancelled, 99)).contains("stopped"));
        let failed = Backfill { reason: Some("I cannot view it.".to_owned()), ..backfill(BackfillState::Failed, 7) };
        assert!(text(&failed).ends_with("(7 messages so far): I cannot view it."));
    }
}
