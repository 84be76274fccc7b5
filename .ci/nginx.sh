#!/usr/bin/env bash
# fichero behind nginx, with the configurations that deploy/nginx.md quotes: .ci/nginx.py takes them
# from its text.
#
#   .ci/nginx.sh [BINARY]
#
# Needs python3, and nginx: the one that is installed, else that of Debian, which is unpacked into
# target/ without being installed. Without them it is skipped, but not where CI is set.
set -euo pipefail
cd "$(dirname "$0")/.."
binary="${1:-target/release/fichero}"
tools=target/nginx

absent() {
    echo "skipped: $*"
    if [ -n "${CI:-}" ]; then exit 1; else exit 0; fi
}

command -v python3 > /dev/null || absent "there is no python3"
nginx="$(PATH="$PATH:/usr/sbin" command -v nginx || true)"
if [ -z "$nginx" ]; then
    nginx="$tools/usr/sbin/nginx"
    if [ ! -x "$nginx" ]; then
        command -v apt-get > /dev/null || absent "there is no nginx, and no apt-get to download it"
        mkdir -p "$tools"
        # Its warning that root downloads without a sandbox says nothing of the outcome.
        (cd "$tools" && apt-get -qq download nginx 2> /dev/null && dpkg -x nginx_*.deb . && rm nginx_*.deb) \
            || absent "nginx cannot be downloaded"
    fi
    "$nginx" -v 2> /dev/null || absent "the nginx that was downloaded does not run here"
fi
python3 .ci/nginx.py "$binary" "$nginx"
