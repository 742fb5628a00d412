//! URLs without encryption: which of them stay on this machine or in its containers' network.

use parking_lot::Mutex;
use std::collections::BTreeSet;
use url::{Host, Url};

/// The variables that were warned of.
static WARNED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether what is sent to a URL can be read on its way to another machine. A host name without a dot belongs to a
/// private network of containers (docker-compose.yml).
fn is_exposed(url: &Url) -> bool {
    let is_single_label = url.domain().is_some_and(|name| !name.trim_end_matches('.').contains('.'));
    url.scheme() == "http" && !is_loopback(url) && !is_single_label
}

/// Warns of a URL without encryption to another machine, once per variable. Before logs are set up it does nothing.
pub(crate) fn warn_of_plain_http(variable: &str, url: &Url) {
    if is_exposed(url) && tracing::dispatcher::has_been_set() && WARNED.lock().insert(variable.to_owned()) {
        tracing::warn!(
            "{variable} begins with http:// and names another machine, so texts and keys travel there unencrypted; use \
             https://"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_safe_on_this_machine_and_among_containers() {
        let exposed = |url: &str| is_exposed(&Url::parse(url).unwrap());
        for url in [
            "http://qdrant.example:6334",
            "http://10.0.0.5:6334",
            "http://192.168.1.7",
            "http://[2001:db8::1]:6334",
            "http://localhost.example",
        ] {
            assert!(exposed(url), "{url}");
            assert!(!exposed(&url.replace("http:", "https:")), "{url}");
        }
        for url in [
            "http://localhost:6334",
            "http://api.localhost",
            "http://127.0.0.1:6334",
            "http://[::1]:6334",
            "http://qdrant:6334",
        ] {
            assert!(!exposed(url), "{url}");
        }
    }
}
