"""fichero behind nginx, with the configurations that deploy/nginx.md quotes.

Each `location /…` of the guide is tried by itself, together with the other blocks of the guide: articles
whose ids hold slashes and other signs are pushed, read, related and deleted through it, by path and by `?id=`.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

PROGRAM, NGINX = sys.argv[1], sys.argv[2]
GUIDE = Path("deploy/nginx.md").read_text()
TOKEN = f"nginx-{os.urandom(16).hex()}"  # of this run only
IN_GUIDE = "127.0.0.1:8080"

# Ids that survive in a path, and those that the guide says do not, for which there is `?id=`.
IN_PATH = ["es/becas", "es/2024/becas", "a+b", "año 1/niñez", "a%2Fb", "50% más?", "x#y;z", "becas"]
BY_ID_ALONE = ["es//becas", "es/../becas", "./becas", "es/related"]

wrong = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.M | re.S)


def wait_for(what, process):
    for _ in range(300):
        if what():
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit("a server did not start")


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    if method != "GET":
        headers["authorization"] = f"Bearer {TOKEN}"
    if isinstance(body, dict):
        headers["content-type"], body = "application/json", json.dumps(body)
    connection.request(method, path, headers=headers, body=body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def check(name, asked, found, *expected):
    if found not in expected:
        wrong.append(f"{name}: {asked}: {found}, expected {' or '.join(map(str, expected))}")


def try_location(name, below, port):
    """Everything through one location; returns how much was asked."""
    asked = 0

    def call(method, path, expected, body=None, says=None, **headers):
        nonlocal asked
        asked += 1
        status, text = ask(port, method, below + path, body, **headers)
        check(name, f"{method} {path}", status, *expected)
        if says is not None and says not in text:
            wrong.append(f"{name}: {method} {path}: {says!r} is not in {text[:200]!r}")
        return text

    def wait_until(status, ids):
        """A push is searchable within a second; a machine that is busy is given more."""
        until = time.monotonic() + 60
        for id in ids:
            by_id = f"{below}/v1/articles?id={quote(id, safe='')}"
            while ask(port, "GET", by_id)[0] != status and time.monotonic() < until:
                time.sleep(0.02)

    # As an address is written, and with its slashes as they are.
    written = {id: f"/v1/articles/{quote(id, safe='')}" for id in IN_PATH}
    with_slashes = {id: f"/v1/articles/{quote(id)}" for id in IN_PATH}
    by_id = {id: f"/v1/articles?id={quote(id, safe='')}" for id in IN_PATH + BY_ID_ALONE}
    for addresses in (written, with_slashes, by_id):
        named = {id: json.dumps({"id": id}, ensure_ascii=False, separators=(",", ":"))[1:-1] for id in addresses}
        for id, address in addresses.items():
            page = {"lang": "es", "title": f"Ornitorrinco {id}", "body": "El ornitorrinco nada de noche."}
            call("PUT", address, (200, 201), page, says=named[id])
        wait_until(200, addresses)
        for id, address in addresses.items():
            related = address.replace("/v1/articles?", "/v1/related?") if "?" in address else f"{address}/related"
            call("GET", address, (200,), says=named[id])
            call("GET", related, (200,), says='"hits":[')
            call("DELETE", address, (200, 204))
        wait_until(404, addresses)
        for address in addresses.values():
            call("GET", address, (404,))
    for query in ("movilidad+acad%C3%A9mica", "beca%2Fayuda", "C%2B%2B", "100%25"):
        call("GET", f"/v1/search?q={query}", (200,), says='"hits":[')
    # Pages link to where readers see them, not to where nginx asks.
    page = call("GET", "/search?q=becas", (200,), says="https://www.example.org/buscar/", accept="text/html")
    check(name, "addresses of the proxied server in a page", IN_GUIDE in page, False)
    call("GET", "/widgets/fichero.js", (200,))
    return asked


def main():
    locations = [block for block in blocks("nginx") if re.match(r"location /\S* \{", block)]
    others = [block for block in blocks("nginx") if block not in locations]
    ways = [("proxy_pass with a path", "proxy_pass http://127.0.0.1:8080/;"), ("rewrite", "rewrite "), ("a host of its own", "location / {")]
    assert len(locations) == len(ways), "the guide has other locations than are tried"
    settings = blocks("toml")[0]
    assert IN_GUIDE in settings and all(IN_GUIDE in block for block in locations)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server, proxy = free_port(), None
        upstream = f"127.0.0.1:{server}"
        source = f'\n[[source]]\nname = "corpus"\npath = "{Path("corpus").resolve()}"\n'
        (folder / "fichero.toml").write_text(settings.replace(IN_GUIDE, upstream) + source)
        log = (folder / "log").open("w")
        command = [PROGRAM, "--data", folder / "index", "--config", folder / "fichero.toml", "serve"]
        running = [subprocess.Popen(command, env=os.environ | {"FICHERO_TOKEN": TOKEN}, stdout=log, stderr=log)]
        try:
            # Not before its index is built.
            wait_for(lambda: accepts(server) and ask(server, "GET", "/health/readyz")[0] == 200, running[0])
            ports = [free_port() for _ in ways]
            sites = []
            for port, (label, mark), in zip(ports, ways):
                [location] = [block for block in locations if mark in block]
                below = re.match(r"location (/\S*?)/? \{", location)[1].rstrip("/")
                around = others if below else []
                sites.append((label, below, port, "".join([location, *around])))
            (folder / "nginx.conf").write_text(configuration(folder, sites).replace(IN_GUIDE, upstream))
            prefix = ["-p", f"{folder}/", "-c", folder / "nginx.conf", "-e", folder / "nginx.log"]
            proxy = subprocess.Popen([NGINX, *prefix])
            running.append(proxy)
            wait_for(lambda: all(map(accepts, ports)), proxy)
            for label, below, port, _ in sites:
                asked = try_location(label, below, port)
                if below:
                    asked += try_others(label, below, port)
                print(f"{asked:4} requests through {label}")
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait()
        if wrong:
            print((folder / "nginx.log").read_text()[-2000:])
            sys.exit("\n".join(wrong))


def try_others(name, below, port):
    """What the guide says of monitoring and of streams of pushes."""
    paths = ["/metrics", "/health/readyz", "/health/livez"]
    for path in paths:
        check(name, path, ask(port, "GET", below + path)[0], 403)
    # More than nginx takes by default (1 MB), in one body.
    body = "El ornitorrinco nada de noche y descansa de día. " * 600
    articles = [{"id": f"nd/{number}", "lang": "es", "title": f"Nota {number}", "body": body} for number in range(40)]
    lines = "".join(json.dumps(article) + "\n" for article in articles).encode()
    kind = {"content-type": "application/x-ndjson"}
    status, text = ask(port, "POST", below + "/v1/articles", lines, **kind)
    check(name, "a stream of pushes", status, 200)
    check(name, "lines of its answer", text.count("nd/"), len(articles))
    removal = "".join(json.dumps({"id": article["id"], "delete": True}) + "\n" for article in articles).encode()
    check(name, "a stream of deletions", ask(port, "POST", below + "/v1/articles", removal, **kind)[0], 200)
    return len(paths) + 2


def configuration(folder, sites):
    """One process in the foreground that writes nothing outside of its folder."""
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    servers = "".join(f"server {{\nlisten 127.0.0.1:{port};\n{text}}}\n" for _, _, port, text in sites)
    return (
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\n    access_log off;\n{temporary}{servers}}}\n"
    )


main()
