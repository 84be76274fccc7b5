"""The relevance floors: what `fichero evaluate` must reach on open sets.

A floor stands beside the figure that it guards. One that is raised or lowered says why in the
commit that does it.
"""

import json
import subprocess
import sys
import tempfile

PROGRAM, DATA = sys.argv[1], sys.argv[2]

# set, queries, further flags, measure, floor
FLOORS = []


def evaluate(name, queries, flags):
    folder = f"{DATA}/search/{name}"
    corpus = f"{DATA}/sites/debian.jsonl" if name == "keywords-debian" else f"{folder}/corpus.jsonl"
    command = [PROGRAM, "evaluate", "--json", "--depth", "10", "--corpus", corpus,
               "--queries", f"{folder}/{queries}", "--qrels", f"{folder}/qrels.tsv", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["figures"]["all"]


def main():
    missed, known = 0, {}
    for name, queries, flags, measure, floor in FLOORS:
        key = (name, queries, tuple(flags))
        if key not in known:
            known[key] = evaluate(name, queries, flags)
        figure = known[key][measure]
        verdict = "holds" if figure >= floor else "MISSED"
        missed += figure < floor
        print(f"{verdict:<7} {name:<16} {queries:<24} {' '.join(flags):<14} {measure:<10} {figure:.4f}  floor {floor:.4f}", flush=True)
    sys.exit(1 if missed else 0)


main()
