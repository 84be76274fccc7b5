#!/usr/bin/env bash
# Runs a benchmark and keeps what it prints, below the machine that it ran on, as
# benches/runs/<date>-<name>.txt.
#
#   benches/record.sh queries
#
# The sets are read from ../shared/data (or $FICHERO_SHARED/data). On a machine that does something else
# besides, the load says so.
set -euo pipefail
cd "$(dirname "$0")/.."
name="${1:?the name of a benchmark, as in benches/record.sh queries}"
test -f "benches/$name.rs" || { echo "there is no benches/$name.rs" >&2; exit 2; }
run="benches/runs/$(date -u +%F)-$name.txt"

cargo bench --locked --bench "$name" --no-run
output="$(mktemp)"
trap 'rm -f "$output"' EXIT
{
    echo "date      $(date -u '+%F %H:%M') UTC"
    echo "commit    $(git rev-parse --short=12 HEAD)$(git diff --quiet HEAD -- src benches Cargo.toml Cargo.lock || echo ', changed')"
    echo "compiler  $(rustc --version)"
    echo "cores     $(getconf _NPROCESSORS_ONLN)"
    echo "processor $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    echo "memory    $(sed -n 's/^MemTotal: *//p' /proc/meminfo)"
    echo "load      $(cut -d ' ' -f 1-3 /proc/loadavg) before"
    echo "settings  $(env | grep '^FICHERO_BENCH_' | sort | paste -sd ' ' || true)"
    echo
} > "$output"
cargo bench --locked --quiet --bench "$name" >> "$output"
mkdir -p benches/runs
mv "$output" "$run"
chmod 644 "$run"
echo "$run"
