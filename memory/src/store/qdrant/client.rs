//! Connects to the server, and maps its failures to [`StoreError`].

use crate::store::{QdrantConfig, StoreError};
use qdrant_client::{Qdrant, QdrantError, qdrant::HealthCheckReply};
use secrecy::ExposeSecret;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

// gRPC status codes. The client does not export their type.
const INVALID_ARGUMENT: i32 = 3;
const NOT_FOUND: i32 = 5;
const ALREADY_EXISTS: i32 = 6;
const PERMISSION_DENIED: i32 = 7;
const OUT_OF_RANGE: i32 = 11;
const UNIMPLEMENTED: i32 = 12;
const UNAUTHENTICATED: i32 = 16;

/// Builds a client. It connects at its first request.
pub(super) fn client(config: &QdrantConfig) -> Result<Qdrant, StoreError> {
    let mut builder = Qdrant::from_url(&config.address())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        // The check would block this thread and print to stdout.
        .skip_compatibility_check();
    if let Some(key) = &config.api_key {
        builder = builder.api_key(key.expose_secret());
    }
    builder.build().map_err(store_error)
}

/// The first version with conditional writes (`update_filter`). Older versions silently ignore the condition.
const MIN_VERSION: (u64, u64) = (1, 16);

/// Asks the server for its version, and refuses one below [`MIN_VERSION`].
pub(super) async fn check_version(client: &Qdrant) -> Result<HealthCheckReply, StoreError> {
    let server = client.health_check().await.map_err(store_error)?;
    let version = &server.version;
    let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']).map_while(|part| part.parse().ok());
    let (found, (major, minor)) = ((numbers.next(), numbers.next()), MIN_VERSION);
    match found {
        (Some(found_major), Some(found_minor)) if (found_major, found_minor) >= MIN_VERSION => Ok(server),
        (Some(_), Some(_)) => Err(StoreError::Unusable(format!(
            "Qdrant {version} does not support conditional writes; use {major}.{minor} or newer"
        ))),
        // A version without numbers is a custom build, and presumably recent.
        _ => Ok(server),
    }
}

/// The failure of a batch request to which the server returned too few results.
pub(super) fn incomplete_answer() -> StoreError {
    StoreError::Unavailable("Qdrant returned an incomplete batch".to_owned())
}

/// Maps a failure of the client. The result contains only the status message, because the error's full text can contain
/// request headers.
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
            "Qdrant: {message}; if the collection was deleted while in use, a restart creates it again, empty"
        )),
        PERMISSION_DENIED | UNAUTHENTICATED => {
            StoreError::Unusable(format!("Qdrant denies access: {message}; check QDRANT_API_KEY"))
        }
        UNIMPLEMENTED => StoreError::Unusable(format!(
            "Qdrant does not support the request: {message}; check that QDRANT_URL names its gRPC port (6334) and that \
             its version is current"
        )),
        _ if message.contains("InvalidCertificate") => StoreError::Unavailable(format!(
            "Qdrant: {message}; check that QDRANT_URL has the host name of the certificate, and that the system (or \
             the file in SSL_CERT_FILE) trusts the certificate's authority"
        )),
        _ => StoreError::Unavailable(format!("Qdrant: {message}")),
    }
}
