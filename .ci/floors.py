"""The relevance floors: what `fichero evaluate` must reach on open sets and on our own.

A floor stands beside the figure that it guards. One that is raised or lowered says why in the
commit that does it.
"""

import concurrent.futures
import functools
import json
import os
import subprocess
import sys
import tempfile

PROGRAM, DATA = sys.argv[1], sys.argv[2]

# set, queries (or judgements of related articles: a .tsv), further flags, measure, floor
FLOORS = [
    # measured .8331 and .755 on 2026-11-25; the best peer has .806 and .694
    ("keywords-debian", "queries.jsonl", ["--filter-lang"], "ndcg_10", .830),
    ("keywords-debian", "queries.jsonl", ["--filter-lang"], "success_1", .752),
    # .8285: the language not told
    ("keywords-debian", "queries.jsonl", [], "ndcg_10", .820),
    # .8984, .8551, .8965
    ("squad-en", "queries.jsonl", [], "ndcg_10", .895),
    ("squad-es", "queries.jsonl", [], "ndcg_10", .850),
    ("squad-pt", "queries.jsonl", [], "ndcg_10", .892),
    # .8534, .8971: without accents
    ("squad-es", "queries_noaccent.jsonl", [], "ndcg_10", .849),
    ("squad-pt", "queries_noaccent.jsonl", [], "ndcg_10", .892),
    # .8941, .8457, .8903: one typo
    ("squad-en", "queries_typo.jsonl", [], "ndcg_10", .892),
    ("squad-es", "queries_typo.jsonl", [], "ndcg_10", .842),
    ("squad-pt", "queries_typo.jsonl", [], "ndcg_10", .887),
    # .8978, .8497, .8918: the three in one index, no language told
    ("squad-en+es+pt:en", "queries.jsonl", [], "ndcg_10", .893),
    ("squad-en+es+pt:es", "queries.jsonl", [], "ndcg_10", .844),
    ("squad-en+es+pt:pt", "queries.jsonl", [], "ndcg_10", .887),
    # .8978, .8506, .8921: told
    ("squad-en+es+pt:en", "queries.jsonl", ["--tell-lang"], "ndcg_10", .893),
    ("squad-en+es+pt:es", "queries.jsonl", ["--tell-lang"], "ndcg_10", .845),
    ("squad-en+es+pt:pt", "queries.jsonl", ["--tell-lang"], "ndcg_10", .887),
    # .9735, .9683, .9472, .9722, .9592, .9500, .9602, .9537; since a missing word costs more (which brought
    # corpus/eval from .8028 to .8281) ru and tr are .003 lower, en, es and de .001 to .002
    ("xquad-en", "queries.jsonl", [], "ndcg_10", .973),
    ("xquad-es", "queries.jsonl", [], "ndcg_10", .967),
    ("xquad-de", "queries.jsonl", [], "ndcg_10", .946),
    ("xquad-ro", "queries.jsonl", [], "ndcg_10", .969),
    ("xquad-ru", "queries.jsonl", [], "ndcg_10", .957),
    ("xquad-tr", "queries.jsonl", [], "ndcg_10", .948),
    ("xquad-el", "queries.jsonl", [], "ndcg_10", .955),
    ("xquad-ar", "queries.jsonl", [], "ndcg_10", .950),
    # .9625, .9693, .9610: scripts cut by dictionary, and Hindi
    ("xquad-zh", "queries.jsonl", [], "ndcg_10", .960),
    ("xquad-th", "queries.jsonl", [], "ndcg_10", .967),
    ("xquad-hi", "queries.jsonl", [], "ndcg_10", .958),
    # .8028 and .945; .7989 where the reader's language is not told; plain BM25 .6234 and .775
    ("corpus/eval", "queries.jsonl", ["--tell-lang"], "ndcg_10", .817),
    ("corpus/eval", "queries.jsonl", ["--tell-lang"], "success_3", .945),
    ("corpus/eval", "queries.jsonl", [], "ndcg_10", .813),
    # .982 and 1.000: a page that is known to be there; plain BM25 .865 and .935
    ("corpus/eval/known-item", "test.jsonl", ["--tell-lang"], "success_1", .970),
    ("corpus/eval/known-item", "test.jsonl", ["--tell-lang"], "success_3", .994),
    # .4903 and .702: related articles by their text alone; plain more-like-this .4372 and .624
    ("related/mdn-es", "qrels.tsv", ["--without-topics"], "ndcg_10", .483),
    ("related/mdn-es", "qrels.tsv", ["--without-topics"], "success_5", .685),
    # .3303 and .525, where titles are loud; plain more-like-this .283 and .458
    ("related/digitalgov", "qrels.tsv", ["--without-topics"], "ndcg_10", .325),
    ("related/digitalgov", "qrels.tsv", ["--without-topics"], "success_5", .515),
    # .6915 and .6508; plain more-like-this .4619
    ("corpus/eval", "related.tsv", [], "ndcg_6", .680),
    ("corpus/eval", "related.tsv", ["--without-topics"], "ndcg_6", .630),
]

# set, how it is misspelt, the floors of the share of answers that are kept and of suggestions that are
# right, and the ceiling of false alarms; of the large sets every other query is asked
MISSPELT = [
    # .9929, .9692, .0134; read one by one, some .3 % of all are false, the others slips of the authors
    ("squad-en", ["--misspell", "1"], (.990, .955, .018)),
    # .9929, .9706, .0068
    ("squad-es", ["--misspell", "1"], (.988, .950, .010)),
    # .9954, .9706, .0066
    ("squad-pt", ["--misspell", "1"], (.990, .945, .010)),
    # .9888, .8908; .9834, .8731; .9919, .8890
    ("squad-en", ["--misspell", "2"], (.985, .875, .018)),
    ("squad-es", ["--misspell", "2"], (.980, .850, .010)),
    ("squad-pt", ["--misspell", "2"], (.985, .855, .010)),
    # .9747, .9348, .0063; .9797, .8736
    ("corpus/eval", ["--tell-lang", "--misspell", "1"], (.960, .890, .010)),
    ("corpus/eval", ["--tell-lang", "--misspell", "2"], (.950, .855, .010)),
]


def paths(name):
    """The corpus of a set, and the folder of its queries and judgements."""
    if name.startswith("corpus/eval"):
        return "corpus", name
    if name == "keywords-debian":
        return f"{DATA}/sites/debian.jsonl", f"{DATA}/search/{name}"
    if name.startswith("related/"):
        return f"{DATA}/{name}/corpus.jsonl", f"{DATA}/{name}"
    if ":" in name:
        lang = name.split(":")[1]
        return together(), f"{DATA}/search/squad-{lang}"
    return f"{DATA}/search/{name}/corpus.jsonl", f"{DATA}/search/{name}"


@functools.cache
def together():
    """The three translations of squad in one file."""
    path = os.path.join(SCRATCH, "together.jsonl")
    with open(path, "wb") as out:
        for lang in ("en", "es", "pt"):
            with open(f"{DATA}/search/squad-{lang}/corpus.jsonl", "rb") as part:
                out.write(part.read())
    return path


@functools.cache
def half(name):
    """Every other query of a large set, in a file."""
    path = os.path.join(SCRATCH, f"{name.replace('/', '-')}.jsonl")
    with open(f"{paths(name)[1]}/queries.jsonl", "rb") as whole, open(path, "wb") as out:
        out.writelines(whole.readlines()[:: 1 if name == "corpus/eval" else 2])
    return path


def evaluation(name, queries, flags):
    """The command that measures queries, or related articles, over a set."""
    corpus, folder = paths(name)
    path = os.path.join(folder, queries)
    if queries.endswith(".tsv"):
        asked = ["--related", path]
    else:
        asked = ["--queries", path, "--qrels", f"{folder}/qrels.tsv"]
    return (PROGRAM, "evaluate", "--json", "--depth", "10", "--corpus", corpus, *asked, *flags)


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def tell(name, queries, flags, measure, figure, limit, is_ceiling=False):
    """Prints a figure beside its floor or ceiling; whether it misses that."""
    holds = figure <= limit if is_ceiling else figure >= limit
    print(
        f"{'holds' if holds else 'MISSED':<7} {name:<18} {queries:<24} {' '.join(flags):<25} {measure:<12} {figure:.4f}"
        f"  {'ceiling' if is_ceiling else 'floor'} {limit:.4f}",
        flush=True,
    )
    return not holds


def main():
    missed, begun = 0, {}
    asked = [evaluation(name, queries, flags) for name, queries, flags, _, _ in FLOORS]
    misspelt = [evaluation(name, half(name), flags) for name, flags, _ in MISSPELT]
    # One asks its queries one after the other: several at a time.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for command in asked + misspelt:
            begun[command] = begun.get(command) or pool.submit(run, command)
        for command, (name, queries, flags, measure, floor) in zip(asked, FLOORS):
            figure = begun[command].result()["figures"]["all"][measure]
            missed += tell(name, queries, flags, measure, figure, floor)
        for command, (name, flags, limits) in zip(misspelt, MISSPELT):
            figures = begun[command].result()["misspelt"]["all"]
            for measure, limit in zip(("kept", "right", "false_alarms"), limits):
                is_ceiling = measure == "false_alarms"
                missed += tell(name, "queries.jsonl", flags, measure, figures[measure], limit, is_ceiling)
    sys.exit(1 if missed else 0)


with tempfile.TemporaryDirectory() as SCRATCH:
    main()
