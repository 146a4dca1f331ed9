"""openai 3 over Fourfold: responses, passed on to the vendor that has them and made of chats by all others."""

import json

import openai
import pytest

HI = "Say hi"
WEATHER = {
    "type": "function",
    "name": "weather",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
# The mock, the vendor whose wire it is, and three with other wires.
MODELS = ["mock-chat", "gpt-5-mini", "deepseek-v4-flash", "claude-sonnet-5", "gemini-3.8-flash"]
VENDORS = MODELS[1:]
RESPONSE = "POST /v1/responses"


@pytest.mark.parametrize("model", MODELS)
def test_a_response_is_given_and_charged_for_what_it_used(client, fourfold, account, model):
    response = client.responses.create(model=model, input=HI)
    assert (response.status, response.model) == ("completed", model)
    assert HI in response.output_text
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
    assert fourfold.entries(account) == ["grant", "hold", "settle"]
    assert fourfold.credits(account)["held"] == "0"


@pytest.mark.parametrize("model", MODELS)
def test_a_streamed_response_adds_up(client, model):
    whole = client.responses.create(model=model, input=HI).output_text
    with client.responses.stream(model=model, input=HI) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert stream.get_final_response().output_text == "".join(deltas) == whole


@pytest.mark.parametrize("model", VENDORS)
def test_a_tool_is_called_and_its_result_answered(client, model):
    said = client.responses.create(model=model, input=HI, tools=[WEATHER]).output
    [call] = [item for item in said if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments)) == ("weather", {"city": HI})
    called = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    asked = [{"role": "user", "content": HI}, called, result]
    assert client.responses.create(model=model, input=asked, tools=[WEATHER]).output_text


@pytest.mark.parametrize("model", VENDORS)
def test_a_streamed_call_of_a_tool_adds_up(client, model):
    with client.responses.stream(model=model, input=HI, tools=[WEATHER]) as stream:
        calls = [item for item in stream.get_final_response().output if item.type == "function_call"]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("weather", {"city": HI})]


def test_nothing_is_kept_at_the_vendor_and_nothing_continued(client, simulator):
    client.responses.create(model="gpt-5-mini", input=HI)
    assert json.loads(simulator.received[0]["body"])["store"] is False
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.responses.create(model="gpt-5-mini", input=HI, previous_response_id="resp_1")
    assert refused.value.param == "previous_response_id"
    assert simulator.paid == [RESPONSE]


@pytest.mark.parametrize("fault", ["status=500; accept", "lose", "cut=20"])
def test_what_may_have_begun_is_asked_once_and_not_charged(client, fourfold, account, simulator, fault):
    simulator.fault("POST /openai/*", fault)
    with pytest.raises(openai.InternalServerError) as failed:
        client.responses.create(model="gpt-5-mini", input=HI)
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert simulator.paid == [RESPONSE]
    assert fourfold.entries(account) == ["grant", "hold", "release"]


def test_a_stream_that_breaks_off_ends_in_an_error_and_is_not_repeated(client, fourfold, account, simulator):
    simulator.fault("POST /openai/*", "cut=2600")
    with pytest.raises(openai.APIError):
        list(client.responses.create(model="gpt-5-mini", input=HI, stream=True))
    assert simulator.paid == [RESPONSE]
    assert fourfold.entries(account) == ["grant", "hold", "settle"]
