"""openai 3 over Fourfold: chats, embeddings and models, by the mock and by vendors with and without OpenAI's wire."""

import base64
import json
import struct
import zlib

import pytest
from pydantic import BaseModel

HI = [{"role": "user", "content": "Say hi"}]
CHAT = "POST /v1/chat/completions"
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
# The mock, three vendors that speak OpenAI's wire, and two that don't.
MODELS = ["mock-chat", "gpt-5-mini", "deepseek-v4-flash", "only-chat", "claude-sonnet-5", "gemini-3.8-flash"]
VENDORS = MODELS[1:]
# What a vendor calls the model, where that is told in its own bytes.
CALLED = {"only-chat": "gpt-4o", "only-embedding": "text-embedding-3-small"}


@pytest.mark.parametrize("model", MODELS)
def test_a_chat_is_answered_and_charged_for_what_it_used(client, fourfold, account, model):
    answer = client.chat.completions.create(model=model, messages=HI)
    [choice] = answer.choices
    assert "Say hi" in choice.message.content
    assert (choice.finish_reason, answer.model) == ("stop", CALLED.get(model, model))
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer._request_id
    assert fourfold.entries(account) == ["grant", "hold", "settle"]
    assert fourfold.credits(account)["held"] == "0"


@pytest.mark.parametrize("model", MODELS)
def test_a_streamed_chat_adds_up_and_ends_without_usage(client, fourfold, account, model):
    whole = client.chat.completions.create(model=model, messages=HI).choices[0].message.content
    chunks = list(client.chat.completions.create(model=model, messages=HI, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert [chunk.usage for chunk in chunks if chunk.usage] == []
    assert fourfold.entries(account) == ["grant", "hold", "settle", "hold", "settle"]


@pytest.mark.parametrize("model", MODELS)
def test_usage_comes_last_where_it_is_asked_for(client, model):
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=model, messages=HI, stream=True, stream_options=options))
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens > 0) == ([], True)
    assert [chunk.usage for chunk in chunks[:-1] if chunk.usage] == []


@pytest.mark.parametrize("model", MODELS)
def test_the_stream_helper_gathers_the_same_chat(client, model):
    with client.chat.completions.stream(model=model, messages=HI) as stream:
        kinds = {event.type for event in stream}
        assert "Say hi" in stream.get_final_completion().choices[0].message.content
    assert {"chunk", "content.delta", "content.done"} <= kinds


@pytest.mark.parametrize("model", VENDORS)
def test_a_tool_is_called_and_its_result_answered(client, model):
    first = client.chat.completions.create(model=model, messages=HI, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    [call] = first.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Say hi"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    second = client.chat.completions.create(
        model=model, messages=[*HI, first.choices[0].message, result], tools=[WEATHER]
    )
    assert second.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("model", VENDORS)
def test_a_streamed_tool_call_adds_up(client, model):
    with client.chat.completions.stream(model=model, messages=HI, tools=[WEATHER]) as stream:
        [call] = stream.get_final_completion().choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Say hi"})


@pytest.mark.parametrize("model", ["gpt-5-mini", "only-chat", "claude-sonnet-5", "gemini-3.8-flash"])
def test_a_picture_is_looked_at(client, model):
    parts = [{"type": "text", "text": "Say hi"}, {"type": "image_url", "image_url": {"url": _picture()}}]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": parts}])
    assert "Say hi" in answer.choices[0].message.content


@pytest.mark.parametrize("model", ["gpt-5-mini", "only-chat", "gemini-3.8-flash"])
def test_an_answer_is_read_into_the_type_that_was_asked_for(client, model):
    class Weather(BaseModel):
        city: str
        is_raining: bool

    answer = client.chat.completions.parse(model=model, messages=HI, response_format=Weather)
    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_what_the_sdk_does_not_know_reaches_the_vendor(client, simulator):
    client.chat.completions.create(model="only-chat", messages=HI, extra_body={"prompt_cache_key": "k1"})
    assert json.loads(simulator.received[0]["body"])["prompt_cache_key"] == "k1"
    assert simulator.paid == [CHAT]


def test_the_answers_headers_say_who_served_it_and_what_is_left(client):
    raw = client.chat.completions.with_raw_response.create(model="only-chat", messages=HI)
    assert raw.headers["fourfold-provider"] == "first"
    assert raw.headers["x-request-id"] == raw.parse()._request_id


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_asked_exactly_again_is_answered_from_the_cache(client, fourfold, account, simulator, stream):
    def ask(**options):
        raw = client.chat.completions.with_raw_response.create(
            model="kept-chat", messages=HI, stream=stream, **options
        )
        answer = list(raw.parse()) if stream else raw.parse()
        return raw.headers["fourfold-cache"], answer

    (first, answer), (again, same) = ask(), ask()
    assert (first, again, same) == ("miss", "hit", answer)
    assert simulator.paid == [CHAT]
    assert fourfold.entries(account) == ["grant", "hold", "settle", "hold", "settle"]
    assert ask(extra_headers={"cache-control": "no-cache"})[0] == "miss"


@pytest.mark.parametrize("model", ["mock-embedding", "text-embedding-3-small", "only-embedding", "gemini-embedding-001"])
def test_embeddings_are_the_same_packed_and_plain(client, model):
    asked = {"model": model, "input": ["a fox", "a crow"]}
    # What the SDK asks for by itself doesn't fit its own type until it has unpacked it.
    client._strict_response_validation = False
    packed = client.embeddings.create(**asked)
    plain = client.embeddings.create(**asked, encoding_format="float")
    assert (len(packed.data), packed.model) == (2, CALLED.get(model, model))
    for ours, theirs in zip(packed.data, plain.data, strict=True):
        assert ours.embedding == pytest.approx(theirs.embedding)
        assert (ours.index, len(ours.embedding) > 1) == (theirs.index, True)
    assert packed.usage.total_tokens > 0


def test_models_are_those_that_the_key_may_use(client, fourfold, account):
    models = [model.id for model in client.models.list()]
    assert set(MODELS) <= set(models)
    assert client.models.retrieve("mock-chat").owned_by == "mock"
    narrow = fourfold.make_key("user", account=account, models=["mock-*"])
    names = [model.id for model in client.with_options(api_key=narrow).models.list()]
    assert names and all(name.startswith("mock-") for name in names)


def _picture():
    """A black PNG of one pixel as a data URI."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0\0\0")), (b"IEND", b"")]
    picture = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
