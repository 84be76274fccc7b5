#!/usr/bin/env bash
# The oldest compiler that we promise, `rust-version` in Cargo.toml: no dependency declares a newer one,
# and that very compiler takes the code. Clippy's `incompatible_msrv`, on by default, names a newer item
# of the standard library wherever the other steps run.
#
#   .ci/msrv.sh
#
# Where rustup cannot have that compiler, the second part is skipped, and said to be.
set -euo pipefail
cd "$(dirname "$0")/.."
version="$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)"
case "$version" in *.*.*) toolchain="$version" ;; *) toolchain="$version.0" ;; esac

cargo metadata --format-version 1 --locked | python3 .ci/msrv.py

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if rustup toolchain install "$toolchain" --profile minimal --no-self-update > "$log" 2>&1 \
    || cargo "+$toolchain" --version > "$log" 2>&1; then
    # Nothing of it runs: build scripts and macros need no optimisation.
    cargo "+$toolchain" check --locked --config 'profile.dev.package."*".opt-level = 0'
else
    echo "skipped: the code under Rust $toolchain, for rustup cannot have it here:"
    tail -n 3 "$log"
fi
