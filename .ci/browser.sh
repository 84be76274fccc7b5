#!/usr/bin/env bash
# The widgets and the pages in a real browser: `cargo test --test browser -- --ignored`. Arguments are
# passed to `cargo test`, such as the features that it is built with elsewhere.
#
# Needs Chromium and ChromeDriver, of Debian or of the same names; they are installed where they
# are missing and that is possible (apt-get, as root or by sudo without a password). axe-core, the
# rules for accessibility (MPL-2.0), comes by npm into target/, for this suite only. What cannot
# be had is told and skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
axe=axe-core@4.14.1

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

if ! command -v chromium > /dev/null || ! command -v chromedriver > /dev/null; then
    if command -v apt-get > /dev/null; then
        { as_root apt-get -qq update && as_root apt-get -qq install -y --no-install-recommends chromium chromium-driver; } || true
    fi
fi
if ! command -v chromium > /dev/null || ! command -v chromedriver > /dev/null; then
    echo "skipped: the tests in the browser, there is no chromium or no chromedriver and they cannot be installed"
    exit 0
fi

without=()
if [ "$(cat target/axe/complete 2> /dev/null)" != "$axe" ]; then
    if npm install --prefix target/axe --no-save --no-audit --no-fund --silent "$axe"; then
        echo "$axe" > target/axe/complete
    else
        echo "skipped: the rules for accessibility, $axe cannot be installed by npm"
        without=(--skip accessibility)
    fi
fi

cargo test "$@" --test browser -- --ignored --skip figures "${without[@]}"
# By themselves, that nothing else is at work: what a page weighs, and how soon it is seen.
cargo test "$@" --test browser -- --ignored --nocapture figures
