//! Glimpses of an answer under way.

use crate::support::{Stage, answer, until};
use rtfm_shared::event::{Progress, Stage as Step};

#[tokio::test(flavor = "multi_thread")]
async fn glimpses_are_shown_newest_last_and_never_after_the_answer() {
    let stage = Stage::start().await;
    stage.ben.say(&stage.general, "RTFM tell me").unwrap();
    let query = stage.query("tell me").await;
    stage.publish(Progress::of(&query, 0, Step::Thinking, "")).await;
    stage.general.wait_for_message("a stage", |message| message.content == "Thinking…").await;
    for sequence in 1..20 {
        let text = "word ".repeat(usize::try_from(sequence).unwrap());
        stage.publish(Progress::of(&query, sequence, Step::Writing, &text)).await;
    }
    let newest = "word ".repeat(19);
    let newest = newest.trim();
    stage.general.wait_for_message("the newest", |message| message.content == format!("{newest}\n\n-# Writing…")).await;
    stage.publish(answer(&query, "All said [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |message| message.content.starts_with("All said")).await;
    assert!(shown.history.len() <= 4, "glimpses are few: {:#?}", shown.history);

    stage.publish(Progress::of(&query, 50, Step::Writing, "too late")).await;
    let committed = |topic: &str| {
        let records = stage.bus.records(topic);
        let done = |record: &rtfm_shared::bus::Record| {
            stage.bus.committed("rtfm-bot-progress", &record.at).is_some_and(|next| next > record.offset)
        };
        records.iter().all(done).then_some(())
    };
    until("the late glimpse to be heard", || committed("bot-progress")).await;
    stage.ben.say(&stage.general, "RTFM next").unwrap();
    stage.query("next").await;
    let shown = stage.general.message(shown.id).unwrap();
    assert!(shown.content.starts_with("All said"), "{}", stage.general.view());
    stage.end().await;
}
