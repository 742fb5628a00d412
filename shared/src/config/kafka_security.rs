//! Encryption and authentication of the Kafka connection. Combinations that cannot work, or would send a password
//! unintentionally, are refused at the start.

use super::{ConfigError, Env};
use secrecy::SecretString;
use std::path::PathBuf;

/// Whether this build supports TLS and SCRAM, which librdkafka takes from OpenSSL.
const HAS_TLS: bool = cfg!(feature = "kafka-tls");

const REMEDY: &str =
    "needs a build with OpenSSL, which this one is not: build with --features kafka-tls, or use the image";

/// The default is plain text without a password.
#[derive(Clone, Debug, Default)]
pub struct KafkaSecurity {
    /// TLS, with the protocols `SSL` and `SASL_SSL` of `KAFKA_SECURITY_PROTOCOL`.
    pub tls: Option<KafkaTls>,
    /// Authentication, with the two SASL protocols.
    pub sasl: Option<KafkaSasl>,
}

/// The trusted authorities and the client's certificate.
#[derive(Clone, Debug, Default)]
pub struct KafkaTls {
    /// `KAFKA_SSL_CA_LOCATION`: a PEM file; `None` trusts the system's authorities.
    pub ca: Option<PathBuf>,
    /// `KAFKA_SSL_CERTIFICATE_LOCATION` and `KAFKA_SSL_KEY_LOCATION`: PEM files, where the cluster authenticates
    /// clients by certificate.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// `KAFKA_SSL_KEY_PASSWORD`: the key file's password.
    pub key_password: Option<SecretString>,
}

#[derive(Clone, Debug)]
pub struct KafkaSasl {
    /// `KAFKA_SASL_MECHANISM`: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    pub mechanism: &'static str,
    /// `KAFKA_SASL_USERNAME`; required with a mechanism.
    pub username: String,
    /// `KAFKA_SASL_PASSWORD`; required with a mechanism.
    pub password: SecretString,
}

impl KafkaSecurity {
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let protocols = [
            ("PLAINTEXT", (false, false)),
            ("SSL", (true, false)),
            ("SASL_PLAINTEXT", (false, true)),
            ("SASL_SSL", (true, true)),
        ];
        let (tls, sasl) = env.choice("KAFKA_SECURITY_PROTOCOL", (false, false), &protocols)?;
        if tls && !HAS_TLS {
            return Err(ConfigError::new("KAFKA_SECURITY_PROTOCOL", REMEDY, "PLAINTEXT"));
        }
        unused(env, tls, "SSL or SASL_SSL", &["KAFKA_SSL_CA_LOCATION", "KAFKA_SSL_CERTIFICATE_LOCATION"])?;
        unused(env, tls, "SSL or SASL_SSL", &["KAFKA_SSL_KEY_LOCATION", "KAFKA_SSL_KEY_PASSWORD"])?;
        unused(env, sasl, "SASL_SSL", &["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"])?;
        Ok(Self {
            tls: tls.then(|| KafkaTls::from_env(env)).transpose()?,
            sasl: sasl.then(|| KafkaSasl::from_env(env)).transpose()?,
        })
    }

    /// The value of librdkafka's `security.protocol`.
    pub fn protocol(&self) -> &'static str {
        match (self.tls.is_some(), self.sasl.is_some()) {
            (false, false) => "PLAINTEXT",
            (true, false) => "SSL",
            (false, true) => "SASL_PLAINTEXT",
            (true, true) => "SASL_SSL",
        }
    }
}

impl KafkaTls {
    fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let (certificate, key) = ("KAFKA_SSL_CERTIFICATE_LOCATION", "KAFKA_SSL_KEY_LOCATION");
        let certificate = match (file(env, certificate)?, file(env, key)?) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                return Err(ConfigError::new(key, "must be set beside KAFKA_SSL_CERTIFICATE_LOCATION", "client.key"));
            }
            (None, Some(_)) => {
                return Err(ConfigError::new(certificate, "must be set beside KAFKA_SSL_KEY_LOCATION", "client.pem"));
            }
        };
        let ca = file(env, "KAFKA_SSL_CA_LOCATION")?;
        Ok(Self { ca, certificate, key_password: env.secret("KAFKA_SSL_KEY_PASSWORD") })
    }
}

impl KafkaSasl {
    fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let names = ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"];
        // No default: PLAIN reveals the password to the server, which must be a decision.
        env.require("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")?;
        let mechanism = env.choice("KAFKA_SASL_MECHANISM", "PLAIN", &names.map(|name| (name, name)))?;
        if mechanism != "PLAIN" && !HAS_TLS {
            return Err(ConfigError::new("KAFKA_SASL_MECHANISM", REMEDY, "PLAIN"));
        }
        let username = env.require("KAFKA_SASL_USERNAME", "rtfm")?.to_owned();
        let password = env.secret("KAFKA_SASL_PASSWORD");
        let password =
            password.ok_or_else(|| ConfigError::new("KAFKA_SASL_PASSWORD", "is not set", "the user's password"))?;
        Ok(Self { mechanism, username, password })
    }
}

/// Refuses settings that the protocol ignores: the operator most likely expects a safer connection.
fn unused(env: &Env, used: bool, protocols: &str, variables: &[&str]) -> Result<(), ConfigError> {
    match variables.iter().find(|variable| !used && env.get(variable).is_some()) {
        Some(variable) => {
            let fault = format!("must be {protocols} for {variable} to have any effect");
            Err(ConfigError::new("KAFKA_SECURITY_PROTOCOL", fault, "SASL_SSL"))
        }
        None => Ok(()),
    }
}

/// Checks that a file can be read, because librdkafka's own error would not name the variable.
fn file(env: &Env, variable: &str) -> Result<Option<PathBuf>, ConfigError> {
    let Some(path) = env.get(variable).map(PathBuf::from) else { return Ok(None) };
    match std::fs::File::open(&path) {
        Ok(_) => Ok(Some(path)),
        Err(error) => Err(ConfigError::new(
            variable,
            format!("names {}, which cannot be read: {error}", path.display()),
            "/certs/ca.pem, a PEM file",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn sasl(protocol: &str, mechanism: &str) -> Env {
        Env::of([("KAFKA_SECURITY_PROTOCOL", protocol), ("KAFKA_SASL_MECHANISM", mechanism)])
            .with("KAFKA_SASL_USERNAME", "rtfm")
            .with("KAFKA_SASL_PASSWORD", "open-sesame")
    }

    fn refused(env: &Env) -> String {
        KafkaSecurity::from_env(env).unwrap_err().to_string()
    }

    #[test]
    fn nothing_set_is_plain_text_and_a_password_needs_no_openssl() {
        assert_eq!(KafkaSecurity::from_env(&Env::default()).unwrap().protocol(), "PLAINTEXT");
        let security = KafkaSecurity::from_env(&sasl("sasl_plaintext", "plain")).unwrap();
        assert_eq!(security.protocol(), "SASL_PLAINTEXT");
        assert_eq!(security.sasl.as_ref().unwrap().password.expose_secret(), "open-sesame");
        assert!(!format!("{security:?}").contains("open-sesame"), "a secret is never printed");
    }

    #[test]
    fn an_unsupported_protocol_is_refused_with_a_remedy() {
        let ssl = Env::of([("KAFKA_SECURITY_PROTOCOL", "SSL")]);
        let scram = sasl("SASL_PLAINTEXT", "SCRAM-SHA-512");
        if HAS_TLS {
            assert_eq!(KafkaSecurity::from_env(&ssl).unwrap().protocol(), "SSL");
            assert_eq!(KafkaSecurity::from_env(&scram).unwrap().sasl.unwrap().mechanism, "SCRAM-SHA-512");
            assert_eq!(KafkaSecurity::from_env(&sasl("SASL_SSL", "PLAIN")).unwrap().protocol(), "SASL_SSL");
        } else {
            for (env, variable) in [(ssl, "KAFKA_SECURITY_PROTOCOL"), (scram, "KAFKA_SASL_MECHANISM")] {
                let error = refused(&env);
                assert!(error.starts_with(variable) && error.contains("--features kafka-tls"), "{error}");
            }
        }
    }

    #[test]
    fn a_combination_that_cannot_be_meant_is_named() {
        let said = |env: &Env, text: &str| assert!(refused(env).starts_with(text), "{}", refused(env));
        said(&Env::of([("KAFKA_SECURITY_PROTOCOL", "TLS")]), "KAFKA_SECURITY_PROTOCOL must be one of PLAINTEXT, SSL");
        said(&sasl("", "PLAIN"), "KAFKA_SECURITY_PROTOCOL must be SASL_SSL for KAFKA_SASL_MECHANISM");
        said(
            &Env::of([("KAFKA_SSL_CA_LOCATION", "/ca.pem")]),
            "KAFKA_SECURITY_PROTOCOL must be SSL or SASL_SSL for KAFKA_SSL_CA_LOCATION",
        );
        for missing in ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] {
            said(&sasl("SASL_PLAINTEXT", "PLAIN").with(missing, ""), &format!("{missing} is not set"));
        }
        said(&sasl("SASL_PLAINTEXT", "GSSAPI"), "KAFKA_SASL_MECHANISM must be one of SCRAM-SHA-512");
    }

    #[test]
    #[cfg(feature = "kafka-tls")]
    fn a_file_that_is_not_there_is_named_with_its_variable() {
        let env = Env::of([("KAFKA_SECURITY_PROTOCOL", "SSL")]);
        for variable in ["KAFKA_SSL_CA_LOCATION", "KAFKA_SSL_CERTIFICATE_LOCATION", "KAFKA_SSL_KEY_LOCATION"] {
            let error = refused(&env.clone().with(variable, "/not/there.pem"));
            assert!(error.starts_with(&format!("{variable} names /not/there.pem")), "{error}");
        }
        let alone = env.with("KAFKA_SSL_CERTIFICATE_LOCATION", env!("CARGO_MANIFEST_DIR"));
        assert!(refused(&alone).starts_with("KAFKA_SSL_KEY_LOCATION must be set beside"));
    }
}
