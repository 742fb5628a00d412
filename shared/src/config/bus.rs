//! The bus to use and its connection.

use super::{ConfigError, Env, KafkaSecurity};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// librdkafka's default: few requests, and a delay that does not matter beside a language model's.
const LINGER_MS: u64 = 5;

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a process has one or two of them")]
pub enum BusConfig {
    Local { directory: PathBuf },
    Kafka(KafkaConfig),
}

/// Connection to a Kafka cluster.
#[derive(Clone, Debug)]
pub struct KafkaConfig {
    /// `KAFKA_BOOTSTRAP_SERVERS`: host:port, comma separated.
    pub bootstrap_servers: String,
    /// `KAFKA_COMPRESSION`: zstd (default), lz4, snappy, gzip or none.
    pub compression: &'static str,
    /// `KAFKA_REPLICATION_FACTOR`: copies of each record in topics that we create (default 1).
    pub replication: i32,
    /// `KAFKA_MIN_INSYNC_REPLICAS`: copies that must be written before a record counts (default 1).
    pub min_insync_replicas: i32,
    /// `KAFKA_GROUP_INSTANCE_ID`: static membership, where the deployment names its instances.
    pub group_instance_id: Option<String>,
    /// `KAFKA_LINGER_MS`: how long a record waits to be batched with others, in milliseconds (0 to 1000). Every hop
    /// takes this long.
    pub linger: Duration,
    pub security: KafkaSecurity,
    /// `KAFKA_SESSION_TIMEOUT_SECONDS`: after how long without a heartbeat the group removes a consumer (default 20; a
    /// stock broker accepts 6 to 1800).
    pub session_timeout: Duration,
    /// `KAFKA_MAX_POLL_INTERVAL_SECONDS`: how long a live consumer may go without polling before it loses its
    /// partitions (default 300; at least the session timeout).
    pub max_poll_interval: Duration,
}

impl BusConfig {
    /// Kafka if `KAFKA_BOOTSTRAP_SERVERS` is set, else the local bus in `directory`.
    pub fn from_env(env: &Env, directory: &Path) -> Result<Self, ConfigError> {
        match env.get("KAFKA_BOOTSTRAP_SERVERS") {
            Some(servers) => KafkaConfig::from_env(env, servers).map(Self::Kafka),
            None => Ok(Self::Local { directory: directory.to_owned() }),
        }
    }
}

impl KafkaConfig {
    /// These servers with all defaults.
    pub fn of(servers: &str) -> Self {
        Self {
            bootstrap_servers: servers.to_owned(),
            compression: "zstd",
            replication: 1,
            min_insync_replicas: 1,
            group_instance_id: None,
            security: KafkaSecurity::default(),
            linger: Duration::from_millis(LINGER_MS),
            session_timeout: Duration::from_secs(20),
            max_poll_interval: Duration::from_secs(300),
        }
    }

    fn from_env(env: &Env, servers: &str) -> Result<Self, ConfigError> {
        for server in servers.split(',') {
            let port = server.trim().rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) {
                return Err(ConfigError::new(
                    "KAFKA_BOOTSTRAP_SERVERS",
                    format!("must be host:port pairs separated by commas, not {servers:?}"),
                    "localhost:29092",
                ));
            }
        }
        let session_timeout = env.seconds("KAFKA_SESSION_TIMEOUT_SECONDS", 20, 6..=1800)?;
        // librdkafka requires at least the session timeout. A consumer that drains revoked partitions does not poll for
        // up to ten seconds and must not be removed for it.
        let shortest = session_timeout.as_secs().max(15);
        let compressions = ["zstd", "lz4", "snappy", "gzip", "none"].map(|name| (name, name));
        Ok(Self {
            compression: env.choice("KAFKA_COMPRESSION", "zstd", &compressions)?,
            replication: env.number("KAFKA_REPLICATION_FACTOR", 1, 1..=32)?,
            min_insync_replicas: env.number("KAFKA_MIN_INSYNC_REPLICAS", 1, 1..=32)?,
            group_instance_id: env.get("KAFKA_GROUP_INSTANCE_ID").map(str::to_owned),
            security: KafkaSecurity::from_env(env)?,
            linger: Duration::from_millis(env.number("KAFKA_LINGER_MS", LINGER_MS, 0..=1_000)?),
            session_timeout,
            max_poll_interval: env.seconds("KAFKA_MAX_POLL_INTERVAL_SECONDS", shortest.max(300), shortest..=86_400)?,
            ..Self::of(servers)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_may_not_be_given_less_time_to_poll_than_to_live() {
        let kafka = |poll: &str| {
            let env = Env::of([("KAFKA_BOOTSTRAP_SERVERS", "one:9092"), ("KAFKA_SESSION_TIMEOUT_SECONDS", "30")]);
            BusConfig::from_env(&env.with("KAFKA_MAX_POLL_INTERVAL_SECONDS", poll), Path::new("data"))
        };
        let Ok(BusConfig::Kafka(config)) = kafka("31") else { panic!("it is a setting") };
        assert_eq!((config.session_timeout.as_secs(), config.max_poll_interval.as_secs()), (30, 31));
        let error = kafka("29").unwrap_err().to_string();
        assert!(error.starts_with("KAFKA_MAX_POLL_INTERVAL_SECONDS must be a number from 30"), "{error}");
        let env = Env::of([("KAFKA_BOOTSTRAP_SERVERS", "one:9092"), ("KAFKA_SESSION_TIMEOUT_SECONDS", "6")]);
        let error = BusConfig::from_env(&env.with("KAFKA_MAX_POLL_INTERVAL_SECONDS", "10"), Path::new("data"));
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("KAFKA_MAX_POLL_INTERVAL_SECONDS must be a number from 15"), "{error}");
    }

    #[test]
    fn kafka_is_chosen_by_its_variable_alone() {
        let local = BusConfig::from_env(&Env::default(), Path::new("data")).unwrap();
        assert!(matches!(local, BusConfig::Local { directory } if directory == Path::new("data")));
        let env = Env::of([("KAFKA_BOOTSTRAP_SERVERS", "one:9092, two:9092"), ("KAFKA_COMPRESSION", "LZ4")]);
        match BusConfig::from_env(&env, Path::new("data")).unwrap() {
            BusConfig::Kafka(kafka) => assert_eq!(kafka.compression, "lz4"),
            BusConfig::Local { .. } => panic!("Kafka was asked for"),
        }
        let error = BusConfig::from_env(&Env::of([("KAFKA_BOOTSTRAP_SERVERS", "localhost")]), Path::new("data"));
        assert!(error.unwrap_err().to_string().contains("KAFKA_BOOTSTRAP_SERVERS must be host:port"));
    }
}
