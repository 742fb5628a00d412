//! The id and the trace of a question lead to everything done for it: on the records, and in the logs of the bot and
//! the processor, without a trace collector.

use rtfm_e2e::{Backends, World};
use rtfm_shared::{
    bus::{ConsumerEvent, Record, StartAt, Subscription, topics},
    event::header,
};
use rtfm_testkit::logs::Lines;
use serde_json::Value;

/// The first record of a topic whose value says this.
async fn record(world: &World, topic: &str, says: &str) -> Record {
    let everything = Subscription { topics: vec![topic.to_owned()], group: None, start: StartAt::Earliest };
    let mut consumer = world.bus.subscribe(everything).await.unwrap();
    let found = async {
        loop {
            if let ConsumerEvent::Record(record) = consumer.next().await.unwrap()
                && record.value.as_deref().is_some_and(|value| String::from_utf8_lossy(value).contains(says))
            {
                return record;
            }
        }
    };
    tokio::time::timeout(rtfm_e2e::PATIENCE, found).await.unwrap_or_else(|_| panic!("{topic} never says {says}"))
}

/// The trace id of a record.
fn trace(record: &Record) -> &str {
    let traceparent = record.headers.text(header::TRACEPARENT).expect("a traceparent");
    traceparent.split('-').nth(1).unwrap()
}

#[tokio::test]
async fn a_question_is_found_by_its_id_and_its_trace_on_the_records_and_in_the_logs() {
    let lines = Lines::default();
    let writer = lines.clone();
    let json = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone());
    let subscriber = json.with_max_level(tracing_subscriber::filter::LevelFilter::INFO).finish();
    // For this thread, which is the whole runtime of this test.
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::start(Backends::LOCAL).await.expect("these backends need nothing");
    let (ana, general) = (&world.ana, &world.general);
    world.hears(ana, general, "The crane endpoint is /api/v2/cranes").await;
    let question = ana.say(general, "RTFM what is the crane endpoint?").unwrap();
    world.answer_to(general, question).await;

    let said = record(&world, topics::MESSAGES, &question.to_string()).await;
    let asked = record(&world, topics::QUERIES, &question.to_string()).await;
    let answered = record(&world, topics::RESPONSES, &question.to_string()).await;
    let glimpse = record(&world, topics::PROGRESS, &question.to_string()).await;
    let trace_id = trace(&asked).to_owned();
    assert_eq!(trace(&said), trace_id, "one event of Discord, one trace");
    assert_eq!(trace(&answered), trace_id, "the answer carries the question's trace on");
    assert_eq!(trace(&glimpse), trace_id);
    let other = record(&world, topics::MESSAGES, "/api/v2/cranes").await;
    assert_ne!(trace(&other), trace_id, "another event, another trace");
    world.finish().await;

    let query_id = format!("discord-message-{question}");
    let text = lines.text();
    let logged: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (target, message) in
        [("rtfm_bot::ask::question", "a question is asked"), ("rtfm_processor::answer", "answered")]
    {
        let line = logged.iter().find(|line| line["target"] == target && line["message"] == message);
        let line = line.unwrap_or_else(|| panic!("{target} never says {message:?} in\n{text}"));
        let spans = line["spans"].as_array().unwrap();
        assert!(spans.iter().any(|span| span["query_id"] == query_id), "{line}");
        assert!(spans.iter().any(|span| span["trace_id"] == trace_id), "{line}");
    }
}
