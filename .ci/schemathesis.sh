#!/usr/bin/env bash
# The API against its own description, over corpus/: the description is valid OpenAPI 3.1, and
# schemathesis (https://schemathesis.io), which makes requests of it, good ones and bad ones, finds
# no answer that it does not allow.
#
#   .ci/schemathesis.sh [BINARY]
#
# Needs python3 and, once, the package index; without them it is skipped, but not where CI is set.
set -euo pipefail
cd "$(dirname "$0")/.."
binary="${1:-target/release/fichero}"
tools=target/schemathesis

absent() {
    echo "skipped: $*"
    if [ -n "${CI:-}" ]; then exit 1; else exit 0; fi
}

command -v python3 > /dev/null || absent "there is no python3"
if [ ! -e "$tools/complete" ]; then
    python3 -m venv "$tools" || absent "python3 has no venv"
    "$tools/bin/pip" install --quiet 'schemathesis>=4.32,<5' 'openapi-spec-validator>=0.9,<0.10' \
        || absent "schemathesis cannot be installed"
    touch "$tools/complete"
fi

# Of this run only.
token="schemathesis-$RANDOM$RANDOM$RANDOM$RANDOM"
folder="$(mktemp -d)"
server=
end() {
    if [ -n "$server" ]; then
        kill "$server" 2> /dev/null || true
        wait "$server" 2> /dev/null || true
    fi
    rm -rf "$folder"
}
trap end EXIT

printf '[[source]]\nname = "corpus"\npath = "%s/corpus"\n' "$PWD" > "$folder/fichero.toml"
FICHERO_TOKEN="$token" "$binary" --data "$folder/index" --config "$folder/fichero.toml" serve --listen 127.0.0.1:0 \
    > "$folder/announcement" 2> "$folder/log" &
server=$!
for _ in $(seq 300); do
    address="$(sed -n 's|^fichero answers at \(http://[^/]*\)/$|\1|p' "$folder/announcement")"
    if [ -n "$address" ]; then break; fi
    kill -0 "$server" 2> /dev/null || break
    sleep 0.2
done
if [ -z "$address" ]; then
    cat "$folder/log"
    echo "the server did not start"
    exit 1
fi

"$tools/bin/python" - "$address" << 'PYTHON'
import json, sys, urllib.request
from openapi_spec_validator import OpenAPIV31SpecValidator

document = json.load(urllib.request.urlopen(sys.argv[1] + "/openapi.json"))
assert document["openapi"].startswith("3.1."), document["openapi"]
OpenAPIV31SpecValidator(document).validate()
print("the description is valid OpenAPI", document["openapi"])
PYTHON

# The stream of pushes is left to tests/ and the scenarios: the tester makes no NDJSON.
# Deterministic, which stands for a fixed seed: the same requests every time. It leaves its
# notes where it runs.
root="$PWD"
cd "$folder"
SCHEMATHESIS_HOOKS="$root/.ci/schemathesis_hooks.py" "$root/$tools/bin/schemathesis" \
    --config-file "$root/.ci/schemathesis.toml" run "$address/openapi.json" \
    --header "Authorization: Bearer $token" --generation-deterministic \
    --max-examples "${FICHERO_SCHEMATHESIS_EXAMPLES:-60}" --exclude-operation-id pushArticles --workers 1 --request-timeout 10 \
    --suppress-health-check filter_too_much
