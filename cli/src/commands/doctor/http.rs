//! Check of the health address: it must be free, or serve one of our services.

use super::unset;
use crate::{
    checks::{Check, within},
    health_client,
};
use rtfm_shared::config::HttpConfig;
use std::net::{SocketAddr, TcpListener};

const NAME: &str = "health";

pub(super) async fn check(http: Option<&HttpConfig>) -> Check {
    match http.map(|http| http.address) {
        None => unset(NAME),
        Some(None) => Check::skipped(NAME, "HTTP_ADDR is off, so health and metrics are not served"),
        Some(Some(address)) if address.port() == 0 => Check::passed(NAME, "HTTP_ADDR selects any free port"),
        Some(Some(address)) => within(NAME, check_address(address)).await,
    }
}

async fn check_address(address: SocketAddr) -> Check {
    let Err(error) = TcpListener::bind(address) else {
        return Check::passed(NAME, format!("{address} is free"));
    };
    if error.kind() != std::io::ErrorKind::AddrInUse {
        let finding = format!("cannot listen on {address}: {error}");
        return Check::failed(
            NAME,
            finding,
            "set HTTP_ADDR to an address of this machine, for instance 127.0.0.1:9600",
        );
    }
    match health_client::get(&health_client::reachable(address).to_string(), "/healthz").await {
        Ok(Some((200, body))) if body.contains("alive") => {
            Check::passed(NAME, format!("a service is alive at {address}"))
        }
        _ => Check::failed(
            NAME,
            format!("another program uses {address}"),
            "set HTTP_ADDR to another address, as 127.0.0.1:9601, or to off",
        ),
    }
}
