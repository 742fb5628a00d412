//! Listeners that require a password, encryption or a certificate of clients. Each requirement has its own listener, so
//! that one broker serves every test.

use super::properties::Ports;
use crate::authority::Authority;
use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

/// The user of a broker without ACLs.
pub const USER: &str = "rtfm";
/// The users of the services, for whom a broker with ACLs allows only what it is told.
pub const SERVICE_USERS: [&str; 3] = ["rtfm-bot", "rtfm-processor", "rtfm-operator"];
/// Everybody's password.
pub const PASSWORD: &str = "open-sesame";

const JAAS: &str = "org.apache.kafka.common.security";

/// The listeners that demand something, and the files that satisfy them. The files go with the broker.
#[derive(Clone, Debug)]
pub struct Secured {
    ports: [u16; 3],
    directory: PathBuf,
}

impl Secured {
    /// The listener with passwords and encryption (`SASL_SSL`).
    pub fn sasl_ssl(&self) -> String {
        format!("localhost:{}", self.ports[0])
    }

    /// The listener with passwords and without encryption (`SASL_PLAINTEXT`).
    pub fn sasl_plaintext(&self) -> String {
        format!("localhost:{}", self.ports[1])
    }

    /// The listener with certificates of both sides (`SSL`).
    pub fn mutual_tls(&self) -> String {
        format!("localhost:{}", self.ports[2])
    }

    /// The authority that signed everything here.
    pub fn ca(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// An authority that signed nothing here.
    pub fn other_ca(&self) -> PathBuf {
        self.directory.join("other-ca.pem")
    }

    /// A client's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.directory.join("client.pem")
    }

    /// The key of that certificate.
    pub fn key(&self) -> PathBuf {
        self.directory.join("client.key")
    }

    /// Chooses ports and makes certificates.
    pub(super) fn prepare(directory: &Path) -> std::io::Result<Self> {
        let directory = directory.join("certificates");
        std::fs::create_dir(&directory)?;
        let held = [free()?, free()?, free()?];
        let mut ports = [0; 3];
        for (port, listener) in ports.iter_mut().zip(&held) {
            *port = listener.local_addr()?.port();
        }
        let (authority, other) = (Authority::new(), Authority::new());
        let (server, client) = (authority.sign("localhost"), authority.sign(USER));
        for (name, text) in [
            ("ca.pem", authority.pem()),
            ("other-ca.pem", other.pem()),
            ("server.pem", &(server.key + &server.certificate)),
            ("client.pem", &client.certificate),
            ("client.key", &client.key),
        ] {
            std::fs::write(directory.join(name), text)?;
        }
        Ok(Self { ports, directory })
    }

    /// More of server.properties, after the rest: a later line wins.
    pub(super) fn settings(&self, Ports { broker, controller }: Ports) -> String {
        let [secure, open, mutual] = self.ports;
        let users = SERVICE_USERS.into_iter().chain([USER]);
        let users: String = users.map(|user| format!(" user_{user}=\"{PASSWORD}\"")).collect();
        let plain = format!("{JAAS}.plain.PlainLoginModule required{users};");
        let scram = format!("{JAAS}.scram.ScramLoginModule required;");
        let mut settings = vec![
            (
                "listeners".to_owned(),
                format!(
                    "PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller},SECURE://127.0.0.1:{secure},\
                     OPEN://127.0.0.1:{open},MUTUAL://127.0.0.1:{mutual}"
                ),
            ),
            (
                "advertised.listeners".to_owned(),
                format!(
                    "PLAINTEXT://127.0.0.1:{broker},SECURE://localhost:{secure},OPEN://localhost:{open},\
                     MUTUAL://localhost:{mutual}"
                ),
            ),
            (
                "listener.security.protocol.map".to_owned(),
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,OPEN:SASL_PLAINTEXT,MUTUAL:SSL".to_owned(),
            ),
            ("inter.broker.listener.name".to_owned(), "PLAINTEXT".to_owned()),
            ("sasl.enabled.mechanisms".to_owned(), "PLAIN,SCRAM-SHA-512".to_owned()),
            ("ssl.keystore.type".to_owned(), "PEM".to_owned()),
            ("ssl.keystore.location".to_owned(), self.directory.join("server.pem").display().to_string()),
            ("ssl.truststore.type".to_owned(), "PEM".to_owned()),
            ("ssl.truststore.location".to_owned(), self.ca().display().to_string()),
            ("listener.name.mutual.ssl.client.auth".to_owned(), "required".to_owned()),
        ];
        for listener in ["secure", "open"] {
            settings.push((format!("listener.name.{listener}.plain.sasl.jaas.config"), plain.clone()));
            settings.push((format!("listener.name.{listener}.scram-sha-512.sasl.jaas.config"), scram.clone()));
        }
        settings.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    /// What the storage is formatted with: SCRAM's passwords are kept in the cluster itself.
    pub(super) fn format_arguments() -> Vec<String> {
        vec!["--add-scram".to_owned(), format!("SCRAM-SHA-512=[name={USER},password={PASSWORD}]")]
    }
}

fn free() -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}
