//! A connection that can be reset from outside, even while a request on it is being handled.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Ends a connection with a reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kill(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    thrown: AtomicBool,
    waker: AtomicWaker,
}

impl Kill {
    /// Resets the connection now.
    pub(crate) fn now(&self) {
        self.0.thrown.store(true, Ordering::SeqCst);
        self.0.waker.wake();
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<io::Error> {
        self.0.waker.register(cx.waker());
        if self.0.thrown.load(Ordering::SeqCst) {
            Poll::Ready(io::ErrorKind::ConnectionReset.into())
        } else {
            Poll::Pending
        }
    }
}

/// A TLS connection with its kill switch.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    kill: Kill,
}

impl Connection {
    pub(crate) fn new(stream: TlsStream<TcpStream>) -> Self {
        Self { stream, kill: Kill::default() }
    }

    pub(crate) fn kill(&self) -> Kill {
        self.kill.clone()
    }

    fn check(&self, cx: &Context<'_>) -> Option<io::Error> {
        match self.kill.poll(cx) {
            Poll::Ready(error) => {
                // With zero linger, dropping the socket sends RST.
                let _ = self.stream.get_ref().0.set_zero_linger();
                Some(error)
            }
            Poll::Pending => None,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.check(cx) {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.check(cx) {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.check(cx).is_some() {
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        Poll::Ready(Ok(()))
    }
}
