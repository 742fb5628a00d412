//! A thousand bad records on every topic that a service consumes, the last record of every partition among them: each
//! is dead-lettered once, whole, with its origin; every good record between them is handled; no partition stops. The
//! same tests run on the local bus and on Kafka.

mod bad;
mod good;
mod letters;
mod sample;

use rtfm_e2e::{Backends, Chance, World};
use rtfm_shared::{
    bus::{OutRecord, Position},
    event::{Envelope, Progress, Query, ReplyTo, Stage},
};
use sample::{SAMPLES, Sample};

/// Bad records on each topic.
const BAD: usize = 1_000;
/// What they are made of, unless `FAULT_SEED` says otherwise.
const SEED: u64 = 0x5EED;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_records_are_dead_lettered_on_the_local_bus() {
    poison(Backends::LOCAL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_records_are_dead_lettered_on_kafka() {
    poison(Backends { kafka: true, ..Backends::LOCAL }).await;
}

async fn poison(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let mut chance = Chance::seeded_or(SEED);
    let [messages, queries, progress, responses] = &SAMPLES;

    let (good, ids) = good::messages(messages);
    swallow(&world, messages, &mut chance, good).await;
    good::are_remembered(&world, &ids).await;

    let good = good::queries(queries);
    let count = good.len();
    swallow(&world, queries, &mut chance, good).await;
    good::are_answered(&world, count).await;

    good::is_listened_to(&world, progress).await;
    let glimpses = (0..60).map(|n| good::record(progress, n, serde_json::json!({}))).collect();
    swallow(&world, progress, &mut chance, glimpses).await;
    still_glimpses(&world).await;

    let mut asked = Vec::new();
    for n in 0..3 {
        let channel = world.guild.text_channel(&format!("help-{n}"));
        for question in 0..4 {
            asked.push((channel.clone(), world.ben.say(&channel, &format!("question {question}")).unwrap()));
        }
    }
    swallow(&world, responses, &mut chance, good::responses(responses, &asked)).await;
    good::are_shown(&asked).await;
    println!("poison: {} bad records in all", BAD * SAMPLES.len());
    world.finish().await;
}

/// Publishes poison with good records between it, poison last on every partition; waits until all of it is
/// consumed, and looks at what was dead-lettered.
async fn swallow(world: &World, sample: &Sample, chance: &mut Chance, good: Vec<OutRecord>) {
    let (mut bad, kinds) = bad::records(chance, sample, BAD);
    let last: Vec<OutRecord> = (0..3)
        .map(|partition| bad.remove(bad.iter().position(|record| record.partition == Some(partition)).unwrap()))
        .collect();
    let fine = good.len();
    let mut mixed: Vec<(bool, OutRecord)> = bad.into_iter().map(|record| (true, record)).collect();
    mixed.extend(good.into_iter().map(|record| (false, record)));
    chance.shuffle(&mut mixed);
    mixed.extend(last.into_iter().map(|record| (true, record)));

    let positions = world.bus.publish_all(mixed.iter().map(|(_, record)| record.clone()).collect()).await.unwrap();
    let poison: Vec<(OutRecord, Position)> =
        mixed.into_iter().zip(positions).filter(|((bad, _), _)| *bad).map(|((_, record), at)| (record, at)).collect();
    good::is_consumed(world, sample).await;
    let reasons = letters::check(world, sample.topic, &poison).await;
    println!("poison: {}: {} dead letters {reasons:?} of {kinds:?}; {fine} good", sample.topic, poison.len());
}

/// After all that, a glimpse of an answer is still shown.
async fn still_glimpses(world: &World) {
    let question = world.ben.say(&world.general, "half of what?").unwrap();
    // A plain answer with a placeholder's text is a placeholder to anybody who looks.
    let query = Query {
        query_id: "placeholder".into(),
        original_message_id: question.get().into(),
        channel_id: world.general.id().get().into(),
        ..Query::default()
    };
    let mut response = rtfm_shared::event::Response::to(&query);
    response.response_text = "Searching…".to_owned();
    world.bus.publish(Envelope::new(response, "rtfm/test").encode().unwrap()).await.unwrap();
    let placeholder =
        world.general.wait_for_message("a placeholder", |message| message.reply_to == Some(question)).await;
    for partition in 0..3 {
        let reply = ReplyTo { placeholder_id: Some(placeholder.id.get().into()), ..ReplyTo::default() };
        let query = Query { query_id: format!("glimpse-{partition}").as_str().into(), reply, ..query.clone() };
        let text = format!("Half of partition {partition}");
        let glimpse = Progress::of(&query, 1, Stage::Writing, &text);
        let mut record = Envelope::new(glimpse, "rtfm/test").encode().unwrap();
        record.partition = Some(partition);
        world.bus.publish(record).await.unwrap();
        world.general.wait_for_message("a glimpse", |message| message.content.starts_with(&text)).await;
    }
}
