"""What OpenAPI cannot say of good requests, so that the tester makes good ones.

Bad requests are left as they are made: the server must refuse those by itself.
"""

import schemathesis
from schemathesis.generation import GenerationMode


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    if case.meta.generation.mode != GenerationMode.POSITIVE:
        # An empty value counts as absent, so it is no bad one.
        if isinstance(case.query, dict):
            case.query.update({name: "\x01" for name, value in case.query.items() if value in ("", [], [""], {})})
        return
    for given in (case.query, case.body):
        # A cursor is good only where an answer to the same search gave it.
        if isinstance(given, dict):
            given.pop("cursor", None)
    # An article is named by its id or by its address: exactly one of them.
    if case.operation.method == "get" and case.operation.path in (
        "/v1/articles",
        "/v1/related",
        "/widgets/related",
    ):
        # An empty one counts as absent.
        if case.query.get("id"):
            case.query.pop("url", None)
        elif case.query.get("url"):
            case.query.pop("id", None)
        else:
            case.query["id"] = "es/recognition-handbook"
    # Whether a condition holds depends on what was pushed before.
    for name in ("If-Match", "If-None-Match"):
        for headers in (case.headers, kwargs.get("headers")):
            if headers:
                headers.pop(name, None)
    if case.operation.method == "put":
        # An article has something to find, and may be put wherever it is or is not.
        case.body["title"] = "Becas 2027"
        case.body.pop("id", None)
        # It may have flaws, which nothing but `strict` refuses.
        case.query.pop("strict", None)
    if case.operation.method in ("put", "delete"):
        # Any id but a blank one.
        named = case.query if case.operation.path == "/v1/articles" else case.path_parameters
        named["id"] = "becas-2027"
