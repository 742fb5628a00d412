//! What an operator sees: health, readiness and metrics. Telemetry is set up once in this process, so one test looks at
//! all of its metrics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use rtfm_shared::{
    bus::{Bus, OutRecord, StartAt, Subscription, TopicPartition},
    config::{Env, HttpConfig},
    health::Health,
    telemetry::{self, TelemetryConfig},
    worker::{Failure, Handler, Worker, WorkerPolicy},
};
use rtfm_testkit::bus::MemoryBus;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const ANY_PORT: HttpConfig =
    HttpConfig { address: Some(SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0)) };

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn get_json(address: SocketAddr, path: &str) -> (u16, serde_json::Value) {
    let (status, body) = get(address, path).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn readiness_requires_every_check_in_time() {
    let (well, stuck) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
    let (bus, store) = (well.clone(), stuck.clone());
    let health = Health::new()
        .check("bus", move || {
            let well = bus.load(SeqCst);
            async move { if well { Ok(()) } else { Err("the broker is away") } }
        })
        .check("store", move || {
            let stuck = store.load(SeqCst);
            async move { if stuck { std::future::pending().await } else { Ok::<(), String>(()) } }
        })
        .remark("bus", {
            let well = well.clone();
            move || (!well.load(SeqCst)).then(|| "slower than usual".to_owned())
        });
    let shutdown = CancellationToken::new();
    let address = health.serve(&ANY_PORT, shutdown.clone()).await.unwrap().unwrap();

    let (status, body) = get_json(address, "/readyz").await;
    assert_eq!(
        (status, body.to_string().as_str()),
        (200, r#"{"checks":{"bus":{"ok":true},"store":{"ok":true}},"ready":true}"#)
    );
    well.store(false, SeqCst);
    stuck.store(true, SeqCst);
    let (status, body) = get_json(address, "/readyz").await;
    assert_eq!(status, 503);
    assert_eq!(body["remarks"], serde_json::json!({"bus": "slower than usual"}), "only while there is one");
    assert_eq!(body["checks"]["bus"], serde_json::json!({"ok": false, "why": "the broker is away"}));
    assert_eq!(body["checks"]["store"], serde_json::json!({"ok": false, "why": "no answer within 2s"}));
    assert_eq!(get(address, "/healthz").await.0, 200, "it lives, whatever it lacks");
    assert_eq!(get(address, "/metrics").await.0, 404, "none were given");

    shutdown.cancel();
    let gone = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(5)).await
        }
    };
    timeout(Duration::from_secs(30), gone).await.expect("the port is closed");
}

#[tokio::test]
async fn a_disabled_health_server_listens_nowhere() {
    let config = HttpConfig { address: None };
    assert_eq!(Health::new().serve(&config, CancellationToken::new()).await.unwrap(), None);
}

struct Picky;

#[async_trait::async_trait]
impl Handler for Picky {
    type Item = bool;

    fn decode(&self, record: &rtfm_shared::bus::Record) -> Result<bool, Failure> {
        Ok(record.value.is_some())
    }

    async fn handle(&self, batch: &[bool]) -> Result<(), Failure> {
        if batch.contains(&false) { Err(Failure::permanent("malformed", "as scripted")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn worker_metrics_are_exported() {
    let config = TelemetryConfig::from_env(&Env::of([("LOG_LEVEL", "off")]), "info").unwrap();
    let handle = telemetry::init(&config, "rtfm-test").unwrap();
    assert!(telemetry::init(&config, "rtfm-test").is_err(), "once per process");
    let shutdown = CancellationToken::new();
    let address = Health::new().metrics(handle).serve(&ANY_PORT, shutdown.clone()).await.unwrap().unwrap();

    let bus = MemoryBus::with_topics(&[("metered", 1), ("metered.dlq", 1)]);
    for value in [Some("fine"), None, Some("fine")] {
        let value = value.map(|value| value.into());
        bus.publish(OutRecord { topic: "metered".to_owned(), value, ..OutRecord::default() }).await.unwrap();
    }
    let subscription = Subscription {
        topics: vec!["metered".to_owned()],
        group: Some("metered".to_owned()),
        start: StartAt::Earliest,
    };
    let worker = Worker::new(Arc::new(bus.clone()), subscription, Picky, WorkerPolicy::named("rtfm/metered"));
    let worker = tokio::spawn(worker.run(shutdown.clone()));
    let all_done = async {
        while bus.committed("metered", &TopicPartition::new("metered", 0)) != Some(3) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(30), all_done).await.expect("all is committed");

    let (status, metrics) = get(address, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"rtfm_records_consumed_total{topic="metered"} 3"#,
        r#"rtfm_records_handled_total{topic="metered"} 2"#,
        r#"rtfm_records_dead_lettered_total{topic="metered",reason="malformed"} 1"#,
        r#"rtfm_handle_duration_seconds_count{topic="metered"} 3"#,
        r#"rtfm_handle_duration_seconds_bucket{topic="metered",le="60"} 3"#,
        r#"rtfm_breaker_open{dependency="rtfm/metered"} 0"#,
        r#"rtfm_in_flight{topic="metered"} 0"#,
        concat!(r#"rtfm_build_info{service="rtfm-test",version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    shutdown.cancel();
    worker.await.unwrap().unwrap();
}
