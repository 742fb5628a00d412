//! Two processes on one directory, as two instances on one Kafka: they share the work, and either can die.

use crate::killed::up::{Up, events, replies, until};
use rtfm_shared::{
    bus::{Bus, LocalBus, topics},
    event::Query,
};
use rtfm_testkit::{
    discord::{Channel, FakeDiscord, Message, User},
    gemini::FakeGemini,
};
use serenity::all::MessageId;
use std::collections::BTreeSet;

/// Whether `members` members share a group's partitions of a topic.
async fn shared(bus: &LocalBus, group: &str, topic: &str, members: usize) -> bool {
    let members_now = bus.describe_group(group).await.unwrap();
    let holding = |of: &[rtfm_shared::bus::TopicPartition]| of.iter().any(|at| &*at.topic == topic);
    members_now.iter().filter(|member| holding(&member.partitions)).count() == members
}

/// Asks in every channel and waits for all answers.
async fn ask(ben: &User, channels: &[Channel], round: &str) -> Vec<(usize, MessageId)> {
    let ask = |place: usize| {
        let text = format!("RTFM what is the crane endpoint, {round}?");
        (place, ben.say(&channels[place], &text).unwrap())
    };
    let asked: Vec<_> = (0..channels.len()).map(ask).collect();
    for (place, question) in &asked {
        let answer =
            |message: &Message| message.reply_to == Some(*question) && message.content.contains("/api/v2/cranes");
        channels[*place].wait_for_message("the answer", answer).await;
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_answers_and_either_can_die() {
    let directory = tempfile::tempdir().unwrap();
    let (discord, gemini) = (FakeDiscord::builder().without_rate_limits().start().await, FakeGemini::start().await);
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    let channels: Vec<Channel> = (0..8).map(|n| guild.text_channel(&format!("deck-{n}"))).collect();

    let one = Up::listening(directory.path(), &discord, &gemini).await;
    let bus = LocalBus::open(directory.path()).unwrap();
    let said = ana.say(&channels[0], "The crane endpoint is /api/v2/cranes").unwrap();
    crate::killed::up::remembered(directory.path(), said).await;
    let two = Up::listening(directory.path(), &discord, &gemini).await;
    let groups = [("rtfm-bot", topics::RESPONSES), ("rtfm-bot-progress", topics::PROGRESS)];
    let each = async |members: usize| {
        for (group, topic) in groups {
            let what = format!("{members} share {topic}");
            until(&what, async || shared(&bus, group, topic, members).await).await;
        }
    };
    each(2).await;
    let mut asked = ask(&ben, &channels, "by both").await;
    // Both processes receive every question and publish the same query, so there is one id per question.
    let queries: Vec<Query> = events(&bus).await;
    let ids: BTreeSet<_> = queries.iter().map(|query| query.query_id.0.clone()).collect();
    assert_eq!(ids.len(), channels.len());
    one.kill();
    asked.extend(ask(&ben, &channels, "by the second").await);
    each(1).await;
    let three = Up::listening(directory.path(), &discord, &gemini).await;
    each(2).await;
    // One dies while the answers are in progress.
    let before = events::<Query>(&bus).await.len();
    let last: Vec<_> = (0..channels.len())
        .map(|place| (place, ben.say(&channels[place], "RTFM what is the crane endpoint, at last?").unwrap()))
        .collect();
    until("one of them is asked", async || events::<Query>(&bus).await.len() > before).await;
    two.kill();
    for (place, question) in &last {
        let answer =
            |message: &Message| message.reply_to == Some(*question) && message.content.contains("/api/v2/cranes");
        channels[*place].wait_for_message("the answer", answer).await;
    }
    for (place, question) in asked.iter().chain(&last) {
        let replies = replies(&channels[*place], *question);
        assert_eq!(replies.len(), 1, "{}", channels[*place].view());
    }
    drop(three);
    discord.finish();
}
