"""DeepSeek by openai 3, as the vendor tells its users to."""

import json

import openai
import pytest
from openai import OpenAI

HI = {"model": "deepseek-flash", "messages": [{"role": "user", "content": "Say hi"}]}
THOUGHT = "This is a simulated thought about: Say hi"
ANSWER = "This is a simulated answer to: Say hi"
CHAT = "POST /chat/completions"
UNTHINKING = {"thinking": {"type": "disabled"}}
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("deepseek")
    with OpenAI(api_key="sk-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def test_a_chat_is_thought_about_answered_and_paid_once(client, simulator):
    answer = client.chat.completions.create(**HI)
    message = answer.choices[0].message
    assert (message.reasoning_content, message.content) == (THOUGHT, ANSWER)
    assert answer.usage.completion_tokens_details.reasoning_tokens == 8
    assert answer.usage.prompt_cache_miss_tokens == answer.usage.prompt_tokens == 5
    assert simulator.paid == [CHAT]


def test_thinking_is_left_out_on_request(client):
    message = client.chat.completions.create(**HI, extra_body=UNTHINKING).choices[0].message
    assert (message.reasoning_content, message.content) == (None, ANSWER)


def test_a_streamed_chat_brings_its_thought_first_and_its_usage_last(client, simulator):
    *chunks, last = client.chat.completions.create(**HI, stream=True, stream_options={"include_usage": True})
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert "".join(delta.reasoning_content or "" for delta in deltas) == THOUGHT
    assert "".join(delta.content or "" for delta in deltas) == ANSWER
    assert (last.choices, last.usage.total_tokens) == ([], 21)
    assert simulator.paid == [CHAT]


def test_a_tool_is_called_and_its_result_answered_where_the_thought_is_sent_back(client, simulator):
    first = client.chat.completions.create(**HI, tools=[WEATHER]).choices[0].message
    [call] = first.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Say hi"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    turns = HI | {"messages": [*HI["messages"], first, result]}
    second = client.chat.completions.create(**turns, tools=[WEATHER])
    assert second.choices[0].message.content == ANSWER

    first.reasoning_content = None
    with pytest.raises(openai.BadRequestError, match="reasoning_content"):
        client.chat.completions.create(**turns, tools=[WEATHER])
    assert simulator.paid == [CHAT] * 2


def test_models_are_listed_without_the_time_that_the_sdk_expects(client, simulator):
    client._strict_response_validation = False
    assert "deepseek-flash" in [model.id for model in client.models.list()]
    assert simulator.paid == []


def test_a_wrong_key_is_refused_once(client, simulator):
    simulator.take_only("deepseek", "sk-right")
    with pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([401], [])


def test_a_retired_model_and_a_bad_value_are_refused_once(client, simulator):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**HI | {"model": "deepseek-chat"})
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(**HI, temperature=3)
    assert (simulator.statuses, simulator.paid) == ([400, 422], [])


def test_an_empty_account_is_told_so_once(client, simulator):
    simulator.fault("POST /deepseek/*", "status=402")
    with pytest.raises(openai.APIStatusError, match="Insufficient Balance"):
        client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([402], [])


def test_too_many_at_once_are_tried_again_and_paid_once(client, simulator):
    simulator.fault("POST /deepseek/*", "status=429; retry-after=0.01; times=2")
    client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([429, 429, 200], [CHAT])


def test_a_chat_whose_answer_is_lost_is_paid_twice(client, simulator):
    simulator.fault("POST /deepseek/*", "lose; times=1")
    client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([None, 200], [CHAT] * 2)
