"""anthropic 2 over Fourfold: messages, by every kind of chat model; refusals, repeats and fallback."""

import anthropic
import pytest
from anthropic import Anthropic

HI = {"max_tokens": 64, "messages": [{"role": "user", "content": "Say hi"}]}
MESSAGE = "POST /v1/messages"
WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
# The mock, the vendor whose wire it is, and three with other wires.
MODELS = ["mock-chat", "claude-sonnet-5", "gpt-5-mini", "deepseek-v4-flash", "gemini-3.8-flash"]
VENDORS = MODELS[1:]


@pytest.fixture
def client(fourfold, service_key, account):
    with Anthropic(
        api_key=service_key,
        base_url=fourfold.url,
        default_headers={"fourfold-user": account},
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.mark.parametrize("model", MODELS)
def test_a_message_is_answered_and_charged_for_what_it_used(client, fourfold, account, model):
    answer = client.messages.create(model=model, **HI)
    assert "Say hi" in answer.content[-1].text
    assert (answer.role, answer.stop_reason, answer.model) == ("assistant", "end_turn", model)
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0
    assert fourfold.entries(account) == ["grant", "hold", "settle"]
    assert fourfold.credits(account)["held"] == "0"


@pytest.mark.parametrize("model", MODELS)
def test_tokens_are_estimated_for_every_model_and_for_nothing(client, fourfold, account, simulator, model):
    few = client.messages.count_tokens(model=model, messages=HI["messages"]).input_tokens
    many = client.messages.count_tokens(model=model, messages=HI["messages"], system="Be brief. " * 100).input_tokens
    assert 0 < few < many - 200
    assert (simulator.received, fourfold.entries(account)) == ([], ["grant"])


@pytest.mark.parametrize("model", MODELS)
def test_a_streamed_message_adds_up_and_tells_its_usage(client, fourfold, account, model):
    whole = client.messages.create(model=model, **HI).content[-1].text
    with client.messages.stream(model=model, **HI) as stream:
        assert "".join(stream.text_stream) == whole
        message = stream.get_final_message()
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > 0
    kinds = [event.type for event in client.messages.create(model=model, **HI, stream=True)]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    assert fourfold.entries(account) == ["grant"] + ["hold", "settle"] * 3


def test_what_is_marked_for_the_vendors_cache_passes_where_the_price_names_it(client, simulator):
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    # The mock and OpenAI have no such cache.
    for model in ["claude-sonnet-5", "mock-chat", "gpt-5-mini"]:
        assert "Say hi" in client.messages.create(model=model, system=system, **HI).content[-1].text
    paid = list(simulator.paid)
    with pytest.raises(anthropic.UnprocessableEntityError, match="cache_control") as refused:
        client.messages.create(model="only-message", system=system, **HI)
    assert refused.value.body["error"]["code"] == "unpriced_parameter"
    assert simulator.paid == paid


@pytest.mark.parametrize("model", VENDORS)
def test_a_tool_is_called_and_its_result_answered(client, model):
    first = client.messages.create(model=model, **HI, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    call = first.content[-1]
    assert (call.name, call.input) == ("weather", {"city": "Say hi"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}
    turns = [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(model=model, **HI | {"messages": HI["messages"] + turns}, tools=[WEATHER])
    assert second.stop_reason == "end_turn"


@pytest.mark.parametrize("model", VENDORS)
def test_a_streamed_tool_call_adds_up(client, model):
    with client.messages.stream(model=model, **HI, tools=[WEATHER]) as stream:
        call = stream.get_final_message().content[-1]
    assert (call.name, call.input) == ("weather", {"city": "Say hi"})


@pytest.mark.parametrize(
    ("kind", "status", "word", "asked"),
    [
        (anthropic.NotFoundError, 404, "not_found_error", {"model": "claude-2"}),
        (anthropic.BadRequestError, 400, "invalid_request_error", {"model": "mock-chat", "messages": "x"}),
        (anthropic.UnprocessableEntityError, 422, "invalid_request_error", {"tools": [SEARCH]}),
    ],
)
def test_what_is_wrong_is_refused_once_by_the_sdks_own_error(client, simulator, kind, status, word, asked):
    with pytest.raises(kind) as refused:
        client.messages.create(**{"model": "claude-sonnet-5"} | HI | asked)
    assert (refused.value.status_code, refused.value.type) == (status, word)
    assert refused.value.body["error"]["message"]
    assert simulator.received == []


def test_who_may_not_is_refused_by_the_sdks_own_error(client, fourfold, account):
    asked = {"model": "mock-chat"} | HI
    with pytest.raises(anthropic.AuthenticationError) as refused:
        client.with_options(api_key="ff_wrong").messages.create(**asked)
    assert refused.value.type == "authentication_error"
    narrow = fourfold.make_key("user", account=account, scopes=["images"])
    with pytest.raises(anthropic.PermissionDeniedError) as refused:
        client.with_options(api_key=narrow).messages.create(**asked)
    assert refused.value.type == "permission_error"
    narrow = fourfold.make_key("user", account=account, limits={"requests_per_minute": 1})
    narrow = client.with_options(api_key=narrow, max_retries=0)
    narrow.messages.create(**asked)
    with pytest.raises(anthropic.RateLimitError, match="1 requests a minute"):
        narrow.messages.create(**asked)
    poor = client.with_options(default_headers={"fourfold-user": fourfold.make_account(None)})
    with pytest.raises(anthropic.APIStatusError) as refused:
        poor.messages.create(**asked)
    assert (refused.value.status_code, refused.value.type) == (402, "billing_error")


@pytest.mark.parametrize("fault", ["status=500; accept", "status=502; accept", "lose", "cut=20"])
def test_what_may_have_begun_is_asked_once_and_not_charged(client, fourfold, account, simulator, fault):
    simulator.fault("POST /anthropic/*", fault)
    with pytest.raises(anthropic.InternalServerError) as failed:
        client.messages.create(model="only-message", **HI)
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert simulator.paid == [MESSAGE]
    assert fourfold.entries(account) == ["grant", "hold", "release"]


@pytest.mark.parametrize("fault", ["status=429; retry-after=0.01; times=1", "status=529; times=1"])
def test_what_was_not_begun_is_repeated_and_paid_once(client, simulator, fault):
    simulator.fault("POST /anthropic/*", fault)
    client.messages.create(model="only-message", **HI)
    assert (len(simulator.received), simulator.paid) == (2, [MESSAGE])


@pytest.mark.parametrize("is_stream", [False, True])
def test_the_next_vendor_serves_where_the_first_took_nothing(client, simulator, second_simulator, is_stream):
    simulator.fault("POST /anthropic/*", "status=529")
    answer = client.messages.create(model="both-message", **HI, stream=is_stream)
    assert [event.type for event in answer][-1] == "message_stop" if is_stream else answer.content
    assert (simulator.paid, second_simulator.paid) == ([], [MESSAGE])


def test_a_stream_that_breaks_off_ends_in_an_error_and_is_not_repeated(client, fourfold, account, simulator):
    simulator.fault("POST /anthropic/*", "cut=900")
    with pytest.raises(anthropic.APIError) as broken, client.messages.stream(model="only-message", **HI) as stream:
        stream.get_final_message()
    assert broken.value.body["error"]["message"]
    assert simulator.paid == [MESSAGE]
    assert fourfold.entries(account) == ["grant", "hold", "settle"]
