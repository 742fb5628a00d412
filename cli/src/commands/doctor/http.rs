//! The door where health and metrics are shown: free, or a service of ours behind it.

use super::unset;
use crate::{
    checks::{Check, within},
    door,
};
use rtfm_shared::config::HttpConfig;
use std::net::{SocketAddr, TcpListener};

const NAME: &str = "health";

pub(super) async fn look(http: Option<&HttpConfig>) -> Check {
    match http.map(|http| http.address) {
        None => unset(NAME),
        Some(None) => Check::skipped(NAME, "HTTP_ADDR is off: no health and no metrics are shown"),
        Some(Some(address)) if address.port() == 0 => Check::well(NAME, "HTTP_ADDR takes any free port"),
        Some(Some(address)) => within(NAME, door_at(address)).await,
    }
}

async fn door_at(address: SocketAddr) -> Check {
    let Err(error) = TcpListener::bind(address) else {
        return Check::well(NAME, format!("{address} is free"));
    };
    if error.kind() != std::io::ErrorKind::AddrInUse {
        let what = format!("{address} cannot be listened at: {error}");
        return Check::failed(NAME, what, "set HTTP_ADDR to an address of this machine, for instance 127.0.0.1:9600");
    }
    match door::get(&door::reachable(address).to_string(), "/healthz").await {
        Ok(Some((200, body))) if body.contains("alive") => {
            Check::well(NAME, format!("a service is alive at {address}"))
        }
        _ => Check::failed(
            NAME,
            format!("{address} is taken by another program"),
            "choose another, HTTP_ADDR=127.0.0.1:9601, or HTTP_ADDR=off",
        ),
    }
}
