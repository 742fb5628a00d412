//! Glimpses of an answer under way.

use crate::support::{Stage, answer, bus, start_bot, until};
use rtfm_bot::BotConfig;
use rtfm_shared::{
    bus::Bus,
    event::{Envelope, Progress, Query, Stage as Step},
};
use rtfm_testkit::discord::Fault;
use tokio_util::sync::CancellationToken;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_glimpse_leaves_the_answer_of_another_instance_alone() {
    let stage = Stage::start().await;
    stage.ben.say(&stage.general, "RTFM tell me").unwrap();
    let query = stage.query("tell me").await;
    let (bus, stop) = (bus(), CancellationToken::new());
    let other = start_bot(BotConfig::new(stage.discord.token()).with_client(stage.discord.http_client()), &bus, &stop);
    bus.publish(Envelope::new(answer(&query, "All said [1]."), "rtfm/test").encode().unwrap()).await.unwrap();
    let shown = stage.general.wait_for_message("the answer", |message| message.content.starts_with("All said")).await;
    stop.cancel();
    other.await.unwrap().unwrap();

    let before = stage.discord.requests().len();
    stage.publish(Progress::of(&query, 1, Step::Writing, "too late")).await;
    let path = format!("/messages/{}", shown.id);
    until("the late glimpse to look where it goes", || {
        stage.discord.requests().iter().skip(before).any(|request| request.is("GET", &path)).then_some(())
    })
    .await;
    stage.ben.say(&stage.general, "RTFM next").unwrap();
    stage.query("next").await;
    let shown = stage.general.message(shown.id).unwrap();
    assert!(shown.content.starts_with("All said"), "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_where_it_was_asked_whatever_the_bus_says() {
    let stage = Stage::start().await;
    stage.ben.say(&stage.general, "RTFM tell me").unwrap();
    let query = stage.query("tell me").await;
    stage.ben.say(&stage.general, "RTFM tell another").unwrap();
    let other = stage.query("tell another").await;
    // Another question's place under this one's id.
    let forged = Query { reply: other.reply.clone(), ..query.clone() };
    stage.publish(Progress::of(&forged, 0, Step::Writing, "Half of it")).await;
    let shown = stage.general.wait_for_message("a glimpse", |message| message.content.starts_with("Half of it")).await;
    assert_eq!(query.reply.placeholder_id, Some(shown.id.get().into()), "{}", stage.general.view());
    stage.publish(answer(&forged, "All of it [1].")).await;
    stage.responses_done().await;
    let text = |query: &Query| {
        let id = query.reply.placeholder_id.as_ref().unwrap().snowflake().unwrap();
        stage.general.message(id.into()).unwrap().content
    };
    assert!(text(&query).starts_with("All of it") && text(&other) == "Searching…", "{}", stage.general.view());
    stage.end().await;
}

/// When the texts of a channel's messages were changed, in milliseconds.
fn edits(stage: &Stage) -> Vec<u64> {
    let path = format!("/channels/{}/messages/", stage.general.id());
    stage
        .discord
        .requests()
        .iter()
        .filter(|request| request.method == "PATCH" && request.path.contains(&path))
        .map(|request| request.at_ms)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_answers_in_one_channel_share_its_edits() {
    let stage = Stage::start().await;
    let mut asked = Vec::new();
    for question in ["one", "two"] {
        stage.ben.say(&stage.general, &format!("RTFM {question}")).unwrap();
        asked.push(stage.query(question).await);
    }
    for sequence in 0..12 {
        for query in &asked {
            let text = format!("{} {sequence}", query.question);
            stage.publish(Progress::of(query, sequence, Step::Writing, &text)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    for question in ["one", "two"] {
        let newest = format!("{question} 11\n\n-# Writing…");
        stage.general.wait_for_message("the newest", |message| message.content == newest).await;
    }
    let gaps: Vec<u64> = edits(&stage).windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    assert!(gaps.len() >= 3 && gaps.iter().all(|gap| *gap >= 950), "{gaps:?}");
    for query in &asked {
        stage.publish(answer(query, &format!("Done with {} [1].", query.question))).await;
    }
    for question in ["one", "two"] {
        let done = format!("Done with {question}");
        stage.general.wait_for_message("the answer", |message| message.content.starts_with(&done)).await;
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_slows_glimpses_and_loses_no_answer() {
    let stage = Stage::start().await;
    stage.discord.tolerate(429);
    stage.ben.say(&stage.general, "RTFM tell me").unwrap();
    let query = stage.query("tell me").await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", 2, Fault::rate_limited(1.0, false));
    for sequence in 0..10 {
        stage.publish(Progress::of(&query, sequence, Step::Writing, &format!("word {sequence}"))).await;
    }
    let limited = || stage.discord.requests().iter().any(|request| request.status == 429).then_some(());
    until("the limit", limited).await;
    for sequence in 10..20 {
        stage.publish(Progress::of(&query, sequence, Step::Writing, &format!("word {sequence}"))).await;
    }
    stage.general.wait_for_message("the newest", |message| message.content.starts_with("word 19")).await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, Fault::rate_limited(1.0, false));
    stage.publish(answer(&query, "All said [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |message| message.content.starts_with("All said")).await;
    let shown_so_far: Vec<u32> =
        shown.history.iter().filter_map(|text| text.strip_prefix("word ")?.split('\n').next()?.parse().ok()).collect();
    assert!(shown_so_far.is_sorted(), "never out of order: {shown_so_far:?}");
    stage.end().await;
}
