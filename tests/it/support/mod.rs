//! What several suites need: the binary as a server, and a client that keeps its connection.

pub mod library;
pub mod makers;
pub mod open_metrics;
pub mod random;
pub mod served;
pub mod site;
pub mod state;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything that is waited for takes on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The project's own articles.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Asks until the answer is yes; fails, saying what was waited for, after [`PATIENCE`].
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited too long for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The binary, away from this process's settings, in a folder.
pub fn fichero(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fichero"));
    command.current_dir(folder).stdin(Stdio::null());
    for name in ["RUST_LOG", "FICHERO_DATA", "FICHERO_CONFIG", "FICHERO_LISTEN", "FICHERO_LOG_FORMAT", "FICHERO_TOKEN"]
    {
        command.env_remove(name);
    }
    command
}

/// Runs the binary to its end, which must be a good one.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = fichero(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Runs the binary and reads the JSON that it prints.
pub fn run_json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_slice(&run(folder, arguments).stdout).unwrap()
}

/// A server, ended with its value.
pub struct Server {
    child: Child,
    /// `127.0.0.1:12345`.
    pub address: String,
    /// What it printed first.
    pub announcement: String,
    log: PathBuf,
}

impl Server {
    /// Starts `fichero serve` in a folder, on a port that the system chooses, and waits until it
    /// says that it answers.
    pub fn start(folder: &Path, arguments: &[&str]) -> Server {
        Server::start_with(folder, arguments, &[])
    }

    /// As [`Server::start`], with environment variables.
    pub fn start_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut command = fichero(folder);
        command.args(arguments).args(["serve", "--listen", "127.0.0.1:0"]).envs(environment.iter().copied());
        Server::start_by(command, folder)
    }

    /// As [`Server::start`], by a command that becomes the server; its log goes into the folder.
    pub fn start_by(mut command: Command, folder: &Path) -> Server {
        let log = folder.join(format!("server-{:?}.log", Instant::now()).replace([' ', '{', '}', ':', ','], ""));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server { child, address: String::new(), announcement: String::new(), log };
        // The announcement is three lines; a server that fails closes its output.
        let (sender, announced) = mpsc::channel();
        thread::spawn(move || sender.send(out.lines().take(3).collect::<Result<Vec<_>, _>>()));
        match announced.recv_timeout(PATIENCE) {
            Ok(lines) => server.announcement = lines.unwrap().join("\n"),
            Err(_) => panic!("waited too long for the server's announcement: {}", server.log()),
        }
        let Some((_, rest)) = server.announcement.split_once("http://") else {
            panic!("the server did not start: {:?} {}", server.announcement, server.log());
        };
        server.address = rest.split('/').next().unwrap().to_owned();
        server
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// A new connection to it.
    pub fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to end.
    #[cfg(unix)]
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        wait_until("the server's end", || !self.is_running());
        self.child.wait().unwrap()
    }

    /// Asks it to end, waits, and gives back how it ended and what it logged.
    #[cfg(unix)]
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.terminate();
        let status = self.wait();
        (status, self.log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One kept-alive connection; it is never opened anew.
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Client {
    /// Connects.
    pub fn new(address: &str) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { stream: BufReader::new(stream) }
    }

    /// As [`Client::new`], where the server may be gone.
    #[cfg(feature = "crash-points")]
    pub fn try_new(address: &str) -> std::io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client { stream: BufReader::new(stream) })
    }

    /// Posts lines of JSON, all at once, where the server may end in the middle; gives back the
    /// status and how many lines of JSON came back whole.
    #[cfg(feature = "crash-points")]
    pub fn try_stream(&mut self, path: &str, headers: &[(&str, &str)], lines: &[u8]) -> std::io::Result<(u16, usize)> {
        self.try_ask("POST", path, &[headers, &[("connection", "close")]].concat(), lines)?;
        let mut answer = Vec::new();
        // What came before a connection is reset counts.
        if let Err(error) = self.stream.read_to_end(&mut answer)
            && answer.is_empty()
        {
            return Err(error);
        }
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
        let is_whole = |line: &str| serde_json::from_str(line).is_ok_and(|line: Value| line.is_object());
        Ok((status, answer.lines().filter(|line| is_whole(line)).count()))
    }

    fn try_ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<()> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: fichero\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if method != "GET" {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        self.try_send(&[request.as_bytes(), body].concat())
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).unwrap();
    }

    /// As [`Client::send`], where the server may have closed.
    pub fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Asks for an address.
    pub fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: fichero\r\n\r\n").as_bytes());
        self.receive()
    }

    /// As [`Client::get`], where the server may end in the middle.
    pub fn try_get(&mut self, path: &str) -> std::io::Result<Answer> {
        self.try_request("GET", path, &[], b"")
    }

    /// Asks by any method, with a body, where the server may end in the middle.
    pub fn try_request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        self.try_ask(method, path, headers, body)?;
        let mut lines: Vec<String> = Vec::new();
        while lines.last().is_none_or(|line| !line.is_empty()) {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            lines.push(line.strip_suffix("\r\n").ok_or_else(broken)?.to_owned());
        }
        let status = lines[0].split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
        let mut answer = Answer { status, headers: Vec::new(), body: Vec::new() };
        for (name, value) in lines.iter().filter_map(|line| line.split_once(':')) {
            answer.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = answer.headers.iter().find(|(name, _)| name == "content-length").expect("a content-length");
        answer.body.resize(length.1.parse().unwrap(), 0);
        self.stream.read_exact(&mut answer.body)?;
        Ok(answer)
    }

    /// Reads one answer.
    pub fn receive(&mut self) -> Answer {
        let mut answer = self.receive_head();
        let length = answer.headers.iter().find(|(name, _)| name == "content-length").expect("a content-length");
        answer.body.resize(length.1.parse().unwrap(), 0);
        self.stream.read_exact(&mut answer.body).unwrap();
        answer
    }

    /// Reads an answer up to its body.
    pub fn receive_head(&mut self) -> Answer {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(
                self.stream.read_line(&mut line).unwrap(),
                0,
                "the server closed the connection after {lines:?}"
            );
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &String| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        Answer { status, headers: lines[1..].iter().map(header).collect(), body: Vec::new() }
    }

    /// Reads what is left until the server closes.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        rest
    }
}
