//! ChromeDriver, started once on a port of its own choice, and its protocol: JSON over HTTP
//! (W3C WebDriver). The driver holds its browsers by a pipe, and a shell holds the driver by
//! another: however this process ends, they end too, and their folder is removed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

/// Longer than a page takes on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs the driver until nobody holds its own input any more. Browsers take a moment to end after
/// it, and write into their folders meanwhile.
const KEEPER: &str = r#"chromedriver --port=0 & read -r _; kill $!; wait
for _ in 1 2 3 4 5; do rm -rf "$TMPDIR" 2> /dev/null; sleep 1; if [ ! -e "$TMPDIR" ]; then break; fi; done"#;

struct Driver {
    address: String,
    agent: ureq::Agent,
    /// Holds the pipe that keeps the driver.
    _keeper: Child,
}

static DRIVER: LazyLock<Driver> = LazyLock::new(|| {
    let folder = tempfile::Builder::new().prefix("fichero-browser-").tempdir().unwrap().keep();
    let mut keeper = Command::new("sh")
        .args(["-c", KEEPER])
        .env("TMPDIR", &folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned())
    });
    let port = port.expect("ChromeDriver does not start: is it installed?");
    std::thread::spawn(move || lines.count());
    let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false);
    Driver { address: format!("http://127.0.0.1:{port}"), agent: config.build().into(), _keeper: keeper }
});

/// Sends a command below an address of the driver; what it answers, or its error.
pub(crate) fn command(method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", DRIVER.address))
        .header("content-type", "application/json");
    let body = if method == "POST" { body.to_string() } else { String::new() };
    let mut response = DRIVER.agent.run(request.body(body).unwrap()).map_err(|error| error.to_string())?;
    let text = response.body_mut().read_to_string().map_err(|error| error.to_string())?;
    let mut answer: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
    let value = answer["value"].take();
    match value["error"].as_str() {
        Some(error) if !response.status().is_success() => {
            let message = value["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
            Err(format!("{error}: {message}"))
        }
        _ => Ok(value),
    }
}
