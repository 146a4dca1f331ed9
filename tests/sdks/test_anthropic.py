"""anthropic 2: messages, tools, counts and models; what the SDK repeats by itself, and what that costs.

By default it sends a request up to three times: after a connection error, a timeout, 408, 409, 429 and every 5xx.
"""

import anthropic
import httpx2
import pytest
from anthropic import Anthropic
from pydantic import BaseModel

HI = {"model": "claude-sonnet-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Say hi"}]}
ANSWER = "This is a simulated answer to: Say hi"
MESSAGE = "POST /v1/messages"
WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("anthropic")
    with Anthropic(api_key="sk-ant-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def test_a_message_is_answered_with_its_usage_and_paid_once(client, simulator):
    answer = client.messages.create(**HI)
    assert (answer.content[0].text, answer.stop_reason) == (ANSWER, "end_turn")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 8)
    assert answer._request_id.startswith("req_")
    assert simulator.paid == [MESSAGE]


def test_the_newest_version_and_a_bearer_key_are_what_is_sent(client, simulator):
    client.messages.create(**HI)
    headers = dict(simulator.received[0]["headers"])
    assert (headers["anthropic-version"], headers["authorization"]) == ("2026-10-21", "Bearer sk-ant-test")


def test_a_streamed_message_adds_up_and_tells_its_usage(client, simulator):
    with client.messages.stream(**HI) as stream:
        assert "".join(stream.text_stream) == ANSWER
        message = stream.get_final_message()
    assert (message.usage.input_tokens, message.usage.output_tokens) == (5, 8)
    kinds = [event.type for event in client.messages.create(**HI, stream=True)]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    assert simulator.paid == [MESSAGE] * 2


def test_a_tool_is_called_and_its_result_answered(client, simulator):
    first = client.messages.create(**HI, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    [call] = first.content
    assert (call.name, call.input) == ("weather", {"city": "Say hi"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}
    turns = [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(**HI | {"messages": HI["messages"] + turns}, tools=[WEATHER])
    assert second.stop_reason == "end_turn"
    assert simulator.paid == [MESSAGE] * 2


def test_a_streamed_tool_call_adds_up(client):
    with client.messages.stream(**HI, tools=[WEATHER]) as stream:
        [call] = stream.get_final_message().content
    assert (call.name, call.input) == ("weather", {"city": "Say hi"})


def test_a_thought_comes_before_the_answer_and_can_be_sent_back(client):
    asked = HI | {"thinking": {"type": "adaptive"}}
    with client.messages.stream(**asked) as stream:
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    turns = [{"role": "assistant", "content": message.content}, {"role": "user", "content": "And again"}]
    again = client.messages.create(**asked | {"messages": HI["messages"] + turns})
    assert again.content[1].text == "This is a simulated answer to: And again"


def test_an_answer_is_read_into_the_type_that_was_asked_for(client):
    class Weather(BaseModel):
        city: str
        is_raining: bool

    assert isinstance(client.messages.parse(**HI, output_format=Weather).parsed_output, Weather)


def test_counts_and_models_cost_nothing(client, simulator):
    counted = client.messages.count_tokens(model=HI["model"], messages=HI["messages"])
    assert counted.input_tokens == 5
    models = [model.id for model in client.models.list(limit=1)]
    assert len(models) > 1
    assert client.models.retrieve(models[0]).id == models[0]
    assert simulator.paid == []


def test_a_wrong_key_is_refused_once(client, simulator):
    simulator.take_only("anthropic", "sk-ant-right")
    with pytest.raises(anthropic.AuthenticationError) as refused:
        client.messages.create(**HI)
    assert refused.value.type == "authentication_error"
    assert (simulator.statuses, simulator.paid) == ([401], [])


def test_bad_input_is_refused_once_and_names_the_field(client, simulator):
    with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
        client.messages.create(**HI | {"max_tokens": 0})
    with pytest.raises(anthropic.NotFoundError, match="claude-2"):
        client.messages.create(**HI | {"model": "claude-2"})
    assert (simulator.statuses, simulator.paid) == ([400, 404], [])


def test_a_rate_limit_is_waited_out_and_paid_once(client, simulator):
    simulator.fault("POST /anthropic/*", "status=429; retry-after=0.01; times=2")
    client.messages.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([429, 429, 200], [MESSAGE])


def test_an_overloaded_vendor_is_asked_three_times(client, simulator):
    simulator.fault("POST /anthropic/*", "status=529; retry-after=0.01")
    with pytest.raises(anthropic.OverloadedError):
        client.messages.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([529] * 3, [])


def test_a_message_whose_answer_is_lost_is_paid_twice(client, simulator):
    simulator.fault("POST /anthropic/*", "lose; times=1")
    client.messages.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([None, 200], [MESSAGE] * 2)


def test_a_message_accepted_behind_server_errors_is_paid_three_times(client, simulator):
    simulator.fault("POST /anthropic/*", "status=500; accept; retry-after=0.01")
    with pytest.raises(anthropic.InternalServerError):
        client.messages.create(**HI)
    assert simulator.paid == [MESSAGE] * 3


def test_a_stream_that_breaks_off_is_not_repeated(client, simulator):
    simulator.fault("POST /anthropic/*", "cut=900")
    # The SDK has no error of its own for this.
    with pytest.raises(httpx2.RemoteProtocolError), client.messages.stream(**HI) as stream:
        stream.get_final_message()
    assert (simulator.statuses, simulator.paid) == ([200], [MESSAGE])
