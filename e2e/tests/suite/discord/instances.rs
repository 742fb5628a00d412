//! Two instances of the bot on one bus share the answers, reply to every question once, and survive each other's end.

use rtfm_e2e::{Backends, World};
use rtfm_shared::bus::{TopicPartition, topics};
use rtfm_testkit::discord::{Channel, Message};
use serde_json::json;
use serenity::all::MessageId;

/// Waits until so many members of a group hold partitions of the topic.
async fn shared_by(world: &World, members: usize, group: &str, topic: &str) {
    let spread = async || {
        let holds = |of: &[TopicPartition]| of.iter().any(|at| &*at.topic == topic);
        let all = world.bus.describe_group(group).await.unwrap();
        all.iter().filter(|member| holds(&member.partitions)).count() == members
    };
    world.until(&format!("{members} of {group} share {topic}"), spread).await;
}

async fn both_shared_by(world: &World, members: usize) {
    shared_by(world, members, "rtfm-bot", topics::RESPONSES).await;
    shared_by(world, members, "rtfm-bot-progress", topics::PROGRESS).await;
}

/// A question in each of these channels, each answered.
async fn asked(world: &World, channels: &[Channel], text: &str) -> Vec<(Channel, MessageId)> {
    let ask = |channel: &Channel| (channel.clone(), world.ben.say(channel, text).unwrap());
    let asked: Vec<_> = channels.iter().map(ask).collect();
    for (channel, question) in &asked {
        world.answer_to(channel, *question).await;
    }
    asked
}

async fn two(backends: Backends) {
    let Some(mut world) = World::start(backends).await else { return };
    world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    let channels: Vec<Channel> = (0..6).map(|n| world.guild.text_channel(&format!("deck-{n}"))).collect();
    let other = world.another_bot().await;
    both_shared_by(&world, 2).await;
    let question = "RTFM what is the crane endpoint?";
    let mut all = asked(&world, &channels, question).await;

    // A command is taken by one of them, and answered once.
    let used = world.ben.slash(&world.general, "ask", &[("question", json!("what is the crane endpoint?"))]).unwrap();
    let answer = used.wait_for_response("the answer", |one| !one.buttons().is_empty()).await;
    assert!(used.followups().is_empty());

    // The first one goes; what it asked and delivered is in good hands.
    world.bot.replace(other).unwrap().end().await;
    both_shared_by(&world, 1).await;
    all.extend(asked(&world, &channels, question).await);
    let click = |message: &Message, kind: &str| {
        let id = message.buttons().into_iter().find(|id| id.starts_with(kind)).unwrap();
        world.ben.click(&world.general, message.id, &id).unwrap()
    };
    click(&answer, "r1:s:").wait_for_response("its sources", |one| one.content.contains("/api/v2/cranes")).await;

    for (channel, question) in &all {
        let replies = channel.messages().into_iter().filter(|one| one.reply_to == Some(*question)).count();
        assert_eq!(replies, 1, "{}", channel.view());
    }
    let bot = world.discord.bot().id();
    let by_bot = world.general.messages().into_iter().filter(|one| one.author == bot && !one.is_ephemeral()).count();
    assert_eq!(by_bot, 1, "{}", world.general.view());
    let queries = world.bus.watermarks(&[topics::QUERIES]).await.unwrap().remove(0).unwrap();
    let queries: i64 = queries.iter().map(|(_, end)| end).sum();
    assert!(queries > i64::try_from(all.len() + 1).unwrap(), "both heard the questions: {queries}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_share_the_work_on_one_machine() {
    two(Backends::LOCAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_share_the_work_over_kafka() {
    two(Backends::SERVERS).await;
}
