//! What an operator sees: every metric is described and documented, no label carries text from a user, and the
//! dashboard and the alerts query exported metrics only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod deploy;
mod exposition;
mod promql;

use exposition::Metric;
use rtfm_e2e::{Backends, World};
use rtfm_shared::{
    bus::{Headers, OutRecord, topics},
    config::Env,
    telemetry::{self, TelemetryConfig},
};
use rtfm_testkit::{
    discord::Fault,
    gemini::{Fault as GeminiFault, Rule},
};
use std::collections::{BTreeMap, BTreeSet};

/// Labels that Prometheus itself adds, or that are part of a histogram.
const PROMETHEUS: [&str; 3] = ["job", "instance", "le"];
/// What a stranger says in this test, in every place where one can say something.
const STRANGE: &str = "zebra";

/// A busy hour: talk, questions, an edit, trouble with Discord and with Gemini, poison.
async fn live(world: &World, so_far: impl Fn() -> String) {
    let (ana, general) = (&world.ana, &world.general);
    let said = world.hears(ana, general, "The crane endpoint is /zebra/v2").await;
    ana.edit(general, said, "The crane endpoint is /zebra/v3").unwrap();
    world.remembers(said, "The crane endpoint is /zebra/v3").await;
    world.gemini().inject(Rule::of(GeminiFault::Status(503)));
    world.asks(ana, general, "RTFM what is the crane endpoint, zebra?").await;
    world.discord.tolerate(503);
    // Some for glimpses of the answer, which are not tried again.
    world.discord.fault("PATCH", "/channels/*/messages/*", 5, Fault::status(503));
    world.asks(ana, general, "RTFM what is the crane endpoint?").await;

    let mut headers = Headers::default();
    headers.push("ce_type", "zebra.painted");
    headers.push("ce_source", "zebra");
    let topic = topics::MESSAGES.to_owned();
    let poison = OutRecord { topic, partition: None, key: Some("zebra".into()), value: Some("{}".into()), headers };
    world.bus.publish(poison).await.unwrap();
    world.until("the poison is dead-lettered", async || so_far().contains("rtfm_records_dead_lettered_total{")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_metrics_are_described_documented_bounded_and_cover_every_query() {
    let config = TelemetryConfig::from_env(&Env::of([("LOG_LEVEL", "off")]), "off").unwrap();
    let handle = telemetry::init(&config, "rtfm-e2e").unwrap();
    let world = World::start(Backends::WITH_GEMINI).await.expect("these backends need nothing");
    live(&world, || handle.render()).await;
    let text = handle.render();
    let metrics = exposition::parse(&text);
    world.finish().await;

    described(&metrics);
    documented(&metrics);
    bounded(&metrics);
    for (place, expression) in deploy::expressions() {
        exported(&metrics, &place, &expression);
    }
}

fn described(metrics: &BTreeMap<String, Metric>) {
    for (name, metric) in metrics {
        assert!(name.starts_with("rtfm_"), "{name} is whose?");
        assert!(metric.help.is_some(), "{name} has no description");
        match metric.kind.as_str() {
            "counter" => assert!(name.ends_with("_total"), "{name} is a counter"),
            "histogram" => assert!(name.ends_with("_seconds"), "{name} has buckets for seconds"),
            "gauge" => {}
            other => panic!("{name} is a {other}: a metric without buckets cannot be added up over instances"),
        }
    }
}

/// The table in docs/operations.md has the same metrics with the same labels.
fn documented(metrics: &BTreeMap<String, Metric>) {
    let page = deploy::read("docs/operations.md");
    let rows = page.lines().filter(|line| line.starts_with("| `rtfm_"));
    let table: BTreeMap<String, BTreeSet<String>> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let labels = cells[2].split(", ").filter(|label| !label.is_empty()).map(str::to_owned);
            (cells[1].trim_matches('`').to_owned(), labels.collect())
        })
        .collect();
    let exported: BTreeMap<String, BTreeSet<String>> = metrics
        .iter()
        .map(|(name, metric)| (name.clone(), metric.labels.keys().filter(|label| *label != "le").cloned().collect()))
        .collect();
    for (name, labels) in &table {
        assert_eq!(exported.get(name), Some(labels), "{name} is documented so");
    }
    for name in exported.keys() {
        assert!(table.contains_key(name), "{name} is exported and not documented");
    }
}

/// Labels are short fixed names: none is what somebody said, and none an id.
fn bounded(metrics: &BTreeMap<String, Metric>) {
    let bounds = metrics
        .iter()
        .flat_map(|(name, metric)| metric.labels.iter().map(move |(label, values)| (name, label, values)));
    for (name, label, values) in bounds.filter(|(_, label, _)| *label != "le") {
        assert!(values.len() <= 20, "{name}: {label} has {} values", values.len());
        for value in values {
            let is_name = value.len() < 40 && value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
            let is_id = value.len() > 3 && value.chars().all(|c| c.is_ascii_digit());
            assert!(is_name && !is_id && !value.contains(STRANGE), "{name} has {label}={value:?}");
        }
    }
}

/// Every series and label that an expression asks for is exported.
fn exported(metrics: &BTreeMap<String, Metric>, place: &str, expression: &str) {
    let asked = promql::asked(expression);
    let mut known: BTreeSet<&str> = PROMETHEUS.into();
    for (series, labels) in &asked.series {
        let own: BTreeSet<&str> = match (series.as_str(), metrics.get(exposition::base(series))) {
            ("up", _) => PROMETHEUS.into(),
            (_, Some(metric)) => {
                assert_eq!(metric.kind == "histogram", exposition::base(series) != series, "{place}: {series}");
                metric.labels.keys().map(String::as_str).chain(PROMETHEUS).collect()
            }
            (_, None) => panic!("{place} asks for {series}, which no service exports"),
        };
        for label in labels {
            assert!(own.contains(label.as_str()), "{place} asks for {label} of {series}, which has only {own:?}");
        }
        known.extend(own);
    }
    for label in &asked.groups {
        assert!(known.contains(label.as_str()), "{place} groups by {label}, which nothing in it has");
    }
}
