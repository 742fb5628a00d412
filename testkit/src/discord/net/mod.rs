//! The wire below HTTP: certificates, TLS, the CONNECT proxy, and connections that can be reset.

pub(crate) mod io;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod tls;
