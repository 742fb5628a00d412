//! tokio-tungstenite 0.24 without TLS, in place of 0.21 with rustls 0.22 and its open advisories. The interface is the
//! same. serenity's REST client requires TLS for its WebSocket too, but only tests use that, over `ws://`.

pub use plain::*;
