#!/usr/bin/env python3
"""Compares two builds of fichero by the time of a search over HTTP, as a ratio in one run.

    benches/pair.py target/release/fichero target/dist/fichero [queries]

Each program indexes sites/debian.jsonl and serves it on 127.0.0.1; both get the same queries of
search/keywords-debian in turn, each of them first every second time, so that a busy machine is as busy for
both. The sets are read from ../shared/data (or $FICHERO_SHARED/data).
"""

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

DATA = os.path.join(os.environ.get("FICHERO_SHARED", "../shared"), "data")
SITE = os.path.abspath(os.path.join(DATA, "sites", "debian.jsonl"))


def processor_seconds():
    used = os.times()
    return used.children_user + used.children_system


class Build:
    """A program, its index and its server."""

    def __init__(self, program, folder):
        self.program, self.times = program, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = os.path.join(folder, "fichero.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'data = "{folder}/index"\nlisten = "127.0.0.1:{port}"\n')
            file.write(f'[[source]]\nname = "site"\npath = "{SITE}"\n')
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        before = processor_seconds()
        subprocess.run([program, "reindex", "--config", config], check=True, **silent)
        self.indexing = processor_seconds() - before
        self.server = subprocess.Popen([program, "serve", "--config", config], **silent)
        self.client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(100):
            try:
                self.search("debian")
                break
            except (ConnectionError, AssertionError):
                self.client.close()
                time.sleep(0.1)

    def search(self, query):
        started = time.perf_counter()
        self.client.request("GET", "/search?" + urllib.parse.urlencode({"q": query}))
        answer = self.client.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return (time.perf_counter() - started) * 1000


def main():
    if len(sys.argv) < 3 or not os.path.exists(SITE):
        sys.exit(__doc__)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2400
    with open(os.path.join(DATA, "search", "keywords-debian", "queries.jsonl"), encoding="utf-8") as file:
        queries = [json.loads(line)["text"] for line in file]
    random.Random(5).shuffle(queries)
    builds = []
    with tempfile.TemporaryDirectory(prefix="fichero-pair-") as folder:
        try:
            for name, program in zip("ab", sys.argv[1:3]):
                os.mkdir(os.path.join(folder, name))
                builds.append(Build(os.path.abspath(program), os.path.join(folder, name)))
            for turn in range(count):
                for build in builds if turn % 2 else reversed(builds):
                    build.times.append(build.search(queries[turn % len(queries)]))
        finally:
            for build in builds:
                build.server.terminate()
                build.server.wait()
    first = builds[0]
    for build in builds:
        times = sorted(build.times)
        ratio = statistics.median(own / other for own, other in zip(build.times, first.times))
        print(f"{build.program}: {os.path.getsize(build.program) / 1e6:.1f} MB")
        print(f"  indexing {build.indexing:.1f} s of processor time, {build.indexing / first.indexing:.3f} of the first")
        print(f"  search: median {statistics.median(times):.2f} ms, p99 {times[int(len(times) * 0.99)]:.2f} ms;"
              f" {ratio:.3f} of the first (median), {sum(times) / sum(first.times):.3f} (all)")


if __name__ == "__main__":
    main()
