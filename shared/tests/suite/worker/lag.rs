//! Exported metrics show a group's lag and the records on its dead-letter topic.

use super::world::*;
use metrics_exporter_prometheus::PrometheusBuilder;
use rtfm_shared::worker::Failure;
use tokio::time::{Duration, sleep};

#[tokio::test(start_paused = true)]
async fn lag_and_dead_letters_are_exported_per_partition() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // For this thread, which is the whole runtime of this test.
    let _guard = metrics::set_default_local_recorder(&recorder);
    let bus = bus(2);
    // It takes no more than Describe.
    bus.refuse_settings();
    publish(&bus, 0, "a", "bad").await;
    publish(&bus, 1, "b", "stuck").await;
    publish(&bus, 1, "b", "behind it").await;
    let world = World::start(&bus, policy(), |items| async move {
        match items.first().map(|item| item.value.as_str()) {
            Some("bad") => Err(Failure::permanent("bad", "as scripted")),
            _ => std::future::pending().await,
        }
    });
    world.committed(0, 1).await;
    // The next sample sees it.
    sleep(Duration::from_secs(60)).await;
    let text = handle.render();
    for (partition, records) in [(0, 0), (1, 2)] {
        let line = format!("topic=\"{TOPIC}\",partition=\"{partition}\"}} {records}");
        assert!(
            text.lines().any(|shown| shown.starts_with("rtfm_consumer_lag_records{") && shown.ends_with(&line)),
            "{line} is not in\n{text}"
        );
    }
    let line = format!("rtfm_dead_letter_records{{topic=\"{TOPIC}\"}} 1");
    assert!(text.contains(&line), "{line} is not in\n{text}");
    drop(world);
}
