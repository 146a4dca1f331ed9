"""openai 3 over Fourfold: refusals and failures as the SDK's own exceptions, with our words in them."""

import openai
import pytest

HI = [{"role": "user", "content": "Say hi"}]


def _refused(kind, code, client, model="mock-chat", **asked):
    """What a chat is refused with, which must be this."""
    with pytest.raises(kind) as refused:
        client.chat.completions.create(**{"model": model, "messages": HI} | asked)
    error = refused.value
    assert type(error) is kind, repr(error)
    assert error.code == code, error
    # The whole sentence, as the body has it.
    assert error.body["message"] and error.body["message"] in error.message
    assert error.request_id == error.response.headers["x-request-id"]
    return error


def test_a_wrong_key_is_an_authentication_error(client):
    error = _refused(openai.AuthenticationError, "invalid_api_key", client.with_options(api_key="ff_wrong"))
    assert error.type == "authentication_error"


def test_what_a_key_may_not_do_is_a_permission_error(client, fourfold, account):
    narrow = fourfold.make_key("user", account=account, scopes=["images"])
    _refused(openai.PermissionDeniedError, "missing_scope", client.with_options(api_key=narrow))
    narrow = fourfold.make_key("user", account=account, models=["gpt-*"])
    error = _refused(openai.PermissionDeniedError, "model_not_allowed", client.with_options(api_key=narrow))
    assert error.param == "model"
    other = fourfold.make_key("user", account=fourfold.make_account("1"))
    _refused(openai.PermissionDeniedError, "wrong_user", client.with_options(api_key=other))


def test_a_model_and_a_route_that_are_not_there_are_not_found(client):
    error = _refused(openai.NotFoundError, "unknown_model", client, model="gpt-3")
    assert (error.param, "gpt-3" in error.message) == ("model", True)
    with pytest.raises(openai.NotFoundError, match="no such route"):
        client.fine_tuning.jobs.list()


def test_what_is_malformed_is_a_bad_request_that_names_the_field(client):
    error = _refused(openai.BadRequestError, "malformed", client, messages=[])
    assert error.param == "messages"


def test_what_is_not_offered_cannot_be_processed_and_names_the_field(client, simulator):
    error = _refused(
        openai.UnprocessableEntityError, "unpriced_parameter", client, "only-chat", service_tier="priority"
    )
    assert (error.param, error.type) == ("service_tier", "invalid_request_error")
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.images.generate(model="mock-image", prompt="a fox", size="1x1")
    assert (refused.value.code, refused.value.param) == ("invalid_parameter", "size")
    assert simulator.received == []


def test_an_empty_account_and_a_spent_budget_are_told_by_402(client, fourfold, account):
    poor = client.with_options(default_headers={"fourfold-user": fourfold.make_account(None)})
    error = _refused(openai.APIStatusError, "insufficient_credits", poor)
    assert (error.status_code, error.type) == (402, "insufficient_quota")
    spent = client.with_options(api_key=fourfold.make_key("user", account=account, budget="0.000001"))
    assert _refused(openai.APIStatusError, "budget_exceeded", spent).status_code == 402


def test_a_spent_limit_is_a_rate_limit_error_that_names_it(client, fourfold, account):
    narrow = fourfold.make_key("user", account=account, limits={"requests_per_minute": 1})
    narrow = client.with_options(api_key=narrow, max_retries=0)
    narrow.models.list()
    error = _refused(openai.RateLimitError, "rate_limit_exceeded", narrow)
    assert "this key may have 1 requests a minute" in error.message
    assert int(error.response.headers["retry-after"]) >= 1
    assert error.response.headers["x-ratelimit-remaining-requests"] == "0"


def test_a_vendor_that_fails_is_a_server_error_with_its_words_and_without_its_key(client, simulator):
    simulator.fault("POST /openai/*", "status=500; message=the machine burns")
    error = _refused(openai.InternalServerError, "vendor_failed", client, "only-chat")
    assert (error.status_code, error.response.headers["x-should-retry"]) == (502, "false")
    assert "the machine burns" in error.message and "key-of-the-operator" not in error.message
    _refused(openai.InternalServerError, "vendor_failed", client, "mock-chat-fail")


def test_a_vendor_that_says_nothing_has_timed_out(client, simulator):
    simulator.fault("POST /openai/*", "hang=after-body")
    assert _refused(openai.InternalServerError, "vendor_timeout", client, "hasty-chat").status_code == 504


def test_a_filter_that_catches_is_the_callers_to_mend(client):
    filtered = [{"role": "user", "content": "Say [filtered]"}]
    _refused(openai.BadRequestError, "refused", client, "only-chat", messages=filtered)


@pytest.mark.parametrize("fault", ["cut=900", "stall=900"])
def test_a_stream_that_breaks_ends_in_an_error_with_our_words(client, simulator, fault):
    simulator.fault("POST /openai/*", fault)
    said = []
    with pytest.raises(openai.APIError) as broken:
        for chunk in client.chat.completions.create(model="hasty-chat", messages=HI, stream=True):
            said.append(chunk.choices[0].delta.content)
    assert said and broken.value.message and broken.value.body["code"] == broken.value.code
