//! A certificate authority for one run, and the server certificate it signs.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The hosts the fake answers for.
pub(crate) const HOSTS: [&str; 4] = ["discord.com", "cdn.discordapp.com", "media.discordapp.net", "gateway.discord.gg"];

/// The authority's certificate, and the TLS acceptor with a certificate that it signed.
pub(crate) struct Authority {
    pub(crate) pem: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl Authority {
    /// A new authority; its key never leaves the process.
    pub(crate) fn new() -> Self {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        ca.distinguished_name.push(DnType::CommonName, "RTFM testkit authority");
        let ca_key = KeyPair::generate().expect("a key pair can be made");
        let certificate = ca.self_signed(&ca_key).expect("the authority can sign itself");
        let pem = certificate.pem();
        let issuer = Issuer::new(ca, ca_key);

        let names: Vec<String> = HOSTS.iter().map(|host| (*host).to_owned()).collect();
        let mut server = CertificateParams::new(names).expect("the hosts are valid names");
        server.distinguished_name.push(DnType::CommonName, "discord.com");
        server.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().expect("a key pair can be made");
        let chain = server.signed_by(&key, &issuer).expect("the authority can sign");

        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions")
            .with_no_client_auth()
            .with_single_cert(vec![chain.der().clone()], key)
            .expect("the certificate fits its key");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { pem, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}
