#!/usr/bin/env python3
"""That no dependency asks for a newer compiler than `rust-version` of Cargo.toml promises.

`cargo metadata --format-version 1 --locked | python3 .ci/msrv.py` names each that does.
"""

import json
import sys


def version(text):
    return tuple(int(part) for part in (text + ".0.0").split(".")[:3])


packages = json.load(sys.stdin)["packages"]
ours = next(package for package in packages if package["source"] is None and package["name"] == "fichero")
promised = ours["rust_version"]
declared = [package for package in packages if package["rust_version"]]
newer = [package for package in declared if version(package["rust_version"]) > version(promised)]
for package in newer:
    print(f"{package['name']} {package['version']} needs Rust {package['rust_version']}, we promise {promised}")
print(f"{len(declared)} of {len(packages)} packages say which Rust they need; {len(newer)} need more than {promised}")
sys.exit(1 if newer else 0)
