//! The doors of running services: what they say over HTTP of themselves.

use crate::fault::Fault;
use rtfm_shared::config::HttpConfig;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Where the door of `rtfm up` is without `HTTP_ADDR`, and of every service in a container.
pub(crate) const UP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9600);
/// Where those of `rtfm-bot` and `rtfm-processor` are.
const ALONE: [SocketAddr; 2] = [
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9601),
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9602),
];
/// The longest answer that is read.
const LONGEST: u64 = 256 << 10;

/// Where doors of this machine's services may be: at `HTTP_ADDR`, else where each service has its own.
pub(crate) fn all(http: &HttpConfig, is_set: bool) -> Vec<SocketAddr> {
    match (http.address, is_set) {
        (Some(address), true) => vec![reachable(address)],
        (Some(_), false) => std::iter::once(UP).chain(ALONE).collect(),
        (None, _) => Vec::new(),
    }
}

/// Where a service listens on every address, loopback reaches it.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, v6.port())),
        other => other,
    }
}

/// Host with port, and path, of an address that begins with http://.
pub(crate) fn parts(url: &str) -> Result<(String, String), Fault> {
    let rest = url.strip_prefix("http://");
    let rest = rest.ok_or_else(|| {
        Fault::Usage(format!("--url {url}: must begin with http://, for instance http://127.0.0.1:9600/healthz"))
    })?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    Ok((authority, format!("/{path}")))
}

/// Asks a door: the status and the body; none when what answers does not speak HTTP.
pub(crate) async fn get(authority: &str, path: &str) -> std::io::Result<Option<(u16, String)>> {
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
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
    fn a_door_on_every_address_is_asked_on_loopback() {
        let doors = |text: &str| {
            let env = Env::of([("HTTP_ADDR", text)]);
            let http = HttpConfig::from_env(&env, Some(UP)).unwrap();
            all(&http, env.get("HTTP_ADDR").is_some()).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(doors("0.0.0.0:8080"), ["127.0.0.1:8080"]);
        assert_eq!(doors("[::]:8080"), ["[::1]:8080"]);
        assert_eq!(doors("off"), Vec::<String>::new());
        assert_eq!(doors(""), ["127.0.0.1:9600", "127.0.0.1:9601", "127.0.0.1:9602"]);
    }

    #[test]
    fn addresses_are_taken_apart() {
        let parts = |url| parts(url).unwrap();
        assert_eq!(parts("http://bot:9600/healthz"), ("bot:9600".to_owned(), "/healthz".to_owned()));
        assert_eq!(parts("http://bot"), ("bot:80".to_owned(), "/".to_owned()));
        assert_eq!(parts("http://[::1]:9600/x/y"), ("[::1]:9600".to_owned(), "/x/y".to_owned()));
        assert!(super::parts("https://bot/").is_err());
    }
}
