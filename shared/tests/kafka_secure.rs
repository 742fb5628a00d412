//! A real broker that demands passwords and certificates: the right ones are let in, and a wrong one is
//! named by the variable that holds it. What needs OpenSSL is tested with `--features kafka-tls`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use rtfm_shared::{
    bus::{self, BusError, Cleanup, Headers, OutRecord, TopicSpec},
    config::{BusConfig, Env},
};
use rtfm_testkit::kafka::{Broker, PASSWORD, Secured, USER, available};
use std::{path::Path, sync::OnceLock, time::Duration};

/// One broker for all tests of this file; its watcher ends it with this process.
fn secured() -> Option<&'static Secured> {
    static BROKER: OnceLock<Option<(Broker, Secured)>> = OnceLock::new();
    let broker = BROKER.get_or_init(|| match available() {
        Ok(()) => Some(Broker::start_secured().expect("the Kafka broker starts")),
        Err(missing) => {
            println!("kafka: left out ({missing})");
            None
        }
    });
    broker.as_ref().map(|(_, secured)| secured)
}

fn password(env: Env, mechanism: &str, password: &str) -> Env {
    env.with("KAFKA_SASL_MECHANISM", mechanism).with("KAFKA_SASL_USERNAME", USER).with("KAFKA_SASL_PASSWORD", password)
}

fn at(servers: &str, protocol: &str) -> Env {
    Env::of([("KAFKA_BOOTSTRAP_SERVERS", servers), ("KAFKA_SECURITY_PROTOCOL", protocol)])
}

/// Goes the whole way: makes a topic and publishes into it.
async fn try_out(env: &Env, topic: &str) -> Result<(), BusError> {
    let config = BusConfig::from_env(env, Path::new("unused")).unwrap();
    let bus = bus::open(&config).await?;
    bus.health().await?;
    let retention = Some(Duration::from_secs(3600));
    let spec = TopicSpec { name: topic.to_owned(), partitions: 1, retention, cleanup: Cleanup::Delete };
    bus.create_topics(&[spec]).await?;
    let (key, value) = (Some("key".into()), Some("value".into()));
    let record = OutRecord { topic: topic.to_owned(), partition: None, key, value, headers: Headers::default() };
    assert_eq!(bus.publish(record).await?.offset, 0);
    Ok(())
}

/// What is said of a connection that must be refused for good.
async fn refusal(env: &Env) -> String {
    match try_out(env, "never-made").await {
        Err(BusError::Fatal(said)) => said,
        other => panic!("it must be refused for good: {other:?}"),
    }
}

async fn ground() -> Option<&'static Secured> {
    tokio::task::spawn_blocking(secured).await.unwrap()
}

#[tokio::test]
async fn a_plain_password_needs_no_openssl() {
    let Some(secured) = ground().await else { return };
    let env = at(&secured.sasl_plaintext(), "SASL_PLAINTEXT");
    try_out(&password(env.clone(), "PLAIN", PASSWORD), "plain").await.unwrap();
    let said = refusal(&password(env, "PLAIN", "guessed")).await;
    assert!(said.contains("check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"), "{said}");
    assert!(!said.contains("guessed"), "a secret is never printed: {said}");
}

#[tokio::test]
async fn a_missing_password_is_named() {
    let Some(secured) = ground().await else { return };
    let error = try_out(&at(&secured.sasl_plaintext(), "PLAINTEXT"), "never-made").await.unwrap_err();
    assert!(error.to_string().contains("KAFKA_SECURITY_PROTOCOL"), "{error}");
}

#[cfg(feature = "kafka-tls")]
mod with_openssl {
    use super::*;
    use rtfm_shared::bus::{Consumer, ConsumerEvent, StartAt, Subscription};

    fn trusting(secured: &Secured, protocol: &str, servers: &str) -> Env {
        at(servers, protocol).with("KAFKA_SSL_CA_LOCATION", secured.ca().to_str().unwrap())
    }

    #[tokio::test]
    async fn over_tls_the_right_password_connects_and_a_wrong_one_is_named() {
        let Some(secured) = ground().await else { return };
        let env = trusting(secured, "SASL_SSL", &secured.sasl_ssl());
        for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
            let topic = format!("tls-{mechanism}");
            try_out(&password(env.clone(), mechanism, PASSWORD), &topic).await.unwrap();
            let said = refusal(&password(env.clone(), mechanism, "guessed")).await;
            assert!(said.contains("check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"), "{mechanism}: {said}");
            assert!(!said.contains("guessed"), "a secret is never printed: {said}");
        }
    }

    #[tokio::test]
    async fn an_unsupported_mechanism_is_named() {
        let Some(secured) = ground().await else { return };
        let env = trusting(secured, "SASL_SSL", &secured.sasl_ssl());
        let said = refusal(&password(env, "SCRAM-SHA-256", PASSWORD)).await;
        assert!(said.contains("check KAFKA_SASL_MECHANISM"), "{said}");
    }

    #[tokio::test]
    async fn an_untrusted_certificate_authority_is_named() {
        let Some(secured) = ground().await else { return };
        let env =
            at(&secured.sasl_ssl(), "SASL_SSL").with("KAFKA_SSL_CA_LOCATION", secured.other_ca().to_str().unwrap());
        let said = refusal(&password(env, "SCRAM-SHA-512", PASSWORD)).await;
        assert!(said.contains("check KAFKA_SSL_CA_LOCATION"), "{said}");
    }

    #[tokio::test]
    async fn tls_to_a_plaintext_listener_is_named() {
        let Some(secured) = ground().await else { return };
        let env = trusting(secured, "SASL_SSL", &secured.sasl_plaintext());
        let error = try_out(&password(env, "PLAIN", PASSWORD), "never-made").await.unwrap_err();
        assert!(error.to_string().contains("KAFKA_SECURITY_PROTOCOL"), "{error}");
    }

    #[tokio::test]
    async fn a_client_certificate_is_sent_when_required() {
        let Some(secured) = ground().await else { return };
        let env = trusting(secured, "SSL", &secured.mutual_tls());
        let ours = env
            .clone()
            .with("KAFKA_SSL_CERTIFICATE_LOCATION", secured.certificate().to_str().unwrap())
            .with("KAFKA_SSL_KEY_LOCATION", secured.key().to_str().unwrap());
        try_out(&ours, "mutual").await.unwrap();
        let error = try_out(&env, "never-made").await.unwrap_err();
        assert!(error.to_string().contains("KAFKA_SSL_CERTIFICATE_LOCATION"), "{error}");
    }

    /// Takes connections in a broker's place and closes each at once, as a proxy does whose broker is away.
    async fn close_connections(address: &str, count: usize) {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        for _ in 0..count {
            drop(listener.accept().await.unwrap());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn broken_tls_connections_end_no_consumer() {
        if available().is_err() {
            return;
        }
        let started = tokio::task::spawn_blocking(Broker::start_secured).await.unwrap();
        let (broker, secured) = started.unwrap();
        let env = password(trusting(&secured, "SASL_SSL", &secured.sasl_ssl()), "SCRAM-SHA-512", PASSWORD);
        try_out(&env, "restarted").await.unwrap();
        let bus = bus::open(&BusConfig::from_env(&env, Path::new("unused")).unwrap()).await.unwrap();
        let subscription = Subscription {
            topics: vec!["restarted".to_owned()],
            group: Some("group".to_owned()),
            start: StartAt::Earliest,
        };
        let mut consumer = bus.subscribe(subscription).await.unwrap();
        let hear = async |consumer: &mut Box<dyn Consumer>| loop {
            let heard = tokio::time::timeout(Duration::from_secs(120), consumer.next()).await.expect("in time");
            if let ConsumerEvent::Record(record) = heard.unwrap() {
                return record.offset;
            }
        };
        assert_eq!(hear(&mut consumer).await, 0);

        broker.kill();
        let address = secured.sasl_ssl().replace("localhost", "127.0.0.1");
        tokio::time::timeout(Duration::from_secs(120), close_connections(&address, 3)).await.expect("it tries again");
        let broker = tokio::task::spawn_blocking(move || broker.start_again().map(|()| broker)).await.unwrap();
        let _broker = broker.unwrap();
        let record = OutRecord { topic: "restarted".to_owned(), value: Some("again".into()), ..OutRecord::default() };
        bus.publish(record).await.unwrap();
        assert_eq!(hear(&mut consumer).await, 1, "it goes on where it was");
    }
}
