//! `rtfm health`: whether a running service is alive, for containers that bring no other tool.

use crate::fault::Fault;
use clap::Args;
use rtfm_shared::config::{Env, HttpConfig};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long a living service may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The address to ask [default: /healthz at HTTP_ADDR, else http://127.0.0.1:9600/healthz]
    #[arg(long)]
    url: Option<String>,
}

impl Health {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let url = match self.url {
            Some(url) => url,
            None => own_url(&super::environment()?)?,
        };
        let (authority, path) = parts(&url)?;
        let failed = |fault: String| Fault::Failed(format!("{url}: {fault}"));
        let status = tokio::time::timeout(PATIENCE, status_of(&authority, &path))
            .await
            .map_err(|_| failed(format!("no word within {} s", PATIENCE.as_secs())))?
            .map_err(|error| failed(error.to_string()))?;
        match status {
            Some(200..=299) => Ok(()),
            Some(status) => Err(failed(format!("answered with status {status}"))),
            None => Err(failed("did not answer in HTTP".to_owned())),
        }
    }
}

/// The service's own door: where it listens on every address, loopback reaches it.
fn own_url(env: &Env) -> Result<String, Fault> {
    let http = HttpConfig::from_env(env, Some(super::up::DOOR))?;
    let address = http.address.ok_or_else(|| Fault::Usage("HTTP_ADDR is off: there is no door to ask".to_owned()))?;
    let reachable = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, v6.port())),
        other => other,
    };
    Ok(format!("http://{reachable}/healthz"))
}

fn parts(url: &str) -> Result<(String, String), Fault> {
    let rest = url.strip_prefix("http://");
    let rest = rest.ok_or_else(|| {
        Fault::Usage(format!("--url {url}: must begin with http://, for instance http://127.0.0.1:9600/healthz"))
    })?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    Ok((authority, format!("/{path}")))
}

async fn status_of(authority: &str, path: &str) -> std::io::Result<Option<u16>> {
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = Vec::new();
    stream.take(1024).read_to_end(&mut start).await?;
    let start = String::from_utf8_lossy(&start);
    let mut words = start.split_ascii_whitespace();
    let protocol = words.next().unwrap_or_default();
    Ok(words.next().filter(|_| protocol.starts_with("HTTP/")).and_then(|status| status.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_door_is_asked_on_loopback() {
        assert_eq!(own_url(&Env::default()).unwrap(), "http://127.0.0.1:9600/healthz");
        assert_eq!(own_url(&Env::of([("HTTP_ADDR", "0.0.0.0:8080")])).unwrap(), "http://127.0.0.1:8080/healthz");
        assert_eq!(own_url(&Env::of([("HTTP_ADDR", "[::]:8080")])).unwrap(), "http://[::1]:8080/healthz");
        assert!(own_url(&Env::of([("HTTP_ADDR", "off")])).is_err());
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
