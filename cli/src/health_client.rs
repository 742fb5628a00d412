//! A client for the health endpoints of running services.

use crate::error::CliError;
use rtfm_shared::config::HttpConfig;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Where the services listen without `HTTP_ADDR`.
const DEFAULT_ADDRESSES: [SocketAddr; 3] =
    [HttpConfig::UP_ADDRESS, HttpConfig::BOT_ADDRESS, HttpConfig::PROCESSOR_ADDRESS];
/// Longest response that the client reads.
const MAX_RESPONSE: u64 = 256 << 10;

/// Where services of this machine may listen: at `HTTP_ADDR` if it is set, else at each service's default.
pub(crate) fn candidates(http: &HttpConfig, is_set: bool) -> Vec<SocketAddr> {
    match (http.address, is_set) {
        (Some(address), true) => vec![reachable(address)],
        (Some(_), false) => DEFAULT_ADDRESSES.to_vec(),
        (None, _) => Vec::new(),
    }
}

/// The address to connect to: loopback for a service that listens on every address.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, v6.port())),
        other => other,
    }
}

/// Splits an `http://` URL into host with port, and path.
pub(crate) fn split_url(url: &str) -> Result<(String, String), CliError> {
    let rest = url.strip_prefix("http://");
    let rest = rest.ok_or_else(|| {
        CliError::Usage(format!("--url {url}: must begin with http://, for instance http://127.0.0.1:9600/healthz"))
    })?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    Ok((authority, format!("/{path}")))
}

/// Sends a GET request and returns status and body; `None` if the response is not HTTP.
pub(crate) async fn get(authority: &str, path: &str) -> std::io::Result<Option<(u16, String)>> {
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut response = Vec::new();
    stream.take(MAX_RESPONSE).read_to_end(&mut response).await?;
    let response = String::from_utf8_lossy(&response);
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    let mut words = head.split_ascii_whitespace();
    let protocol = words.next().unwrap_or_default();
    let status = words.next().filter(|_| protocol.starts_with("HTTP/")).and_then(|status| status.parse().ok());
    Ok(status.map(|status| (status, body.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::config::Env;

    #[test]
    fn a_service_on_every_address_is_reached_on_loopback() {
        let addresses = |text: &str| {
            let env = Env::of([("HTTP_ADDR", text)]);
            let http = HttpConfig::from_env(&env, Some(HttpConfig::UP_ADDRESS)).unwrap();
            candidates(&http, env.get("HTTP_ADDR").is_some()).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(addresses("0.0.0.0:8080"), ["127.0.0.1:8080"]);
        assert_eq!(addresses("[::]:8080"), ["[::1]:8080"]);
        assert_eq!(addresses("off"), Vec::<String>::new());
        assert_eq!(addresses(""), ["127.0.0.1:9600", "127.0.0.1:9601", "127.0.0.1:9602"]);
    }

    #[test]
    fn urls_are_split() {
        let split = |url| split_url(url).unwrap();
        assert_eq!(split("http://bot:9600/healthz"), ("bot:9600".to_owned(), "/healthz".to_owned()));
        assert_eq!(split("http://bot"), ("bot:80".to_owned(), "/".to_owned()));
        assert_eq!(split("http://[::1]:9600/x/y"), ("[::1]:9600".to_owned(), "/x/y".to_owned()));
        assert!(split_url("https://bot/").is_err());
    }
}
