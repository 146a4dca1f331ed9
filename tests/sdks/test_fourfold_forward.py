"""openai 3 through the forward proxy, unmodified: what OpenAI answers, with our keys in place of OpenAI's."""

import base64
import json

import openai
import pytest

HI = [{"role": "user", "content": "Say hi"}]
ANSWER = "This is a simulated answer to: Say hi"


@pytest.fixture
def through(fourfold, service_key):
    """A client of the target of this name."""
    clients = []

    def make(target):
        base_url = f"{fourfold.url}/forward/{target}/v1"
        client = openai.OpenAI(api_key=service_key, base_url=base_url, _strict_response_validation=True)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def proxied(through):
    return through("openai")


def test_a_chat_is_answered_with_the_operators_key(proxied, simulator):
    answer = proxied.chat.completions.create(model="gpt-4o", messages=HI)
    assert answer.choices[0].message.content == ANSWER
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (5, 8)
    assert simulator.paid == ["POST /v1/chat/completions"]


def test_a_stream_comes_piece_by_piece_to_its_end(proxied):
    chunks = list(proxied.chat.completions.create(model="gpt-4o", messages=HI, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER
    assert len(chunks) > 2
    with proxied.chat.completions.stream(model="gpt-4o", messages=HI) as stream:
        assert stream.get_final_completion().choices[0].message.content == ANSWER


def test_embeddings_are_made(proxied):
    # What the SDK asks for by itself doesn't fit its own type until it has unpacked it.
    proxied._strict_response_validation = False
    answer = proxied.embeddings.create(model="text-embedding-3-small", input=["a fox", "a den"])
    assert [len(one.embedding) for one in answer.data] == [1536, 1536]


def test_pictures_are_made_and_edited(proxied):
    made = proxied.images.generate(model="gpt-image-2", prompt="a fox")
    picture = base64.b64decode(made.data[0].b64_json)
    assert picture.startswith(b"\x89PNG")
    edited = proxied.images.edit(model="gpt-image-2", prompt="a red fox", image=("fox.png", picture))
    assert base64.b64decode(edited.data[0].b64_json).startswith(b"\x89PNG")


def test_models_are_listed(proxied):
    assert "gpt-4o" in [model.id for model in proxied.models.list()]


def test_files_are_refused_unless_the_target_allows_them(proxied, through):
    handed_in = {"file": ("a.jsonl", json.dumps({"a": 1}).encode()), "purpose": "batch"}
    with pytest.raises(openai.PermissionDeniedError) as refused:
        proxied.files.create(**handed_in)
    assert refused.value.code == "not_allowed"
    assert refused.value.response.headers["fourfold-error"] == "1"
    client = through("openai-files")
    file = client.files.create(**handed_in)
    assert client.files.retrieve(file.id).filename == "a.jsonl"
    assert file.id in [one.id for one in client.files.list()]
    assert client.files.content(file.id).json() == {"a": 1}
    assert client.files.delete(file.id).deleted


def test_openais_own_refusals_are_told_as_they_are(proxied):
    with pytest.raises(openai.NotFoundError) as refused:
        proxied.chat.completions.create(model="gpt-none", messages=HI)
    assert refused.value.code == "model_not_found"
    assert "fourfold-error" not in refused.value.response.headers
