//! Gemini fails in every way at once while many people ask: each question gets one answer in time that says how it was
//! made, no placeholder stays, and RTFM recovers afterwards.

use rtfm_e2e::{Backends, World};
use rtfm_testkit::{
    discord::{Channel, Message},
    gemini::{Fault, Method, RecordedRequest, Reply, Rule},
};
use serenity::all::MessageId;
use std::{collections::BTreeMap, time::Duration};

/// What a question gets from Gemini, by its number; the last of them is well. Used-up quotas are another test's:
/// they keep everybody from asking.
fn faults() -> Vec<Option<Fault>> {
    let faults = [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Page(502),
        Fault::Hang,
        Fault::Stall,
        Fault::Slow(Duration::from_secs(3)),
        Fault::HalfStream,
        Fault::Unfinished,
        Fault::Garbage,
        Fault::NotUtf8,
        Fault::EmptyStream,
        Fault::ErrorMidStream(503),
        Fault::ArrayMidStream(500),
        Fault::InvalidJson,
        Fault::Blocked("SAFETY"),
        Fault::Finish("RECITATION"),
    ];
    faults.into_iter().map(Some).chain([None]).collect()
}

/// Questions of each kind.
const EACH: usize = 3;

fn number(request: &RecordedRequest) -> Option<usize> {
    let prompt = request.user_text();
    let (_, question) = prompt.rsplit_once("where does heron ")?;
    question.split_whitespace().next()?.parse().ok()
}

async fn everybody_is_answered(faults: Vec<Option<Fault>>, embedder: Option<Fault>, lasting: bool) {
    let Some(world) = World::start_with(Backends::WITH_GEMINI, Duration::from_secs(15)).await else { return };
    let kinds = faults.len();
    let mut asked: Vec<(Channel, MessageId)> = Vec::new();
    let mut channels = Vec::new();
    for n in 0..kinds * EACH {
        let channel = world.guild.text_channel(&format!("nest-{n}"));
        world.hears(&world.ana, &channel, &format!("Heron {n} nests at pier {n}")).await;
        channels.push(channel);
    }
    if let Some(fault) = embedder {
        world.gemini().inject(Rule::of(fault.clone()).method(Method::Embed).times(kinds));
        world.gemini().inject(Rule::of(fault).method(Method::BatchEmbed).times(kinds));
    }
    world.gemini().on_generate(move |request| match number(request).and_then(|n| faults[n % kinds].clone()) {
        Some(fault) => Reply::fault(fault),
        None => Reply::text("At a pier [1]."),
    });
    for (n, channel) in channels.iter().enumerate() {
        let question = world.ben.say(channel, &format!("RTFM where does heron {n} nest?")).unwrap();
        asked.push((channel.clone(), question));
    }
    let mut notices: BTreeMap<String, usize> = BTreeMap::new();
    for (channel, question) in &asked {
        let answer = world.answer_to(channel, *question).await;
        assert!(answer.content.contains("pier"), "{}", channel.view());
        let notice = answer.content.lines().find(|line| line.starts_with("-# The ")).unwrap_or("by the model");
        *notices.entry(notice.to_owned()).or_default() += 1;
    }
    // The bot says this when nothing came until the deadline.
    let late =
        world.discord.requests().iter().filter(|r| r.body.to_string().contains("was not answered in time")).count();
    assert_eq!(late, 0, "{}", world.discord.dump());
    for (channel, question) in &asked {
        let is_reply = |message: &&Message| message.reply_to == Some(*question);
        assert_eq!(channel.messages().iter().filter(is_reply).count(), 1, "answered twice: {}", channel.view());
    }
    println!("gemini faults: {} questions, {} ways to fail, all answered: {notices:?}", asked.len(), kinds - 1);
    world.gemini().release();
    if lasting {
        return world.finish().await;
    }
    world.gemini().heal();
    world.gemini().on_generate(|_| Reply::text("At a pier, as before [1]."));
    let answer = world.asks(&world.ben, &world.general, "RTFM where does heron 1 nest?").await;
    assert!(answer.content.contains("as before"), "{}", world.general.view());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_for_every_model_failure() {
    everybody_is_answered(faults(), None, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_when_gemini_hangs() {
    everybody_is_answered(vec![Some(Fault::Hang), Some(Fault::Stall)], Some(Fault::Hang), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_when_the_quota_is_used_up() {
    let minute = Duration::from_secs(30);
    let quotas =
        [Fault::PerMinute(minute), Fault::PerMinuteInMessage(minute), Fault::PerDay, Fault::FailedPrecondition];
    for quota in quotas {
        everybody_is_answered(vec![Some(quota.clone()), None], Some(quota), true).await;
    }
}
