//! TLS and SASL settings of librdkafka, and remedies for its errors.

use super::errors;
use crate::config::{KafkaConfig, KafkaSecurity};
use rdkafka::{ClientConfig, types::RDKafkaErrorCode as Code};
use secrecy::ExposeSecret;

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

/// Warns when a password is sent unencrypted.
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

/// OpenSSL's text for an untrusted certificate.
const UNTRUSTED: &str = "certificate verify failed";

/// The settings to check when a connection is refused for this reason.
pub(super) fn remedy(code: Code, reason: &str) -> Option<&'static str> {
    let reason = reason.to_ascii_lowercase();
    let said = |texts: &[&str]| texts.iter().any(|text| reason.contains(text));
    // The peer's alerts come first: they arrive under several codes.
    if said(&["alert bad certificate", "certificate required", "alert certificate"]) {
        return Some("check KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION");
    }
    if said(&[UNTRUSTED]) {
        return Some("check KAFKA_SSL_CA_LOCATION, and that KAFKA_BOOTSTRAP_SERVERS has the name in the certificate");
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
        // A known reason is kept, so every connection was closed without one here.
        Code::AllBrokersDown => Some(
            "connections are closed without a reason, as by a listener that requires TLS or a password: check \
             KAFKA_SECURITY_PROTOCOL",
        ),
        Code::SSL | Code::IllegalSASLState | Code::SecurityDisabled => Some("check KAFKA_SECURITY_PROTOCOL"),
        _ => None,
    }
}

/// Whether a person must correct a setting or a permission.
pub(super) fn is_fatal(code: Code, reason: &str) -> bool {
    reason.contains(UNTRUSTED) || errors::is_fatal(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    // As a broker of version 4.1 and librdkafka 2.12 with OpenSSL 3 say it.
    const CASES: [(Code, &str, &str, bool); 7] = [
        (
            Code::Authentication,
            "SASL authentication error: Authentication failed: Invalid username or password (after 300ms in state AUTH_REQ)",
            "KAFKA_SASL_PASSWORD",
            true,
        ),
        (
            Code::Authentication,
            "SASL authentication error: Authentication failed during authentication due to invalid credentials with SASL \
             mechanism SCRAM-SHA-256",
            "KAFKA_SASL_PASSWORD",
            true,
        ),
        (
            Code::SSL,
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be \
             verified, verify that ssl.ca.location is correctly configured",
            "KAFKA_SSL_CA_LOCATION",
            true,
        ),
        // The same trouble a moment later, under another code.
        (
            Code::BrokerTransportFailure,
            "error:0A000086:SSL routines::certificate verify failed (after 3ms in state SSL_HANDSHAKE)",
            "KAFKA_SSL_CA_LOCATION",
            true,
        ),
        (
            Code::BrokerTransportFailure,
            "Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert number 42",
            "KAFKA_SSL_CERTIFICATE_LOCATION",
            false,
        ),
        (
            Code::BrokerTransportFailure,
            "SSL handshake failed: Disconnected: SSL connection closed by peer: connecting to a PLAINTEXT broker listener?",
            "KAFKA_SECURITY_PROTOCOL",
            false,
        ),
        (Code::AllBrokersDown, "1/1 brokers are down", "KAFKA_SECURITY_PROTOCOL", false),
    ];

    #[test]
    fn every_refusal_names_the_setting_to_look_at() {
        for (code, reason, variable, fatal) in CASES {
            let remedy = remedy(code, reason).unwrap_or_default();
            assert!(remedy.contains(variable), "{reason}: {remedy}");
            assert_eq!(is_fatal(code, reason), fatal, "{reason}");
        }
        assert_eq!(
            remedy(Code::BrokerTransportFailure, "Connect to ipv4#127.0.0.1:9 failed: Connection refused"),
            None
        );
    }
}
