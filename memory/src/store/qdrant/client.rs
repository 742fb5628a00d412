//! The connection to the server, and what its failures mean.

use crate::store::{QdrantConfig, StoreError};
use qdrant_client::{Qdrant, QdrantError, qdrant::HealthCheckReply};
use secrecy::ExposeSecret;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(10);

// gRPC's status codes, as numbers: the client does not export their type.
const INVALID_ARGUMENT: i32 = 3;
const NOT_FOUND: i32 = 5;
const ALREADY_EXISTS: i32 = 6;
const PERMISSION_DENIED: i32 = 7;
const OUT_OF_RANGE: i32 = 11;
const UNIMPLEMENTED: i32 = 12;
const UNAUTHENTICATED: i32 = 16;

/// A client that connects when it is first used.
pub(super) fn client(config: &QdrantConfig) -> Result<Qdrant, StoreError> {
    let mut builder = Qdrant::from_url(&config.address())
        .connect_timeout(CONNECT)
        .timeout(REQUEST)
        // It would block this thread and print to the standard output.
        .skip_compatibility_check();
    if let Some(key) = &config.api_key {
        builder = builder.api_key(key.expose_secret());
    }
    if config.exposes_key() {
        tracing::warn!("QDRANT_API_KEY travels unencrypted: QDRANT_URL begins with http://; use https://");
    }
    builder.build().map_err(store_error)
}

/// The first version that compares within a write (`update_filter`). An older one would ignore the condition in
/// silence.
const OLDEST: (u64, u64) = (1, 16);

/// Who the server is. One that is too old is refused.
pub(super) async fn check_version(client: &Qdrant) -> Result<HealthCheckReply, StoreError> {
    let server = client.health_check().await.map_err(store_error)?;
    let version = &server.version;
    let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']).map_while(|part| part.parse().ok());
    let (found, (major, minor)) = ((numbers.next(), numbers.next()), OLDEST);
    match found {
        (Some(found_major), Some(found_minor)) if (found_major, found_minor) >= OLDEST => Ok(server),
        (Some(_), Some(_)) => Err(StoreError::Unusable(format!(
            "Qdrant is {version}, and cannot compare versions within a write; {major}.{minor} or newer is needed"
        ))),
        // A build with a name instead of a number is somebody's own, and new.
        _ => Ok(server),
    }
}

/// What a failure means for the caller. The error's own text can carry headers, so only the status's
/// message is passed on.
pub(super) fn store_error(error: QdrantError) -> StoreError {
    let status = match &error {
        QdrantError::ResponseError { status } => status,
        QdrantError::ResourceExhaustedError { status, .. } => {
            return StoreError::Unavailable(format!("Qdrant is overloaded: {}", status.message()));
        }
        QdrantError::Io(error) => return StoreError::Unavailable(format!("Qdrant: {error}")),
        QdrantError::ConversionError(reason) => return StoreError::Refused(reason.clone()),
        other => return StoreError::Unusable(format!("Qdrant: {other}")),
    };
    let message = status.message();
    match status.code() as i32 {
        INVALID_ARGUMENT | ALREADY_EXISTS | OUT_OF_RANGE => StoreError::Refused(format!("Qdrant: {message}")),
        NOT_FOUND => StoreError::Unusable(format!(
            "Qdrant: {message}; was the collection deleted while in use? A restart creates it again, empty"
        )),
        PERMISSION_DENIED | UNAUTHENTICATED => {
            StoreError::Unusable(format!("Qdrant does not let us in: {message}; check QDRANT_API_KEY"))
        }
        UNIMPLEMENTED => StoreError::Unusable(format!(
            "Qdrant cannot do this: {message}; check that QDRANT_URL is its gRPC port (6334) and that it is up to date"
        )),
        _ if message.contains("InvalidCertificate") => StoreError::Unavailable(format!(
            "Qdrant: {message}; check that QDRANT_URL has the name in the certificate, and that its authority is among \
             the system's (or in the file that SSL_CERT_FILE names)"
        )),
        _ => StoreError::Unavailable(format!("Qdrant: {message}")),
    }
}
