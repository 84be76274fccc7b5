//! A browser of a test's own: what a reader does with it, and what is seen in it. Whatever is
//! looked for stands in the page or in any shadow tree of it; whatever is expected is waited for.

use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::driver::command;

/// How long a page may take to come to what is expected.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(15);

/// What every script of a test can use.
const PRELUDE: &str = r#"
const all = (selector, root = document) => [...root.querySelectorAll(selector),
    ...[...root.querySelectorAll("*")].flatMap((element) => element.shadowRoot ? all(selector, element.shadowRoot) : [])];
const seen = (selector) => all(selector).filter((element) => element.checkVisibility({ visibilityProperty: true }));
const one = (selector) => all(selector)[0] ?? null;
const text = (selector) => one(selector)?.textContent.trim() ?? null;
const texts = (selector) => seen(selector).map((element) => element.textContent.trim());
const attribute = (selector, name) => one(selector)?.getAttribute(name) ?? null;
const style = (selector, name) => getComputedStyle(one(selector)).getPropertyValue(name);
const focused = (root = document) => root.activeElement?.shadowRoot?.activeElement ?? root.activeElement;
"#;

/// Runs before the scripts of every page: keeps what widgets tell and what a policy refuses.
const EARS: &str = r#"
window.told = []; window.refused = []; window.cancelled = [];
for (const name of ["fichero:search", "fichero:select"]) addEventListener(name, (event) => {
    told.push([name, event.detail]);
    if (cancelled.includes(event.detail.type ?? name)) event.preventDefault();
});
addEventListener("securitypolicyviolation", (event) => refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"#;

/// What a reader's browser is like.
pub(crate) struct Setup {
    /// Whether pages may run scripts.
    pub(crate) has_scripts: bool,
    /// A telephone: 360 pixels and a touch screen.
    pub(crate) is_phone: bool,
    /// What it asks servers for.
    pub(crate) languages: &'static str,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup { has_scripts: true, is_phone: false, languages: "en-GB,en" }
    }
}

/// A browser with one page.
pub(crate) struct Page {
    session: String,
    setup: Setup,
}

/// Opens a browser, does something with it, and closes it. In the end its console must be empty.
pub(crate) fn browse(visit: impl FnOnce(&Page)) {
    browse_as(Setup::default(), visit);
}

/// The same, in another reader's browser.
pub(crate) fn browse_as(setup: Setup, visit: impl FnOnce(&Page)) {
    let page = Page::new(setup);
    let result = catch_unwind(AssertUnwindSafe(|| {
        visit(&page);
        let complaints = page.complaints();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }));
    if result.is_err() {
        eprintln!("at {}", page.try_eval("location.href").unwrap_or_default());
        if let Some(name) = thread::current().name() {
            let _ = page.try_screenshot(&artifacts("failures").join(format!("{}.webp", name.replace("::", "."))));
        }
    }
    let _ = command("DELETE", &format!("/session/{}", page.session), &Value::Null);
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

/// A folder below `target`.
pub(crate) fn artifacts(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Page {
    fn new(setup: Setup) -> Page {
        let mut arguments = Vec::from([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
        ]);
        if !setup.is_phone {
            // A machine without a mouse would tell pages so.
            arguments.extend([
                "--window-size=1280,900",
                "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
            ]);
        }
        let scripts = if setup.has_scripts { 1 } else { 2 };
        let mut options = json!({
            "args": arguments,
            "prefs": {
                "profile.managed_default_content_settings.javascript": scripts,
                "intl.accept_languages": setup.languages,
            },
        });
        if setup.is_phone {
            options["mobileEmulation"] =
                json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0, "touch": true } });
        }
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let session = command("POST", "/session", &json!({ "capabilities": { "alwaysMatch": wanted } })).unwrap();
        let page = Page { session: session["sessionId"].as_str().unwrap().to_owned(), setup };
        if !page.setup.is_phone {
            page.is_sized(1280, 900);
        }
        page.cdp("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": EARS }));
        page
    }

    fn try_command(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        command(method, &format!("/session/{}{path}", self.session), body)
    }

    #[track_caller]
    fn command(&self, path: &str, body: &Value) -> Value {
        self.try_command("POST", path, body).unwrap_or_else(|error| panic!("{path} {body}: {error}"))
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub(crate) fn cdp(&self, name: &str, parameters: &Value) -> Value {
        self.command("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// Goes to an address, up to its `load`.
    #[track_caller]
    pub(crate) fn open(&self, address: &str) {
        self.command("/url", &json!({ "url": address }));
    }

    pub(crate) fn back(&self) {
        self.command("/back", &json!({}));
    }

    pub(crate) fn forward(&self) {
        self.command("/forward", &json!({}));
    }

    pub(crate) fn reload(&self) {
        self.command("/refresh", &json!({}));
    }

    /// The width and height of what is seen, in CSS pixels.
    pub(crate) fn is_sized(&self, width: u32, height: u32) {
        self.is_zoomed(width, height, 1.0);
    }

    /// The same, as a browser shows a page that is zoomed.
    pub(crate) fn is_zoomed(&self, width: u32, height: u32, scale: f64) {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false }),
        );
    }

    /// `light` or `dark`.
    pub(crate) fn prefers(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.cdp("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Runs statements; what they return.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        self.try_run(script, &json!([])).unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs statements that use `arguments`.
    pub(crate) fn try_run(&self, script: &str, arguments: &Value) -> Result<Value, String> {
        let script = format!("{PRELUDE}{script}");
        self.try_command("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// The value of an expression.
    #[track_caller]
    pub(crate) fn eval(&self, expression: &str) -> Value {
        self.try_eval(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    fn try_eval(&self, expression: &str) -> Result<Value, String> {
        self.try_run(&format!("return ({expression})"), &json!([]))
    }

    /// Waits until an expression has a value.
    #[track_caller]
    pub(crate) fn comes_to(&self, expression: &str, expected: impl Into<Value>) {
        let (begun, expected) = (Instant::now(), expected.into());
        loop {
            let value = self.try_eval(expression);
            if value.as_ref() == Ok(&expected) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{expression}\n  is {value:?}\n  not {expected}");
            thread::sleep(PAUSE);
        }
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn until(&self, expression: &str) {
        self.comes_to(&format!("!!({expression})"), true);
    }

    /// Waits until the browser is at an address that begins or goes on so; gives it back.
    #[track_caller]
    pub(crate) fn until_at(&self, part: &str) -> String {
        self.until(&format!("location.href.includes({})", json!(part)));
        self.eval("location.href").as_str().unwrap().to_owned()
    }

    /// Clicks in the middle of an element, which nothing may cover.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        self.until(&format!("seen({}).length", json!(selector)));
        let element = self.eval(&format!("seen({})[0]", json!(selector)));
        let element = element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.command(&format!("/element/{element}/click"), &json!({}));
    }

    #[track_caller]
    fn pointer(&self, kind: &str, selector: &str, actions: &[&str]) {
        loop {
            self.until(&format!("seen({}).length", json!(selector)));
            let element = self.eval(&format!("seen({})[0]", json!(selector)));
            let mut steps = vec![json!({ "type": "pointerMove", "duration": 0, "origin": element, "x": 0, "y": 0 })];
            steps.extend(actions.iter().map(|action| json!({ "type": action, "button": 0 })));
            let source =
                json!({ "type": "pointer", "id": kind, "parameters": { "pointerType": kind }, "actions": steps });
            match self.try_command("POST", "/actions", &json!({ "actions": [source] })) {
                Ok(_) => return,
                // A newer list has taken the place of the one that was seen; nothing was pressed.
                Err(error) if error.contains("stale element") => {}
                Err(error) => panic!("{kind} {selector}: {error}"),
            }
        }
    }

    /// Moves the mouse over an element.
    #[track_caller]
    pub(crate) fn hover(&self, selector: &str) {
        self.pointer("mouse", selector, &[]);
    }

    /// Presses the mouse's button over an element and holds it.
    #[track_caller]
    pub(crate) fn hold(&self, selector: &str) {
        self.pointer("mouse", selector, &["pointerDown"]);
    }

    /// Lets the mouse's button go.
    pub(crate) fn release(&self) {
        self.try_command("DELETE", "/actions", &Value::Null).unwrap();
    }

    /// Touches an element with a finger.
    #[track_caller]
    pub(crate) fn tap(&self, selector: &str) {
        self.pointer("touch", selector, &["pointerDown", "pointerUp"]);
    }

    /// Types text, all at once.
    #[track_caller]
    pub(crate) fn write(&self, text: &str) {
        let keys: Vec<String> = text.chars().map(String::from).collect();
        self.keys(&keys, &[]);
    }

    /// Presses a key by its name; names before it with `+` are held, as in `Shift+Tab`.
    #[track_caller]
    pub(crate) fn press(&self, keys: &str) {
        let mut names: Vec<String> = keys.split('+').map(key).collect();
        let last = names.split_off(names.len() - 1);
        self.keys(&last, &names);
    }

    #[track_caller]
    fn keys(&self, keys: &[String], held: &[String]) {
        let step = |kind: &str, key: &String| json!({ "type": kind, "value": key });
        let down = held.iter().map(|key| step("keyDown", key));
        let pressed = keys.iter().flat_map(|key| [step("keyDown", key), step("keyUp", key)]);
        let up = held.iter().rev().map(|key| step("keyUp", key));
        let steps: Vec<Value> = down.chain(pressed).chain(up).collect();
        self.command("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": steps }] }));
    }

    /// What the console and the page's policy have to say against it, since it was asked last.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.command("/se/log", &json!({ "type": "browser" }));
        let refused = self.eval("window.refused ?? []");
        let is_bad = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        let logged = log.as_array().unwrap().iter().filter(is_bad).map(|entry| &entry["message"]);
        let texts = logged.chain(refused.as_array().unwrap());
        texts.map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Takes away what the console says, all of which must tell of this.
    #[track_caller]
    pub(crate) fn complains_only_of(&self, what: &str) {
        for complaint in self.complaints() {
            assert!(complaint.contains(what), "{complaint}");
        }
    }

    fn try_screenshot(&self, path: &Path) -> Result<(), String> {
        let parameters = json!({ "format": "webp", "quality": 60 });
        let body = json!({ "cmd": "Page.captureScreenshot", "params": parameters });
        let shot = self.try_command("POST", "/goog/cdp/execute", &body)?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(shot["data"].as_str().unwrap_or_default())
            .map_err(|error| error.to_string())?;
        fs::write(path, bytes).map_err(|error| error.to_string())
    }

    /// Writes what is seen of the page.
    pub(crate) fn screenshot(&self, path: &Path) {
        self.try_screenshot(path).unwrap();
    }

    /// What reaches beyond the page's width, and what is squeezed to a column of letters: nothing,
    /// or a description of it.
    pub(crate) fn overflow(&self) -> String {
        let wide = self.run(
            "const room = document.documentElement.clientWidth;
            const isWide = document.scrollingElement.scrollWidth > room;
            const own = (element) => [...element.childNodes].map((node) => node.nodeValue ?? '').join('').trim();
            const isBad = (element) => {
                const { right, width, height } = element.getBoundingClientRect();
                return (isWide && right > room + 1) || (width > 1 && width < 40 && height > 3 * width && own(element).length > 9);
            };
            return seen('body *').filter(isBad).map((element) => element.outerHTML.slice(0, 120));",
        );
        let mut told = String::new();
        for element in wide.as_array().unwrap() {
            let _ = writeln!(told, "{element}");
        }
        told
    }
}

/// A key's code point in WebDriver.
fn key(name: &str) -> String {
    let code = match name {
        "Backspace" => '\u{e003}',
        "Tab" => '\u{e004}',
        "Enter" => '\u{e007}',
        "Shift" => '\u{e008}',
        "Control" => '\u{e009}',
        "Alt" => '\u{e00a}',
        "Escape" => '\u{e00c}',
        "Space" => ' ',
        "End" => '\u{e010}',
        "Home" => '\u{e011}',
        "ArrowLeft" => '\u{e012}',
        "ArrowUp" => '\u{e013}',
        "ArrowRight" => '\u{e014}',
        "ArrowDown" => '\u{e015}',
        letter if letter.chars().count() == 1 => return letter.to_owned(),
        _ => panic!("no key {name}"),
    };
    code.to_string()
}
