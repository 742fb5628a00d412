//! Questions whose process dies before it answers.

use crate::killed::up::{TIME_LIMIT, Up, remembered, replies};
use rtfm_shared::bus::{Bus, LocalBus, topics};
use rtfm_testkit::{
    discord::FakeDiscord,
    gemini::{FakeGemini, Fault, Rule},
};
use std::time::Duration;
use tokio::time::timeout;

/// The number of questions on the bus.
async fn asked(bus: &LocalBus) -> i64 {
    let queries = bus.describe_topics(&[topics::QUERIES]).await.unwrap().remove(0).expect("the topic exists");
    queries.watermarks.iter().map(|(_, end)| end).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_works_it_loses_nothing_and_answers_once() {
    let directory = tempfile::tempdir().unwrap();
    let (discord, gemini) = (FakeDiscord::start().await, FakeGemini::start().await);
    // A restarted process has forgotten the rate limits.
    discord.tolerate(429);
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    let general = guild.text_channel("general");

    let up = Up::start(directory.path(), &discord, &gemini);
    discord.gateway().wait_connected().await;
    let said = ana.say(&general, "The crane endpoint is /api/v2/cranes").unwrap();
    remembered(directory.path(), said).await;
    up.kill();
    let bus = LocalBus::open(directory.path()).unwrap();

    let mut questions = Vec::new();
    for round in 0..4 {
        let sessions = discord.gateway().connections();
        let up = Up::start(directory.path(), &discord, &gemini);
        discord.wait_for("the bot is back", || (discord.gateway().connections() > sessions).then_some(())).await;
        discord.gateway().wait_connected().await;
        // In rounds 0 and 2 the process dies once the question is on the bus, in the others while Gemini writes.
        if round % 2 == 1 {
            gemini.inject(Rule::of(Fault::Stall));
        }
        let generated = || gemini.requests().iter().filter(|request| request.method.generates()).count();
        let (asked_before, generated_before) = (asked(&bus).await, generated());
        let question = ben.say(&general, &format!("RTFM what is the crane endpoint, {round}?")).unwrap();
        questions.push(question);
        let awaited = async {
            while asked(&bus).await == asked_before || (round % 2 == 1 && generated() == generated_before) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(TIME_LIMIT, awaited).await.expect("the question is in progress in time");
        up.kill();
        gemini.release();
    }

    let _up = Up::start(directory.path(), &discord, &gemini);
    for question in questions {
        general
            .wait_for_message("the answer", |message| {
                message.reply_to == Some(question) && message.content.contains("/api/v2/cranes")
            })
            .await;
        assert_eq!(replies(&general, question).len(), 1, "{}", discord.channel_view(&general));
    }
    remembered(directory.path(), said).await;
}
