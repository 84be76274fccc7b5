//! A server of the real binary, and a client that keeps its connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server over a data folder; it ends with its value.
pub(crate) struct Server {
    child: Child,
    /// `127.0.0.1:12345`.
    pub(crate) address: String,
}

impl Server {
    /// Starts it on a port that the system chooses, and waits until it answers.
    pub(crate) fn start(data: &Path) -> Server {
        Server::with(data, None)
    }

    /// As [`Server::start`], of any build, with an environment variable.
    pub(crate) fn with(data: &Path, environment: Option<(&str, &str)>) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fichero"))
            .args(["--data", data.to_str().unwrap(), "serve", "--listen", "127.0.0.1:0"])
            .current_dir(data)
            .envs(environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut announced = String::new();
        let out = child.stdout.take().unwrap();
        let mut server = Server { child, address: String::new() };
        BufReader::new(out).read_line(&mut announced).unwrap();
        let address = announced.split("http://").nth(1).expect("an address");
        server.address = address.trim().trim_end_matches('/').to_owned();
        server
    }
}

impl Server {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One kept-alive connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
    line: String,
}

impl Client {
    /// Connects.
    pub(crate) fn new(address: &str) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream: BufReader::with_capacity(1 << 16, stream), body: Vec::new(), line: String::new() }
    }

    /// The body of a good answer.
    pub(crate) fn get(&mut self, path: &str) -> &[u8] {
        let status = self.ask(&format!("GET {path} HTTP/1.1\r\nhost: fichero\r\n\r\n"));
        assert_eq!(status, 200, "{path}");
        &self.body
    }

    /// Sends a whole request; the status of its answer.
    pub(crate) fn ask(&mut self, request: &str) -> u16 {
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut status = 0;
        let mut length = None;
        for number in 0.. {
            self.line.clear();
            self.stream.read_line(&mut self.line).unwrap();
            let line = self.line.trim_end();
            if number == 0 {
                status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
            } else if line.is_empty() {
                break;
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse::<usize>().ok();
            }
        }
        self.body.resize(length.expect("a length"), 0);
        self.stream.read_exact(&mut self.body).unwrap();
        status
    }
}
