//! Keys that compare page addresses whatever their spelling.
//!
//! A source spells a page's address in one way; a browser, a newsletter or the text of another page
//! may spell it differently. [`key`] is the same for all spellings of one page.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use unicode_normalization::UnicodeNormalization;
use url::Url;

use super::MAX_SHORT_CHARS;

/// Parameters that track where a reader came from and do not identify the page: names in lower
/// case, as documented by the services that add them.
const TRACKING: [&str; 52] = [
    // Google Ads, Display & Video, Analytics, Merchant Center.
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    "_ga",
    "_gac",
    "_gl",
    // Meta.
    "fbclid",
    "igsh",
    "igshid",
    // Microsoft, X, TikTok, LinkedIn, Pinterest, Reddit, Snapchat.
    "msclkid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "epik",
    "rdt_cid",
    "sccid",
    // Yandex.
    "yclid",
    "ysclid",
    "ymclid",
    "_openstat",
    // Mailchimp, HubSpot, Marketo, Klaviyo, Omeda, Vero, MailerLite, Drip, Brevo.
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsctatracking",
    "mkt_tok",
    "_kx",
    "oly_anon_id",
    "oly_enc_id",
    "vero_conv",
    "vero_id",
    "ml_subscriber",
    "ml_subscriber_hash",
    "__s",
    "sib_id",
    // Matomo and its former name; Adobe; Wicked Reports.
    "pk_campaign",
    "pk_kwd",
    "pk_source",
    "pk_medium",
    "pk_content",
    "piwik_campaign",
    "piwik_kwd",
    "s_kwcid",
    "wickedid",
];

/// The prefixes of the names of tracking parameters, in lower case: those of Google Analytics,
/// which most other tools read too, and of Matomo.
const TRACKING_PREFIXES: [&str; 2] = ["utm_", "mtm_"];

/// The files that a server returns for the address of a folder.
const INDEX_FILES: [&str; 3] = ["index.html", "index.htm", "index.php"];

/// Every character except those that RFC 3986 (2.3) calls unreserved is percent-encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The key that all spellings of a page's address share; for comparison, not for following.
///
/// These differences are ignored: the scheme (`http`, `https`, `//` or none), user and password,
/// `www.`, the case of the host and whether it is in Unicode or Punycode, a port 80 or 443, slashes
/// at the end, `index.html`, `index.htm` or `index.php` at the end, the fragment, percent-encoding,
/// composed or decomposed accents, the order of parameters with different names, the `=` of an
/// empty parameter, and tracking parameters (`utm_…`, `mtm_…`, `fbclid` and the others in the list
/// above). All else counts: the rest of the host, the path with its case, the other parameters.
///
/// A text that is no address of a web page (a relative address, `mailto:`, a DOI) is its own key,
/// trimmed. The key of a key is the key itself.
pub fn key(url: &str) -> String {
    let text = url.trim();
    page_key(text).unwrap_or_else(|| text.to_owned())
}

/// The address of a link in a page's text. A relative link is resolved against the page's own
/// address where that has at most [`MAX_SHORT_CHARS`] characters. `None` for an empty link and for
/// one to a fragment of the same page.
pub fn linked(link: &str, page_url: Option<&str>) -> Option<String> {
    let link = link.trim();
    if link.is_empty() || link.starts_with('#') {
        return None;
    }
    let page_url = page_url.filter(|url| url.chars().nth(MAX_SHORT_CHARS).is_none());
    let completed = page_url.and_then(page).and_then(|page| page.join(link).ok());
    Some(completed.map_or_else(|| link.to_owned(), String::from))
}

/// An address to which a reader may be led, or from which a picture may be shown: one of `http` or
/// `https`, or a path, which is relative to the address of its page. `None` for any other, because
/// following another scheme may run or open something.
///
/// Addresses that parsers may read differently are refused: control characters inside, a colon or a
/// character reference in what might be a scheme. An address without a scheme that names a host
/// (`//host/`, `host:8080/`) gets `https`.
pub fn web(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if text.is_empty() || text.chars().any(char::is_control) {
        return None;
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Some(text.to_owned()),
        Err(url::ParseError::RelativeUrlWithoutBase) if text.starts_with(['/', '\\']) && is_network_path(text) => {
            let whole = format!("https:{text}");
            Url::parse(&whole).ok().map(|_| whole)
        }
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let first = text.split(['/', '\\', '?', '#']).next().unwrap_or_default();
            (!first.contains([':', '&'])).then(|| text.to_owned())
        }
        Ok(_) if begins_with_host(text) => {
            let whole = format!("https://{text}");
            Url::parse(&whole).ok().map(|_| whole)
        }
        _ => None,
    }
}

/// An address seen from the page that shows it (RFC 3986, 5): absolute if the page's address is, and
/// from the root if that is a path. Without a page, the address as it is.
pub fn seen_from(page: Option<&str>, address: &str) -> String {
    let absolute = |page: &str| Some(String::from(Url::parse(page).ok()?.join(address).ok()?));
    let from_root = |page: &str| {
        let root = Url::parse("http://localhost/").ok()?;
        let seen = root.join(page).ok()?.join(address).ok()?;
        Some(match seen.origin() == root.origin() {
            true => seen[url::Position::BeforePath..].to_owned(),
            false => seen.into(),
        })
    };
    page.and_then(|page| absolute(page).or_else(|| from_root(page))).unwrap_or_else(|| address.to_owned())
}

/// Whether a text begins with a host but no scheme (RFC 3986, 4.2); browsers take `\` for `/`.
fn is_network_path(text: &str) -> bool {
    text.bytes().take(2).filter(|byte| matches!(byte, b'/' | b'\\')).count() == 2
}

fn page_key(text: &str) -> Option<String> {
    let url = page(text)?;
    let host = url.host_str()?;
    // A dot at the end marks a fully qualified name.
    let host = host.strip_suffix('.').unwrap_or(host);
    let host = host.trim_start_matches("www.");
    if host.is_empty() || host.ends_with('.') {
        return None;
    }
    let mut key = format!("//{host}");
    if let Some(port) = url.port().filter(|port| ![80, 443].contains(port)) {
        key.push_str(&format!(":{port}"));
    }
    let mut segments: Vec<String> = url.path().split('/').skip(1).map(|segment| normal(segment.as_bytes())).collect();
    while segments.last().is_some_and(|last| last.is_empty() || INDEX_FILES.contains(&last.as_str())) {
        segments.pop();
    }
    for segment in segments {
        key.push('/');
        key.push_str(&segment);
    }
    for (index, (name, value)) in parameters(url.query().unwrap_or_default()).into_iter().enumerate() {
        key.push(if index == 0 { '?' } else { '&' });
        key.push_str(&format!("{name}={value}"));
    }
    Some(key)
}

/// The address of a web page, parsed as browsers do (WHATWG URL); the scheme is insignificant.
fn page(text: &str) -> Option<Url> {
    let has_scheme = |scheme: &str| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let whole: Cow<'_, str> = if has_scheme("http:") || has_scheme("https:") {
        text.into()
    } else if text.starts_with("//") {
        format!("https:{text}").into()
    } else if begins_with_host(text) {
        format!("https://{text}").into()
    } else {
        return None;
    };
    Url::parse(&whole).ok()
}

/// Whether a text without a scheme begins with a host: `ires.example`, `10.0.0.1:8080`.
fn begins_with_host(text: &str) -> bool {
    let authority = text.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let is_name = || {
        let (rest, top) = host.rsplit_once('.').unwrap_or_default();
        !rest.is_empty() && !rest.starts_with('.') && !rest.contains('@') && top.starts_with(char::is_alphabetic)
    };
    port.bytes().all(|byte| byte.is_ascii_digit()) && (host.parse::<Ipv4Addr>().is_ok() || is_name())
}

/// The parameters that identify a page, sorted by name; those with the same name keep their order.
fn parameters(query: &str) -> Vec<(String, String)> {
    let read = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let [name, value] = [name, value].map(|text| normal(text.replace('+', " ").as_bytes()));
        (name, value)
    };
    let parts = query.split('&').filter(|part| !part.is_empty()).map(read);
    let mut parameters: Vec<(String, String)> = parts.filter(|(name, _)| !is_tracking(name)).collect();
    parameters.sort_by(|(a, _), (b, _)| a.cmp(b));
    parameters
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A part of an address in its one percent-encoding; composed (NFC) where it is UTF-8.
fn normal(part: &[u8]) -> String {
    let bytes: Cow<'_, [u8]> = percent_decode(part).into();
    match std::str::from_utf8(&bytes) {
        Ok(text) => {
            let composed: String = text.nfc().collect();
            percent_encode(composed.as_bytes(), RESERVED).to_string()
        }
        Err(_) => percent_encode(&bytes, RESERVED).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_completed_by_the_page_that_shows_it() {
        for (page, address, expected) in [
            (Some("https://a.example/es/x"), "/up/b.jpg", "https://a.example/up/b.jpg"),
            (Some("https://a.example/es/x"), "../b c.jpg", "https://a.example/b%20c.jpg"),
            (Some("https://a.example/es/x"), "//cdn.example/b.jpg", "https://cdn.example/b.jpg"),
            (Some("https://a.example/es/x"), "http://b.example/b.jpg", "http://b.example/b.jpg"),
            (Some("/es/x"), "../b.jpg?w=2", "/b.jpg?w=2"),
            (Some("/es/x"), "https://b.example/b.jpg", "https://b.example/b.jpg"),
            (None, "img/b.jpg", "img/b.jpg"),
        ] {
            assert_eq!(seen_from(page, address), expected, "{page:?} {address}");
        }
    }

    /// The parts of an address that identify a page.
    #[derive(Debug, Clone)]
    struct Page {
        host: Vec<String>,
        port: Option<u16>,
        path: Vec<String>,
        parameters: Vec<(String, String)>,
    }

    impl Page {
        fn url(&self) -> String {
            let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
            let path: String = self.path.iter().map(|segment| format!("/{segment}")).collect();
            let query: Vec<String> =
                self.parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
            let mark = if query.is_empty() { "" } else { "?" };
            format!("https://{}{port}{path}{mark}{}", self.host.join("."), query.join("&"))
        }
    }

    fn encoded(text: &str) -> String {
        percent_encode(text.as_bytes(), RESERVED).to_string()
    }

    fn pages() -> impl Strategy<Value = Page> {
        let name = prop_oneof!["[a-z]{1,3}", "[a-zé_]{1,3}"];
        (
            "[a-vé]{1,4}",
            "(org|example|fr)",
            proptest::option::of(1_000u16..2_000),
            proptest::collection::vec("[a-zA-Zóñ~!',;:@*()-]{1,5}", 0..4),
            proptest::collection::btree_map(name, "[a-zó+&=/ ]{0,4}", 0..4),
        )
            .prop_map(|(host, top, port, path, parameters)| Page {
                host: vec![host, top],
                port,
                path,
                parameters: parameters.into_iter().filter(|(name, _)| !is_tracking(name)).collect(),
            })
    }

    /// A text with each character percent-encoded in lower or upper case or left as it is, chosen
    /// by a list of numbers.
    fn half_encoded(text: &str, how: &[u8]) -> String {
        let spelled = |(c, how): (char, &u8)| match how % 3 {
            _ if "/?&=%#".contains(c) => c.to_string(),
            0 => c.to_string(),
            1 => c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
            _ => c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
        };
        text.chars().zip(how.iter().cycle()).map(spelled).collect()
    }

    #[test]
    fn only_addresses_of_http_and_https_are_accepted() {
        for (text, expected) in [
            ("https://a.example/x?y=javascript:1#z", Some("https://a.example/x?y=javascript:1#z")),
            (" HTTP://A.example\n", Some("HTTP://A.example")),
            ("\u{1}https://a.example", Some("https://a.example")),
            ("//b.example/x", Some("https://b.example/x")),
            ("\\/b.example/x", Some("https:\\/b.example/x")),
            ("ires.example:8080/es", Some("https://ires.example:8080/es")),
            ("/es/becas", Some("/es/becas")),
            ("img/a:b.png", Some("img/a:b.png")),
            ("../a.png?x=1&y", Some("../a.png?x=1&y")),
            ("", None),
            ("https://", None),
            ("//", None),
            ("javascript:alert(1)", None),
            (" JaVaScRiPt:alert(1)", None),
            ("\u{1}javascript:alert(1)", None),
            ("java\tscript:alert(1)", None),
            ("java\u{1}script:alert(1)", None),
            ("java script:alert(1)", None),
            ("\u{feff}javascript:alert(1)", None),
            ("\u{200b}javascript:alert(1)", None),
            ("javascript&#58;alert(1)", None),
            ("javascript&colon;alert(1)", None),
            ("&#106;avascript:alert(1)", None),
            ("javascript:80//%0aalert(1)", None),
            ("vbscript:x", None),
            ("data:text/html,x", None),
            ("blob:https://a.example/x", None),
            ("view-source:https://a.example", None),
            ("filesystem:https://a.example/x", None),
            ("file:///etc/passwd", None),
            ("ftp://a.example/x", None),
            ("mailto:a@b.example", None),
            ("tel:1", None),
            (":alert(1)", None),
        ] {
            assert_eq!(web(text).as_deref(), expected, "{text:?}");
        }
    }

    proptest! {
        /// On any page of the web, an accepted address leads to the web.
        #[test]
        fn accepted_addresses_lead_to_the_web(
            text in "[ \t\u{1}\u{feff}]?(java\tscript|JAVASCRIPT|data|https?|HTTP|a\\.b)?(:|&#58;|&colon;|%3a)?[/\\\\]{0,3}[a-z.:@&;\u{1}\n ]{0,8}"
        ) {
            if let Some(kept) = web(&text) {
                let page = Url::parse("https://a.example/b/c").unwrap();
                let whole = page.join(&kept).map(|url| url.scheme().to_owned()).unwrap_or("https".to_owned());
                prop_assert!(matches!(whole.as_str(), "http" | "https"), "{kept:?}");
                prop_assert_eq!(web(&kept), Some(kept));
            }
        }

        #[test]
        fn the_key_of_any_key_is_itself(text in any::<String>()) {
            let once = key(&text);
            prop_assert_eq!(key(&once), once);
        }

        #[test]
        fn the_key_of_an_address_like_key_is_itself(
            text in "(https?:|HTTP:)?(//)?(w{3}\\.){0,2}[a-z0-9.@:%éß\\[\\]-]{0,8}(/|/\\.|%2[eEfF]|%|index\\.php|\\\\|é|[a-z ]){0,8}(\\?([a-z&=+;%é#]|utm_){0,8})?"
        ) {
            let once = key(&text);
            prop_assert_eq!(key(&once), once);
        }

        #[test]
        fn the_spelling_of_an_address_does_not_matter(
            page in pages(),
            scheme in "(https://|http://|HTTPS://|//|)",
            user in "(ana:secret@)?",
            www in "(www\\.|WWW\\.)?",
            host_in_capitals in any::<bool>(),
            default_port in "(:80|:443|:)?",
            end in "(/|/index\\.html|/index\\.php|/index\\.htm/|)",
            fragment in "(#|#part|#:~:text=x)?",
            how in proptest::collection::vec(any::<u8>(), 7),
            tracking in proptest::collection::vec(("(utm_source|utm_x|fbclid|GCLID|mc_eid|_gl)", "[a-z]{0,2}", 0usize..4), 0..3),
            is_decomposed in any::<bool>(),
            order in any::<prop::sample::Index>(),
        ) {
            let known = key(&page.url());
            let host = page.host.join(".");
            let host = if host_in_capitals { host.to_uppercase() } else { host };
            let port = page.port.map_or(default_port, |port| format!(":{port}"));
            let mut path: String = page.path.iter().map(|segment| format!("/{}", half_encoded(segment, &how))).collect();
            if is_decomposed {
                path = page.path.iter().map(|segment| format!("/{}", segment.nfd())).collect();
            }
            let mut query: Vec<String> = page
                .parameters
                .iter()
                .map(|(name, value)| match value.as_str() {
                    "" => encoded(name),
                    value => format!("{}={}", half_encoded(name, &how), encoded(value).replace("%20", "+")),
                })
                .collect();
            let turn = if query.is_empty() { 0 } else { order.index(query.len()) };
            query.rotate_left(turn);
            for (name, value, index) in tracking {
                query.insert(index.min(query.len()), format!("{name}={value}"));
            }
            let mark = if query.is_empty() { "" } else { "?" };
            // Without a scheme, a user cannot be told from a host.
            let user = if scheme.is_empty() { "" } else { &user };
            let spelled = format!(" {scheme}{user}{www}{host}{port}{path}{end}{mark}{}{fragment}\n", query.join("&"));
            prop_assert_eq!(key(&spelled), known, "{}", spelled);
        }

        #[test]
        fn another_host_path_or_parameter_is_another_page(page in pages(), other in pages()) {
            let parts = |page: &Page| {
                let path: Vec<String> = page.path.iter().map(|segment| segment.nfc().collect()).collect();
                (page.host.clone(), page.port, path, page.parameters.clone())
            };
            prop_assert_eq!(key(&page.url()) == key(&other.url()), parts(&page) == parts(&other));
            let mut changed = page.clone();
            changed.parameters.push(("p".to_owned(), "12".to_owned()));
            prop_assert_ne!(key(&changed.url()), key(&page.url()));
            let with_12 = key(&changed.url());
            changed.parameters.pop();
            changed.parameters.push(("p".to_owned(), "13".to_owned()));
            prop_assert_ne!(key(&changed.url()), with_12);
        }

        #[test]
        fn any_link_resolves_against_any_page(link in any::<String>(), page in any::<String>()) {
            if let Some(linked) = linked(&link, Some(&page)) {
                prop_assert!(!linked.is_empty());
            }
        }
    }

    fn assert_one_key(spellings: &[&str]) {
        for spelling in spellings {
            assert_eq!(key(spelling), key(spellings[0]), "{spelling}");
        }
    }

    #[test]
    fn spellings_of_one_page_have_one_key() {
        assert_one_key(&[
            "https://www.ires.example/es/educación/?utm_source=boletin&lang=es#top",
            "http://ires.example:80/es/educaci%C3%B3n?lang=es",
            "//IRES.example/es/educaci%c3%b3n/?lang=es&fbclid=x",
            "ires.example/es/educacio\u{301}n?lang=es",
            "https://ires.example./es/./x/../educaci%C3%B3n/index.php?&lang=es&",
            "  HTTPS://ires.example:443/es/educación/?UTM_Medium=x&lang=%65s  ",
        ]);
        assert_eq!(key("https://ires.example/~ana/a,b"), key("https://ires.example/%7Eana/a%2Cb"));
        assert_one_key(&["https://münchen.example", "https://xn--mnchen-3ya.example/", "MÜNCHEN.example/index.html"]);
        assert_one_key(&["https://x.org/?a=1&b=2", "https://x.org?b=2&a=1", "x.org/index.php?b=2&a=1"]);
        assert_one_key(&["https://x.org/?a%20b=1+2", "https://x.org/?a+b=1%202"]);
        assert_one_key(&["http://10.0.0.1:8080/x", "10.0.0.1:8080/x/"]);
        assert_one_key(&["http://localhost:8080/x", "//localhost:8080/x/"]);
    }

    #[test]
    fn different_pages_have_different_keys() {
        let pages = [
            "https://x.org/",
            "https://x.org:8080/",
            "https://es.x.org/",
            "https://x.org/?p=12",
            "https://x.org/?p=13",
            "https://x.org/?lang=es",
            "https://x.org/?lang=es&p=12",
            "https://x.org/?p=12&p=13",
            "https://x.org/?p=13&p=12",
            "https://x.org/a/b",
            "https://x.org/A/b",
            "https://x.org/a%2Fb",
            "https://x.org/a%252Fb",
            "https://x.org/index.html/a",
            "https://x.org/home.html",
            "https://x.org/%F3",
            "https://x.org/%F1",
            "https://x.org/?q=a%26b=c",
            "https://x.org/?q=a&b=c",
            "https://x.org/?q=1%2B2",
            "https://x.org/?q=1+2",
        ];
        let keys: std::collections::BTreeSet<String> = pages.iter().map(|page| key(page)).collect();
        assert_eq!(keys.len(), pages.len(), "{keys:?}");
    }

    #[test]
    fn a_text_that_is_no_address_is_its_own_key() {
        let texts = [
            "",
            "Hello world.",
            "es/recognition",
            "/es/page/",
            "mailto:Ana@X.org",
            "Ana@x.org",
            "doi:10.1000/182",
            "10.1000/182",
            "urn:ISBN:0-395-36341-1",
            "http://",
            "https:// x.org",
            "ftp://X.org/a/",
            "./x",
            "..",
        ];
        for text in texts {
            assert_eq!(key(&format!("\t{text} ")), text);
        }
    }

    #[test]
    fn a_relative_link_is_resolved() {
        let page = Some("https://x.org/es/a/b?p=1");
        let found = |link: &str| linked(link, page).unwrap_or_default();
        assert_eq!(found("../c#d"), "https://x.org/es/c#d");
        assert_eq!(found("c"), "https://x.org/es/a/c");
        assert_eq!(found("/c"), "https://x.org/c");
        assert_eq!(found("//y.org/c"), "https://y.org/c");
        assert_eq!(found("http://y.org/c"), "http://y.org/c");
        assert_eq!(found("mailto:ana@x.org"), "mailto:ana@x.org");
        assert_eq!(linked("#part", page), None);
        assert_eq!(linked("  ", page), None);
        for page in [None, Some("es/a")] {
            assert_eq!(linked("../c", page).as_deref(), Some("../c"));
        }
    }
}
