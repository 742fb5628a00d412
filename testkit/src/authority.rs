//! A certificate authority of a test's own, for servers that speak TLS.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// Signs certificates; its key never leaves the process.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, both PEM.
pub(crate) struct Signed {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    /// A new authority that nobody trusts yet.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "RTFM test authority");
        let key = KeyPair::generate().expect("a key pair can be made");
        let pem = params.self_signed(&key).expect("the authority can sign itself").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// The certificate a client needs to trust it.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for this name.
    pub(crate) fn sign(&self, name: &str) -> Signed {
        let mut params = CertificateParams::new([name.to_owned()]).expect("it is a valid name");
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().expect("a key pair can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("the authority can sign").pem();
        Signed { certificate, key: key.serialize_pem() }
    }
}
