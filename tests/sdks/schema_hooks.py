"""What schemathesis can't guess from the description: the names of models, what a model is told, the ids of things.

It makes requests up; most of them would be refused for their first mistake. So of each eight, seven are mended: an id or
a name that could be one leads to something that is there, made for it; of the fields that may be left out one is kept,
another each time; fields of the right type get a value that a model takes. What is of a wrong type stays.
"""

import base64
import io
import itertools
import os
import re
import wave

import schemathesis

from fourfold import Fourfold

ACCOUNT = "schema"
NAME = re.compile(r"[A-Za-z0-9._:@|-]{1,128}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Nobody listens there, so that there are deliveries that have failed.
NOBODY = "http://127.0.0.1:1/hook"

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
with io.BytesIO() as _file:
    with wave.open(_file, "wb") as _sound:
        _sound.setparams((1, 2, 8000, 800, "NONE", ""))
        _sound.writeframes(bytes(1600))
    WAV = _file.getvalue()
MESSAGES = [{"role": "user", "content": "Where do foxes live?"}]

# What the fields of bodies are where they are of the right type: of all routes, of some, and what one can't do without.
SENSIBLE = {
    "credits": "1.25",
    "prompt": "a red fox",
    "messages": MESSAGES,
    "max_tokens": 100,
    "speed": 1.5,
    "scopes": ["chat"],
    "models": ["mock-*"],
    "budget": "9",
}
SENSIBLE_ON = {
    "/v1/chat/completions": {"model": "mock-chat"},
    "/api/chat/{conversation_id}": {"model": "mock-chat", "user_id": ACCOUNT},
    "/api/chat/{conversation_id}/regenerate": {"model": "mock-chat", "user_id": ACCOUNT},
    "/v1/responses": {"model": "mock-chat"},
    "/v1/messages": {"model": "mock-chat"},
    "/v1/messages/count_tokens": {"model": "mock-chat"},
    "/v1/embeddings": {"model": "mock-embedding", "dimensions": 8},
    "/v1/images/generations": {"model": "mock-image", "size": "16x16", "n": 2, "output_format": "png"},
    "/v1/images/edits": {"model": "mock-image", "size": "16x16", "n": 2, "output_format": "png"},
    "/v1/audio/speech": {"model": "mock-speech", "response_format": "wav"},
    "/v1/audio/transcriptions": {"model": "mock-transcription"},
    "/v1/videos": {"model": "mock-video", "seconds": "2"},
}
NEEDED = {
    "/v1/images/edits": {"image": PNG},
    "/v1/audio/transcriptions": {"file": WAV},
    "/api/v1/files": {"file": PNG},
}
# What jobs and quotes are about, in turn.
JOBS = [
    ("mock-image", {"prompt": "a red fox", "n": 2, "size": "16x16"}),
    ("mock-chat", {"messages": MESSAGES}),
    ("mock-speech", {"text": "The fox sleeps."}),
    ("mock-embedding", {"texts": ["a fox"]}),
    ("mock-image-slow", {"prompt": "a red fox", "size": "16x16"}),
    ("mock-video-slow", {"prompt": "a red fox"}),
]

operator = Fourfold(os.environ["FOURFOLD_URL"], os.environ["FOURFOLD_ADMIN_KEY"])
turns = itertools.count()
kinds = itertools.cycle(JOBS)
kept = {}


def _job(model, asked, **besides):
    body = {"model": model, "input": asked, **besides}
    return operator.ask("POST", "/api/v1/jobs", body, ACCOUNT)


def _file():
    frame = "one"
    body = f'--{frame}\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n'.encode()
    body += PNG + f"\r\n--{frame}--\r\n".encode()
    return operator.upload("/api/v1/files", body, f"multipart/form-data; boundary={frame}", ACCOUNT)


def _conversation():
    name = "schema"
    if name not in kept:
        kept[name] = operator.ask("POST", f"/api/chat/{name}", {"message": "Where do foxes live?"}, ACCOUNT)
    # It may have been deleted.
    elif next(turns) % 3 == 0:
        operator.ask("POST", f"/api/chat/{name}", {"message": "And in winter?"}, ACCOUNT)
    return name


def _secret():
    path = "/api/v1/webhooks/secrets"
    listed = operator.ask("GET", path, account=ACCOUNT)["data"]
    return listed[0] if listed else operator.ask("POST", path, account=ACCOUNT)


def _delivery():
    if "secret" not in kept:
        kept["secret"] = _secret()
        _job("mock-chat", {"messages": MESSAGES}, webhook_url=NOBODY)
    listed = operator.ask("GET", "/api/v1/webhooks/deliveries", account=ACCOUNT)["data"]
    return listed[0] if listed else {"id": None}


def _key():
    return operator.ask("POST", "/api/v1/admin/keys", {"kind": "service", "budget": "5"})


def _result():
    if "result" not in kept:
        path = "/api/v1/jobs"
        body = {"model": "mock-image", "input": JOBS[0][1]}
        kept["result"] = operator.ask("POST", path, body, ACCOUNT, {"prefer": "wait=5"})
    return kept["result"]


def _token():
    return {"id": _result()["artifacts"][0]["url"].rsplit("/", 1)[1]}


def _film():
    if "film" not in kept:
        body = {"model": "mock-video", "input": {"prompt": "a fox"}}
        kept["film"] = operator.ask("POST", "/api/v1/jobs", body, ACCOUNT, {"prefer": "wait=5"})
    return kept["film"]


def _cancelled():
    job = _job("mock-image-slow", {"prompt": "a red fox", "size": "16x16"})
    try:
        return operator.ask("POST", f"/api/v1/jobs/{job['id']}/cancel", account=ACCOUNT)
    except ValueError:
        # It was faster.
        return job


# What a path leads to, by what it begins with; the first that fits.
LIVING = [
    ("/api/v1/jobs/{id}/artifacts", _result),
    ("/api/v1/jobs", lambda: _job(*next(kinds))),
    ("/api/v1/admin/jobs/{id}/retry", _cancelled),
    ("/api/v1/admin/jobs", lambda: _job(*next(kinds))),
    ("/api/v1/files", _file),
    ("/api/v1/webhooks/secrets", _secret),
    ("/api/v1/webhooks/deliveries", _delivery),
    ("/api/v1/admin/keys", _key),
    ("/v1/videos/{id}/content", _film),
    ("/v1/videos", lambda: operator.ask("POST", "/v1/videos", {"model": "mock-video", "prompt": "a fox"}, ACCOUNT)),
    ("/v1/models", lambda: {"id": "mock-chat"}),
    ("/files", _token),
]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Makes the account rich enough for all of it."""
    operator.ask("POST", f"/api/v1/admin/accounts/{ACCOUNT}/grants", {"credits": "1000000"})


@schemathesis.hook
def before_call(context, case, kwargs):
    """Mends a request."""
    turn = next(turns)
    if turn % 8 == 0:
        return
    path = case.operation.path
    _path(case, path)
    _headers(case, turn)
    _query(case, turn)
    if isinstance(case.body, dict):
        case.body = _body(dict(case.body), path, case.media_type, turn, _required(case))


def _path(case, path):
    parameters = dict(case.path_parameters or {})
    if NAME.fullmatch(str(parameters.get("account", ""))) and not path.endswith("/adjustments"):
        parameters["account"] = ACCOUNT
    if NAME.fullmatch(str(parameters.get("conversation_id", ""))):
        parameters["conversation_id"] = _conversation()
    for name in ("id", "token"):
        given = parameters.get(name)
        if isinstance(given, str) and (UUID.fullmatch(given) or path.startswith(("/files/", "/v1/models/"))):
            make = next(make for beginning, make in LIVING if path.startswith(beginning))
            parameters[name] = make()["id"] or given
    if "index" in parameters and isinstance(parameters["index"], int):
        parameters["index"] %= 3
    case.path_parameters = parameters


def _headers(case, turn):
    if NAME.fullmatch(case.headers.get("Fourfold-User", ACCOUNT)):
        case.headers["Fourfold-User"] = ACCOUNT
    for position, name in enumerate(["Idempotency-Key", "Prefer", "Range", "Last-Event-ID"]):
        if name in case.headers and turn % 4 != position:
            del case.headers[name]


def _query(case, turn):
    query = dict(case.query or {})
    names = sorted(query)
    case.query = {name: query[name] for name in names if name == names[turn % len(names)]}


def _required(case):
    for body in case.operation.definition.raw.get("requestBody", {}).get("content", {}).values():
        # A body that may be left out is null or what it is otherwise.
        schemas = [body["schema"], *body["schema"].get("oneOf", [])]
        schema = next((one for one in schemas if "$ref" in one), None)
        if schema is None:
            return []
        name = schema["$ref"].rsplit("/", 1)[1]
        return case.operation.schema.raw_schema["components"]["schemas"][name].get("required", [])
    return []


def _body(body, path, media_type, turn, required):
    spare = sorted(set(body) - set(required))
    for name in spare:
        if name != spare[turn % len(spare)]:
            del body[name]
    if path in ("/api/v1/jobs", "/api/v1/quotes"):
        if isinstance(body.get("model"), str) and isinstance(body.get("input"), dict):
            model, asked = next(kinds)
            body.update(model=model, input=asked)
    for name, sensible in {**SENSIBLE, **SENSIBLE_ON.get(path, {})}.items():
        if type(body.get(name)) is type(sensible):
            body[name] = sensible
    if "stream_options" in body:
        body["stream"] = True
    if media_type == "multipart/form-data":
        for name in ("image[]", "mask", "input_reference"):
            if name in body:
                body[name] = [PNG] if name.endswith("[]") else PNG
        if "image[]" not in body:
            body.update(NEEDED.get(path, {}))
    elif isinstance(body.get("input"), list):
        body["input"] = ["a fox"]
    return body
