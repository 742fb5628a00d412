//! A broker that is away, killed and back again.

use super::corner::{Corner, PATIENCE, hear_values, next, numbers, record, subscribe, until};
use rtfm_shared::{
    bus::{Bus, BusError, KafkaBus, StartAt},
    config::KafkaConfig,
    resilience::{Class, Classify},
};
use rtfm_testkit::kafka::{Broker, available};
use std::{net::TcpListener, sync::Arc};

#[tokio::test]
async fn an_unavailable_broker_blocks_no_start_and_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let servers = format!("127.0.0.1:{port}");
    let bus = KafkaBus::connect(&KafkaConfig::of(&servers)).unwrap();
    let error = bus.health().await.unwrap_err();
    assert!(matches!(&error, BusError::Unavailable(said) if said.contains(&servers)), "{error}");
    let error = bus.list_topics().await.unwrap_err();
    assert_eq!(error.class(), Class::DependencyDown);
}

#[tokio::test]
async fn a_setting_the_client_rejects_is_fatal() {
    let config = KafkaConfig { compression: "brotli", ..KafkaConfig::of("127.0.0.1:9") };
    let error = KafkaBus::connect(&config).unwrap_err();
    assert!(matches!(&error, BusError::Fatal(said) if said.contains("brotli")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn published_and_read_records_survive_a_killed_broker() {
    if let Err(missing) = available() {
        println!("kafka: left out ({missing})");
        return;
    }
    let broker = Arc::new(tokio::task::spawn_blocking(Broker::start).await.unwrap().unwrap());
    let corner = Corner::on(&broker.bootstrap()).unwrap();
    let (topic, group) = (corner.day(1).await, corner.name("g"));
    corner.fill(&topic, 0, 0..5).await;
    let mut consumer = subscribe(&corner.bus, &topic, Some(&group), StartAt::Earliest).await;
    assert_eq!(hear_values(&mut consumer, 5).await, numbers(0..5));
    consumer.store(&[next(&topic, 3)]).unwrap();
    consumer.commit().await.unwrap();

    broker.kill();
    until("the bus to notice", async || corner.bus.health().await.is_err()).await;
    // A record that is on its way when the broker is away waits for it.
    let bus = KafkaBus::connect(&corner.config).unwrap();
    let waiting = tokio::spawn({
        let record = record(&topic, 0, "5");
        async move { bus.publish(record).await }
    });
    let again = broker.clone();
    tokio::task::spawn_blocking(move || again.start_again()).await.unwrap().unwrap();
    until("the bus to recover", async || corner.bus.health().await.is_ok()).await;
    assert_eq!(waiting.await.unwrap().unwrap().offset, 5, "what was acknowledged before is still there");
    corner.fill(&topic, 0, 6..8).await;
    // The consumer goes on by itself; whether it is handed its partition anew is the broker's affair.
    let mut heard = hear_values(&mut consumer, 1).await;
    while heard.last().map(String::as_str) != Some("7") {
        heard.extend(hear_values(&mut consumer, 1).await);
    }
    assert!(heard.ends_with(&numbers(5..8)), "{heard:?}");
    drop(consumer);

    // And a consumer can be closed while there is no broker.
    let mut consumer = subscribe(&corner.bus, &topic, Some(&corner.name("other")), StartAt::Earliest).await;
    hear_values(&mut consumer, 8).await;
    consumer.store(&[next(&topic, 8)]).unwrap();
    let gone = broker.clone();
    tokio::task::spawn_blocking(move || gone.kill()).await.unwrap();
    let closed = tokio::time::timeout(PATIENCE, consumer.close()).await.expect("closing ends");
    assert_eq!(closed.unwrap_err().class(), Class::DependencyDown, "what was stored could not be committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_created_once_the_broker_is_up() {
    if let Err(missing) = available() {
        println!("kafka: left out ({missing})");
        return;
    }
    let broker = Arc::new(tokio::task::spawn_blocking(Broker::start).await.unwrap().unwrap());
    let stopped = broker.clone();
    tokio::task::spawn_blocking(move || stopped.stop()).await.unwrap();
    let bus = KafkaBus::connect(&KafkaConfig::of(&broker.bootstrap())).unwrap();
    let catalogue = rtfm_shared::bus::topics::catalogue();
    let creating = tokio::spawn({
        let catalogue = catalogue.clone();
        async move {
            let created = bus.create_topics(&catalogue).await;
            (bus, created)
        }
    });
    let _broker = tokio::task::spawn_blocking(move || broker.start_again().map(|()| broker)).await.unwrap().unwrap();
    let (_bus, created) = creating.await.unwrap();
    assert_eq!(created.unwrap().len(), catalogue.len());
}
