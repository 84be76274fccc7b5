//! A connection's stream and bodies, which record the connection's state.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::connection_limit::Connection;

/// The headers of every response, also of those to requests that never reach the router.
pub(super) const SECURITY_HEADERS: &str = "x-content-type-options: nosniff\r\nreferrer-policy: same-origin\r\n";

/// A stream that records when data arrives, and whether the client reads what is sent.
///
/// It also adds the [`SECURITY_HEADERS`] to hyper's own responses, to heads that hyper cannot parse.
pub(crate) struct WatchedStream {
    stream: TcpStream,
    connection: Arc<Connection>,
    is_at_end: bool,
    /// Whether all that was to be sent is sent: what is written next begins a response.
    is_flushed: bool,
}

impl WatchedStream {
    pub(crate) fn new(stream: TcpStream, connection: Arc<Connection>) -> WatchedStream {
        WatchedStream { stream, connection, is_at_end: false, is_flushed: true }
    }

    /// The stream, and whether the client has closed its sending side.
    pub(crate) fn into_inner(self) -> (TcpStream, bool) {
        (self.stream, self.is_at_end)
    }

    fn note<T>(&self, sent: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.connection.set_write_progress(sent.is_ready());
        sent
    }

    /// Hyper's own response with the [`SECURITY_HEADERS`], where `bytes` begin one: only there is a
    /// response written while a request's head is incomplete.
    fn with_security_headers(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if !(self.is_flushed && bytes.starts_with(b"HTTP/1.1 4") && self.connection.is_in_head()) {
            return None;
        }
        let end_of_status_line = bytes.windows(2).position(|pair| pair == b"\r\n")? + 2;
        let (status_line, rest) = bytes.split_at(end_of_status_line);
        Some([status_line, SECURITY_HEADERS.as_bytes(), rest].concat())
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, has_room) = (buffer.filled().len(), buffer.remaining() > 0);
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read {
            if buffer.filled().len() > before {
                self.connection.received();
            } else if has_room {
                self.is_at_end = true;
            }
        }
        read
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = match self.with_security_headers(bytes) {
            Some(response) => match Pin::new(&mut self.stream).poll_write(context, &response) {
                // A response of some hundred bytes fits a buffer from which everything was sent.
                Poll::Ready(Ok(length)) if length < response.len() => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(_)) => Poll::Ready(Ok(bytes.len())),
                unsent => unsent,
            },
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        };
        self.is_flushed &= sent.is_pending();
        self.note(sent)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_flushed = true;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [part] = parts {
            return self.poll_write(context, part);
        }
        let sent = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.is_flushed &= sent.is_pending();
        self.note(sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Whether a request's body was dropped before its end.
#[derive(Clone, Default)]
pub(crate) struct AbandonedBody(Arc<AtomicBool>);

impl AbandonedBody {
    /// Whether it was.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A request's body that records when it is awaited, and whether it was left unread.
pub(crate) struct RequestBody {
    body: Incoming,
    connection: Arc<Connection>,
    abandoned: AbandonedBody,
    is_complete: bool,
}

impl RequestBody {
    pub(crate) fn new(body: Incoming, connection: Arc<Connection>, abandoned: AbandonedBody) -> RequestBody {
        RequestBody { is_complete: body.is_end_stream(), body, connection, abandoned }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.connection.set_awaiting_body(frame.is_pending());
        self.is_complete = matches!(frame, Poll::Ready(None)) || self.body.is_end_stream();
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.connection.set_awaiting_body(false);
        if !self.is_complete {
            self.abandoned.0.store(true, Ordering::Release);
        }
    }
}

/// A response body that records its end.
pub(crate) struct AnswerBody {
    body: Body,
    connection: Arc<Connection>,
}

impl AnswerBody {
    pub(crate) fn new(body: Body, connection: Arc<Connection>) -> AnswerBody {
        AnswerBody { body, connection }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.connection.answered();
    }
}
