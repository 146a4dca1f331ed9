"""openai 3: chats, responses, embeddings and models."""

import json

import pytest
from openai import OpenAI
from pydantic import BaseModel

HI = [{"role": "user", "content": "Say hi"}]
ANSWER = "This is a simulated answer to: Say hi"
CHAT = "POST /v1/chat/completions"
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("openai")
    with OpenAI(api_key="sk-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def test_a_chat_is_answered_with_its_usage_and_paid_once(client, simulator):
    answer = client.chat.completions.create(model="gpt-4o", messages=HI)
    assert answer.choices[0].message.content == ANSWER
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (5, 8, 13)
    assert answer._request_id.startswith("req_")
    assert simulator.paid == [CHAT]


def test_a_streamed_chat_adds_up_and_ends_with_its_usage(client, simulator):
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model="gpt-4o", messages=HI, stream=True, stream_options=options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == ANSWER
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 13)
    assert simulator.paid == [CHAT]


def test_the_stream_helper_gathers_the_same_chat(client, simulator):
    with client.chat.completions.stream(model="gpt-4o", messages=HI) as stream:
        kinds = {event.type for event in stream}
        assert stream.get_final_completion().choices[0].message.content == ANSWER
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert simulator.paid == [CHAT]


def test_a_tool_is_called_and_its_result_answered(client, simulator):
    first = client.chat.completions.create(model="gpt-4o", messages=HI, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    [call] = first.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Say hi"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    messages = [*HI, first.choices[0].message, result]
    second = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == ANSWER
    assert simulator.paid == [CHAT, CHAT]


def test_a_streamed_tool_call_adds_up(client):
    with client.chat.completions.stream(model="gpt-4o", messages=HI, tools=[WEATHER]) as stream:
        [call] = stream.get_final_completion().choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Say hi"})


def test_an_answer_is_read_into_the_type_that_was_asked_for(client):
    class Weather(BaseModel):
        city: str
        is_raining: bool

    answer = client.chat.completions.parse(model="gpt-4o", messages=HI, response_format=Weather)
    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_a_response_is_created_read_again_and_deleted(client, simulator):
    response = client.responses.create(model="gpt-4o", input="Say hi")
    assert (response.status, response.output_text) == ("completed", ANSWER)
    assert client.responses.retrieve(response.id).output_text == ANSWER
    client.responses.delete(response.id)
    assert simulator.paid == ["POST /v1/responses"]


def test_a_streamed_response_adds_up(client, simulator):
    with client.responses.stream(model="gpt-4o", input="Say hi") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert stream.get_final_response().output_text == "".join(deltas) == ANSWER
    assert simulator.paid == ["POST /v1/responses"]


def test_a_streamed_call_of_a_tool_by_responses_adds_up(client):
    tool = {"type": "function", "name": "weather", "strict": False, "parameters": WEATHER["function"]["parameters"]}
    with client.responses.stream(model="gpt-4o", input="Say hi", tools=[tool]) as stream:
        [call] = stream.get_final_response().output
    assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Say hi"})


def test_embeddings_are_the_same_packed_and_plain(client, simulator):
    asked = {"model": "text-embedding-3-small", "input": ["a fox", "a crow"], "dimensions": 16}
    # What the SDK asks for by itself doesn't fit its own type until it has unpacked it.
    client._strict_response_validation = False
    packed = client.embeddings.create(**asked)
    plain = client.embeddings.create(**asked, encoding_format="float")
    assert '"encoding_format":"base64"' in simulator.received[0]["body"]
    for ours, theirs in zip(packed.data, plain.data, strict=True):
        assert ours.embedding == pytest.approx(theirs.embedding)
        assert len(ours.embedding) == 16
    assert simulator.paid == ["POST /v1/embeddings"] * 2


def test_models_are_listed_and_cost_nothing(client, simulator):
    models = [model.id for model in client.models.list()]
    assert client.models.retrieve(models[0]).id == models[0]
    assert simulator.paid == []
