//! Accepts connections, limits their number and their idle time, and closes them.
//!
//! `axum::serve` has no limits on the head of a request, on idle connections, or on the number of
//! connections.

pub(crate) mod connection_limit;
pub(crate) mod descriptors;
pub(crate) mod watched;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower::Service;

use self::connection_limit::{ConnectionLimit, ConnectionPermit, Patience};
use self::watched::{AbandonedBody, AnswerBody, RequestBody, SECURITY_HEADERS, WatchedStream};
use super::middleware::client_ip::{client_address, is_proxy};
use super::state::rate_limiter::bucket_of;
use crate::config::http::ServiceSettings;

/// The longest head of a request: an address of 64 KB (a longer one is refused with its own
/// status), and as much for the headers.
const MAX_HEAD_BYTES: usize = 128 << 10;
/// The most headers of a request.
const MAX_HEADERS: usize = 100;
/// How many connections may wait to be accepted; the system may allow fewer. When more arrive at
/// once, the clients of the rest retry a second later.
const BACKLOG: i32 = 4_096;
/// How long to wait before trying again where no connection can be closed for a new one.
const PAUSE: Duration = Duration::from_millis(10);
/// How often a failure to accept connections is logged.
const WARN_EVERY: Duration = Duration::from_secs(10);
/// How long a client may keep sending data that is no longer read, so that it gets to read the
/// error response; and how long it may be silent meanwhile. Closing at once would reset the
/// connection and lose the response.
const LINGER: Duration = Duration::from_secs(10);
const LINGER_SILENCE: Duration = Duration::from_secs(1);
/// The first lines of the response to a client that does not complete a request's head in time.
const HEAD_TOO_SLOW: &str = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n";

/// The state that all connections share.
struct ListenerState {
    builder: http1::Builder,
    router: Router,
    patience: Patience,
    trusted_proxies: Vec<IpNet>,
}

/// Serves connections until `ended` completes, and then until the requests in flight are answered.
pub async fn serve(listener: TcpListener, router: Router, settings: &ServiceSettings, ended: impl Future<Output = ()>) {
    let mut builder = http1::Builder::new();
    // The time limit of a head is enforced below: idle connections and incomplete heads have
    // different limits.
    builder.timer(TokioTimer::new()).header_read_timeout(None).max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD_BYTES);
    let idle = settings.idle_timeout();
    let shared = Arc::new(ListenerState {
        builder,
        router,
        patience: Patience { idle, head: idle.min(settings.request_timeout()) },
        trusted_proxies: settings.trusted_proxies.clone(),
    });
    if let Err(error) = SockRef::from(&listener).listen(BACKLOG) {
        tracing::debug!(%error, "the accept backlog could not be raised");
    }
    let limit = ConnectionLimit::new(descriptors::connections(settings.max_connections.get() as usize));
    let (end, ending) = watch::channel(());
    let mut ended = std::pin::pin!(ended);
    let mut warned = None;
    loop {
        let next = async {
            let accepted = accept(&listener, &limit, &mut warned).await;
            while !limit.make_room() {
                sleep(PAUSE).await;
            }
            accepted
        };
        let (stream, peer) = tokio::select! {
            next = next => next,
            () = &mut ended => break,
        };
        let address = peer.ip().to_canonical();
        let is_direct = !is_proxy(address, &shared.trusted_proxies);
        let permit = Arc::new(limit.register(is_direct.then(|| bucket_of(address))));
        let (shared, ending) = (shared.clone(), ending.clone());
        tokio::spawn(async move { answer(&shared, stream, peer, permit, ending).await });
    }
    drop(listener);
    drop(ending);
    end.send_replace(());
    // Every connection holds a receiver until it ends.
    end.closed().await;
}

async fn accept(
    listener: &TcpListener,
    limit: &ConnectionLimit,
    warned: &mut Option<Instant>,
) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client closed the connection before it was accepted.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            // File descriptors or memory ran out: close a connection that waits for its client.
            Err(error) => {
                if warned.is_none_or(|warned| warned.elapsed() > WARN_EVERY) {
                    *warned = Some(Instant::now());
                    tracing::warn!(%error, "a connection could not be accepted");
                }
                limit.evict_one();
                sleep(PAUSE).await;
            }
        }
    }
}

/// How a connection ended.
enum ConnectionEnd {
    /// Regularly, or with an error of the protocol.
    Closed(hyper::Result<()>),
    /// The client was silent for too long.
    TimedOut,
    /// It was closed for a new connection.
    Evicted,
}

async fn answer(
    shared: &ListenerState,
    stream: TcpStream,
    peer: SocketAddr,
    permit: Arc<ConnectionPermit>,
    mut ending: watch::Receiver<()>,
) {
    // With Nagle's algorithm, small responses would wait for the client to acknowledge the previous
    // one.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let state = permit.connection().clone();
    let is_unread = AbandonedBody::default();
    let (requests, request_state) = (is_unread.clone(), permit.clone());
    let service = service_fn(|request: hyper::Request<Incoming>| {
        Box::pin(respond(shared, peer, request, request_state.clone(), requests.clone()))
    });
    let io = TokioIo::new(WatchedStream::new(stream, state.clone()));
    let mut connection = shared.builder.serve_connection(io, service);
    let mut is_ending = false;
    let mut sleep = Box::pin(sleep_until(Instant::now()));
    let outcome = loop {
        let closed_or_late = poll_fn(|context| {
            if let Poll::Ready(closed) = connection.poll_without_shutdown(context) {
                return Poll::Ready(ConnectionEnd::Closed(closed));
            }
            // The connection's state changes only while it is polled.
            let Some(deadline) = state.deadline(shared.patience).map(Instant::from_std) else { return Poll::Pending };
            if sleep.deadline() != deadline {
                sleep.as_mut().reset(deadline);
            }
            sleep.as_mut().poll(context).map(|()| ConnectionEnd::TimedOut)
        });
        tokio::select! {
            outcome = closed_or_late => break outcome,
            () = state.evicted() => break ConnectionEnd::Evicted,
            _ = ending.changed(), if !is_ending => {
                is_ending = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let (mut stream, is_at_end) = connection.into_parts().io.into_inner().into_inner();
    let is_in_head = state.is_in_head();
    let is_refused = match &outcome {
        ConnectionEnd::Closed(closed) => {
            if let Err(error) = closed {
                tracing::debug!(%error, "a connection failed");
            }
            is_unread.is_abandoned() || closed.is_err()
        }
        ConnectionEnd::TimedOut => is_in_head,
        ConnectionEnd::Evicted => false,
    };
    // A client that has sent no part of a request expects no response.
    if is_in_head && !matches!(outcome, ConnectionEnd::Closed(_)) {
        let _ = stream.try_write(format!("{HEAD_TOO_SLOW}{SECURITY_HEADERS}\r\n").as_bytes());
    }
    // The connection may be closed already.
    let _ = poll_fn(|context| tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut stream), context)).await;
    if is_refused && !is_at_end && !is_ending {
        state.answered();
        tokio::select! {
            _ = timeout(LINGER, discard(&stream)) => {}
            () = state.evicted() => {}
            _ = ending.changed() => {}
        }
    }
}

/// Reads until the client closes its side or is silent for too long.
async fn discard(stream: &TcpStream) {
    let mut bytes = vec![0; 16 << 10];
    loop {
        match stream.try_read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if !matches!(timeout(LINGER_SILENCE, stream.readable()).await, Ok(Ok(()))) {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

/// Passes the request to the router. A response that leaves the request's body unread closes the
/// connection.
async fn respond(
    shared: &ListenerState,
    peer: SocketAddr,
    request: hyper::Request<Incoming>,
    permit: Arc<ConnectionPermit>,
    is_unread: AbandonedBody,
) -> Result<Response, Infallible> {
    let state = permit.connection();
    state.head_received();
    let mut request: Request = request.map(|body| Body::new(RequestBody::new(body, state.clone(), is_unread.clone())));
    request.extensions_mut().insert(ConnectInfo(peer));
    if is_proxy(peer.ip().to_canonical(), &shared.trusted_proxies) {
        permit.set_client(bucket_of(client_address(&request, &shared.trusted_proxies)));
    }
    let mut router = shared.router.clone();
    let mut response = (Service::call(&mut router, request).await as Result<Response, Infallible>)?;
    if is_unread.is_abandoned() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Body::new(AnswerBody::new(body, state.clone()))))
}
