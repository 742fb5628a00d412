//! The logs of a handler carry its record and its trace.

use super::world::*;
use rtfm_shared::bus::{Bus, Headers, OutRecord};
use rtfm_testkit::logs::Lines;
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn handler_logs_are_inside_the_records_span() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    // For this thread, which is the whole runtime of this test.
    let _guard = tracing::subscriber::set_default(subscriber);
    let bus = bus(2);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut headers = Headers::default();
    headers.push("traceparent", trace);
    let value = Some("value".into());
    bus.publish(OutRecord { topic: TOPIC.to_owned(), partition: Some(1), key: None, value, headers }).await.unwrap();
    let world = World::start(&bus, policy(), |_| async {
        tracing::info!("the handler speaks");
        Ok(())
    });
    world.committed(1, 1).await;
    world.end().await.unwrap();
    let text = lines.text();
    let said: Value =
        serde_json::from_str(text.lines().find(|line| line.contains("the handler speaks")).unwrap()).unwrap();
    let expected = json!({
        "name": "handle", "topic": TOPIC, "partition": 1, "offset": 0, "records": 1,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    });
    assert_eq!(said["span"], expected);
}
