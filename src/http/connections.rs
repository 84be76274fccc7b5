//! The server's connections: how many there are, how long they may be idle, how they end.
//!
//! `axum::serve` would do but for its limits: it sets none on the head of a request, on idle
//! connections, or on their number.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWrite;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tower::Service;

use super::settings::ServiceSettings;

/// The longest head of a request: an address of 64 KB (beyond, it is refused as such), and as
/// much for the headers.
const MAX_HEAD_BYTES: usize = 128 << 10;
/// The most headers a request may have.
const MAX_HEADERS: usize = 100;
/// How long to wait where no connection can be accepted, all file handles being used.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What a client is told that does not come to the end of a request's head.
const HEAD_TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Answers connections until `ended` completes, and then until the requests in flight are
/// answered.
pub async fn serve(listener: TcpListener, router: Router, settings: &ServiceSettings, ended: impl Future<Output = ()>) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(settings.idle_timeout())
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES);
    let (builder, idle_timeout) = (Arc::new(builder), settings.idle_timeout());
    let room = Arc::new(Semaphore::new(settings.max_connections.get() as usize));
    let (end, ending) = watch::channel(());
    let mut ended = std::pin::pin!(ended);
    loop {
        let next = async {
            let place = room.clone().acquire_owned().await;
            (accept(&listener).await, place)
        };
        let ((stream, peer), place) = tokio::select! {
            next = next => next,
            () = &mut ended => break,
        };
        let (builder, router, ending) = (builder.clone(), router.clone(), ending.clone());
        tokio::spawn(async move {
            answer(&builder, stream, peer, router, idle_timeout, ending).await;
            drop(place);
        });
    }
    drop(listener);
    drop(ending);
    end.send_replace(());
    // Every connection holds a receiver to its end.
    end.closed().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // It was given up before it was taken.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(
    builder: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    idle_timeout: Duration,
    mut ending: watch::Receiver<()>,
) {
    // Small answers would wait for the client's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "setting a connection up");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        Box::pin(async move { Service::call(&mut router, request).await as Result<Response, Infallible> })
    });
    // A client that reads nothing of its answer would keep its place for ever.
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(idle_timeout));
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut is_ending = false;
    let outcome = loop {
        tokio::select! {
            outcome = poll_fn(|context| connection.poll_without_shutdown(context)) => break outcome,
            _ = ending.changed(), if !is_ending => {
                is_ending = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    if let Err(error) = &outcome {
        tracing::debug!(%error, "a connection failed");
        // A client that has sent nothing of a request waits for no answer.
        if error.is_timeout() && !parts.read_buf.is_empty() {
            let _ = stream.get_ref().try_write(HEAD_TOO_SLOW);
        }
    }
    // It may be gone already.
    let _ = poll_fn(|context| stream.as_mut().poll_shutdown(context)).await;
}
