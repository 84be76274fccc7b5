//! The server's connections: how many there are, which give way, how they end.
//!
//! `axum::serve` would do but for its limits: it sets none on the head of a request, on idle
//! connections, or on their number.

pub(crate) mod descriptors;
pub(crate) mod room;
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

use self::room::{ConnectionPermit, Patience, Room};
use self::watched::{AnswerBody, GivenUp, RequestBody, WatchedStream};
use super::middleware::client_ip::{client_address, is_proxy};
use super::state::rate_limiter::bucket_of;
use crate::config::http::ServiceSettings;

/// The longest head of a request: an address of 64 KB (beyond, it is refused as such), and as
/// much for the headers.
const MAX_HEAD_BYTES: usize = 128 << 10;
/// The most headers a request may have.
const MAX_HEADERS: usize = 100;
/// How many connections may wait to be accepted; the system may allow fewer. With fewer than come at
/// once, the rest tries again a second later.
const BACKLOG: i32 = 4_096;
/// How long to wait where nothing gives way to a new connection.
const PAUSE: Duration = Duration::from_millis(10);
/// How often it is logged that connections cannot be accepted.
const WARN_EVERY: Duration = Duration::from_secs(10);
/// How long a client may go on sending what is not read any more, so that it comes to read why;
/// and for how long it may send nothing meanwhile. (Closing at once would reset the connection, and
/// with it the answer.)
const LINGER: Duration = Duration::from_secs(10);
const LINGER_SILENCE: Duration = Duration::from_secs(1);
/// What a client is told that does not come to the end of a request's head.
const HEAD_TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\nx-content-type-options: nosniff\r\nreferrer-policy: same-origin\r\n\r\n";

/// What all connections share.
struct ListenerState {
    builder: http1::Builder,
    router: Router,
    patience: Patience,
    trusted_proxies: Vec<IpNet>,
}

/// Answers connections until `ended` completes, and then until the requests in flight are
/// answered.
pub async fn serve(listener: TcpListener, router: Router, settings: &ServiceSettings, ended: impl Future<Output = ()>) {
    let mut builder = http1::Builder::new();
    // How long a head may take is seen to here: an idle connection and a head that has begun differ.
    builder.timer(TokioTimer::new()).header_read_timeout(None).max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD_BYTES);
    let idle = settings.idle_timeout();
    let shared = Arc::new(ListenerState {
        builder,
        router,
        patience: Patience { idle, head: idle.min(settings.request_timeout()) },
        trusted_proxies: settings.trusted_proxies.clone(),
    });
    if let Err(error) = SockRef::from(&listener).listen(BACKLOG) {
        tracing::debug!(%error, "the backlog of connections stays as it is");
    }
    let room = Room::new(descriptors::connections(settings.max_connections.get() as usize));
    let (end, ending) = watch::channel(());
    let mut ended = std::pin::pin!(ended);
    let mut warned = None;
    loop {
        let next = async {
            let accepted = accept(&listener, &room, &mut warned).await;
            while !room.make() {
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
        let place = Arc::new(room.enter(is_direct.then(|| bucket_of(address))));
        let (shared, ending) = (shared.clone(), ending.clone());
        tokio::spawn(async move { answer(&shared, stream, peer, place, ending).await });
    }
    drop(listener);
    drop(ending);
    end.send_replace(());
    // Every connection holds a receiver to its end.
    end.closed().await;
}

async fn accept(listener: &TcpListener, room: &Room, warned: &mut Option<Instant>) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // It was given up before it was taken.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            // File descriptors or memory ran out: somebody who only waits gives way.
            Err(error) => {
                if warned.is_none_or(|warned| warned.elapsed() > WARN_EVERY) {
                    *warned = Some(Instant::now());
                    tracing::warn!(%error, "a connection could not be accepted");
                }
                room.shrink();
                sleep(PAUSE).await;
            }
        }
    }
}

/// How a connection ended.
enum ConnectionEnd {
    /// By what was said on it.
    Closed(hyper::Result<()>),
    /// The client was waited for too long.
    TimedOut,
    /// Others needed its place.
    GaveWay,
}

async fn answer(
    shared: &ListenerState,
    stream: TcpStream,
    peer: SocketAddr,
    place: Arc<ConnectionPermit>,
    mut ending: watch::Receiver<()>,
) {
    // Small answers would wait for the client's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "setting a connection up");
    }
    let state = place.connection().clone();
    let is_unread = GivenUp::default();
    let (requests, request_state) = (is_unread.clone(), place.clone());
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
            // What is going on changes only while the connection is polled.
            let Some(deadline) = state.deadline(shared.patience).map(Instant::from_std) else { return Poll::Pending };
            if sleep.deadline() != deadline {
                sleep.as_mut().reset(deadline);
            }
            sleep.as_mut().poll(context).map(|()| ConnectionEnd::TimedOut)
        });
        tokio::select! {
            outcome = closed_or_late => break outcome,
            () = state.has_to_go() => break ConnectionEnd::GaveWay,
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
            is_unread.is_so() || closed.is_err()
        }
        ConnectionEnd::TimedOut => is_in_head,
        ConnectionEnd::GaveWay => false,
    };
    // A client that has sent nothing of a request waits for no answer.
    if is_in_head && !matches!(outcome, ConnectionEnd::Closed(_)) {
        let _ = stream.try_write(HEAD_TOO_SLOW);
    }
    // It may be gone already.
    let _ = poll_fn(|context| tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut stream), context)).await;
    if is_refused && !is_at_end && !is_ending {
        state.answered();
        tokio::select! {
            _ = timeout(LINGER, discard(&stream)) => {}
            () = state.has_to_go() => {}
            _ = ending.changed() => {}
        }
    }
}

/// Reads until the client has ended or goes silent.
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

/// Asks the router; whoever leaves a request's body unread says that the connection ends.
async fn respond(
    shared: &ListenerState,
    peer: SocketAddr,
    request: hyper::Request<Incoming>,
    place: Arc<ConnectionPermit>,
    is_unread: GivenUp,
) -> Result<Response, Infallible> {
    let state = place.connection();
    state.asked();
    let mut request: Request = request.map(|body| Body::new(RequestBody::new(body, state.clone(), is_unread.clone())));
    request.extensions_mut().insert(ConnectInfo(peer));
    if is_proxy(peer.ip().to_canonical(), &shared.trusted_proxies) {
        place.asked_by(bucket_of(client_address(&request, &shared.trusted_proxies)));
    }
    let mut router = shared.router.clone();
    let mut response = (Service::call(&mut router, request).await as Result<Response, Infallible>)?;
    if is_unread.is_so() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Body::new(AnswerBody::new(body, state.clone()))))
}
