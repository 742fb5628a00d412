//! Encryption and passwords in the client library's words, and its complaints of them in ours.

use crate::config::{KafkaConfig, KafkaSecurity};
use rdkafka::{ClientConfig, types::RDKafkaErrorCode as Code};
use secrecy::ExposeSecret;

/// Adds what secures the connection.
pub(super) fn apply(security: &KafkaSecurity, settings: &mut ClientConfig) {
    settings.set("security.protocol", security.protocol());
    if let Some(tls) = &security.tls {
        if let Some(ca) = &tls.ca {
            settings.set("ssl.ca.location", ca.display().to_string());
        }
        if let Some((certificate, key)) = &tls.certificate {
            settings.set("ssl.certificate.location", certificate.display().to_string());
            settings.set("ssl.key.location", key.display().to_string());
        }
        if let Some(password) = &tls.key_password {
            settings.set("ssl.key.password", password.expose_secret());
        }
    }
    if let Some(sasl) = &security.sasl {
        settings.set("sasl.mechanism", sasl.mechanism);
        settings.set("sasl.username", &sasl.username);
        settings.set("sasl.password", sasl.password.expose_secret());
    }
}

/// Says at the start when a password will travel for everybody on the way to read.
pub(super) fn warn(config: &KafkaConfig) {
    let plain = config.security.sasl.as_ref().is_some_and(|sasl| sasl.mechanism == "PLAIN");
    if plain && config.security.tls.is_none() {
        tracing::warn!(
            "kafka: KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT with KAFKA_SASL_MECHANISM=PLAIN sends the password to {} \
             unencrypted; use SASL_SSL",
            config.bootstrap_servers
        );
    }
}

/// What to look at when a connection is refused for this reason.
pub(super) fn remedy(code: Code, reason: &str) -> Option<&'static str> {
    let reason = reason.to_ascii_lowercase();
    let said = |texts: &[&str]| texts.iter().any(|text| reason.contains(text));
    // The other side's words come first: they arrive under several codes.
    if said(&["alert bad certificate", "certificate required", "alert certificate"]) {
        return Some("check KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION");
    }
    if said(&["listener?", "security.protocol"]) {
        return Some("check KAFKA_SECURITY_PROTOCOL");
    }
    match code {
        Code::UnsupportedSASLMechanism => Some("check KAFKA_SASL_MECHANISM"),
        Code::Authentication | Code::SaslAuthenticationFailed if said(&["supported mechanisms"]) => {
            Some("check KAFKA_SASL_MECHANISM")
        }
        Code::Authentication | Code::SaslAuthenticationFailed => {
            Some("check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD")
        }
        Code::SSL if said(&["certificate"]) => {
            Some("check KAFKA_SSL_CA_LOCATION, and that KAFKA_BOOTSTRAP_SERVERS has the name in the certificate")
        }
        // A reason that is known is kept, so here every connection was closed without one.
        Code::AllBrokersDown => Some(
            "connections are closed without a word, as by a listener that wants TLS or a password: check \
             KAFKA_SECURITY_PROTOCOL",
        ),
        Code::SSL | Code::IllegalSASLState | Code::SecurityDisabled => Some("check KAFKA_SECURITY_PROTOCOL"),
        _ => None,
    }
}

/// Whether an encrypted connection broke off while it was made, as it does when a broker goes away. That
/// mends itself, unlike a certificate that is not trusted.
pub(super) fn broke_off(code: Code, reason: &str) -> bool {
    code == Code::SSL && reason.contains("Disconnected")
}
