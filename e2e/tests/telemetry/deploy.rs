//! What `deploy/` and docker-compose.yml say, as far as it must fit together.

use serde_json::{Map, Value};
use std::path::PathBuf;
use yaml_rust2::{Yaml, YamlLoader};

/// A file of the repository.
pub(crate) fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML file of the repository.
pub(crate) fn yaml(path: &str) -> Value {
    let mut documents = YamlLoader::load_from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(documents.len(), 1, "{path} is one document");
    json(documents.remove(0))
}

/// The same as JSON, with what `<<` names merged in.
fn json(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Hash(hash) => {
            let mut object = Map::new();
            for (key, value) in hash {
                match (key.as_str().expect("keys are texts"), json(value)) {
                    // It stands first in all of our files, so that what comes after it overrides it.
                    ("<<", Value::Object(base)) => object.extend(base),
                    (key, value) => drop(object.insert(key.to_owned(), value)),
                }
            }
            Value::Object(object)
        }
        Yaml::Array(items) => items.into_iter().map(json).collect(),
        Yaml::String(text) | Yaml::Real(text) => text.into(),
        Yaml::Integer(number) => number.into(),
        Yaml::Boolean(truth) => truth.into(),
        Yaml::Null => Value::Null,
        other => panic!("{other:?} is not expected here"),
    }
}

/// Every expression of the dashboard and the alerts, with where it stands.
pub(crate) fn expressions() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/dashboards/rtfm.json")).unwrap();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            found.push((format!("panel {}", panel["title"]), text(&target["expr"])));
        }
    }
    let panels = found.len();
    for group in yaml("deploy/prometheus/alerts.yml")["groups"].as_array().unwrap() {
        for rule in group["rules"].as_array().unwrap() {
            assert!(rule["annotations"]["summary"].is_string(), "{rule} says nothing");
            found.push((format!("alert {}", rule["alert"]), text(&rule["expr"])));
        }
    }
    assert!(panels > 20 && found.len() > panels + 5, "{panels} panels, {} expressions", found.len());
    found
}

#[test]
fn prometheus_and_grafana_are_provisioned_with_what_is_there() {
    let compose = yaml("docker-compose.yml");
    let mounted = |service: &str, inside: &str| {
        let volumes = compose["services"][service]["volumes"].as_array().unwrap();
        let found = volumes.iter().filter_map(Value::as_str).find_map(|volume| {
            let (source, target) = volume.split_once(':')?;
            let target = target.strip_suffix(":ro")?;
            Some(inside.strip_prefix(target)?.trim_start_matches('/')).map(|rest| format!("{source}/{rest}"))
        });
        found
            .unwrap_or_else(|| panic!("{service} sees no {inside}"))
            .trim_start_matches("./")
            .trim_end_matches('/')
            .to_owned()
    };
    for service in ["prometheus", "grafana"] {
        let service = &compose["services"][service];
        assert_eq!(service["profiles"][0], "observability", "not started unless asked for");
        assert!(
            service["ports"].as_array().unwrap().iter().all(|port| port.as_str().unwrap().starts_with("127.0.0.1:"))
        );
    }

    let prometheus = yaml(&mounted("prometheus", "/etc/prometheus/prometheus.yml"));
    for rules in prometheus["rule_files"].as_array().unwrap() {
        assert!(yaml(&mounted("prometheus", rules.as_str().unwrap()))["groups"].is_array());
    }
    for scraped in prometheus["scrape_configs"].as_array().unwrap() {
        let found = &scraped["dns_sd_configs"][0];
        let name = found["names"][0].as_str().unwrap();
        assert_eq!(scraped["job_name"], format!("rtfm-{name}"), "the alerts and the dashboard know the jobs by name");
        let environment = &compose["services"][name]["environment"];
        assert_eq!(
            environment["HTTP_ADDR"],
            format!("0.0.0.0:{}", found["port"]),
            "{name} listens where it is scraped"
        );
    }

    let folder = "/etc/grafana/provisioning";
    let source = &yaml(&mounted("grafana", &format!("{folder}/datasources/prometheus.yml")))["datasources"][0];
    assert_eq!(source["url"], "http://prometheus:9090");
    let provider = &yaml(&mounted("grafana", &format!("{folder}/dashboards/rtfm.yml")))["providers"][0];
    let dashboard = format!("{}/rtfm.json", provider["options"]["path"].as_str().unwrap());
    let dashboard: Value = serde_json::from_str(&read(&mounted("grafana", &dashboard))).unwrap();
    for panel in dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], source["uid"], "{}", panel["title"]);
    }
}

#[test]
fn alerts_fire_for_a_missing_container_and_not_during_maintenance() {
    let alerts = yaml("deploy/prometheus/alerts.yml");
    let rules = alerts["groups"][0]["rules"].as_array().unwrap();
    let asks = |name: &str| {
        let rule = rules.iter().find(|rule| rule["alert"] == name).unwrap_or_else(|| panic!("no {name}"));
        rule["expr"].as_str().unwrap().to_owned()
    };
    // A stopped container has no address: its series end, and nothing is 0.
    for scraped in yaml("deploy/prometheus/prometheus.yml")["scrape_configs"].as_array().unwrap() {
        let job = scraped["job_name"].as_str().unwrap();
        assert!(asks("RtfmServiceDown").contains(&format!("absent(up{{job=\"{job}\"}})")), "{job}");
    }
    // The notes that `rtfm dlq` leaves are records of the dead-letter topic too, and no dead letters.
    let asked = crate::promql::asked(&asks("RtfmDeadLetters"));
    assert!(asked.series.keys().eq(["rtfm_records_dead_lettered_total"]), "{asked:?}");
}
