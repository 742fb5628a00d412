//! Which bus, and how to reach it.

use super::{ConfigError, Env, KafkaSecurity};
use std::path::{Path, PathBuf};

/// The bus to use.
#[derive(Clone, Debug)]
pub enum BusConfig {
    /// One SQLite file in this directory.
    Local {
        /// The data directory.
        directory: PathBuf,
    },
    /// Apache Kafka.
    Kafka(KafkaConfig),
}

/// How to reach Kafka.
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
    /// Encryption and password.
    pub security: KafkaSecurity,
}

impl BusConfig {
    /// Kafka where `KAFKA_BOOTSTRAP_SERVERS` is set, else the local bus in `directory`.
    pub fn from_env(env: &Env, directory: &Path) -> Result<Self, ConfigError> {
        match env.get("KAFKA_BOOTSTRAP_SERVERS") {
            Some(servers) => KafkaConfig::from_env(env, servers).map(Self::Kafka),
            None => Ok(Self::Local { directory: directory.to_owned() }),
        }
    }
}

impl KafkaConfig {
    /// These servers with every default.
    pub fn of(servers: &str) -> Self {
        Self {
            bootstrap_servers: servers.to_owned(),
            compression: "zstd",
            replication: 1,
            min_insync_replicas: 1,
            group_instance_id: None,
            security: KafkaSecurity::default(),
        }
    }

    fn from_env(env: &Env, servers: &str) -> Result<Self, ConfigError> {
        for server in servers.split(',') {
            let port = server.trim().rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) {
                return Err(ConfigError {
                    variable: "KAFKA_BOOTSTRAP_SERVERS".to_owned(),
                    fault: format!("must be host:port pairs separated by commas, not {servers:?}"),
                    example: "localhost:29092".to_owned(),
                });
            }
        }
        let compressions = ["zstd", "lz4", "snappy", "gzip", "none"].map(|name| (name, name));
        Ok(Self {
            compression: env.choice("KAFKA_COMPRESSION", "zstd", &compressions)?,
            replication: env.number("KAFKA_REPLICATION_FACTOR", 1, 1..=32)?,
            min_insync_replicas: env.number("KAFKA_MIN_INSYNC_REPLICAS", 1, 1..=32)?,
            group_instance_id: env.get("KAFKA_GROUP_INSTANCE_ID").map(str::to_owned),
            security: KafkaSecurity::from_env(env)?,
            ..Self::of(servers)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
