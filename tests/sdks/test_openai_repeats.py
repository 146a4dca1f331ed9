"""openai 3: refusals, what the SDK repeats by itself, and what that costs.

By default it sends a request up to three times: after a connection error, a timeout, 408, 409, 429 and every 5xx.
It sends no key by which a vendor could tell a repeat from a new order, so work that was accepted is paid again.
"""

import openai
import pytest
from openai import OpenAI

HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi"}]}
CHAT = "POST /v1/chat/completions"
VIDEO = {"model": "sora-2", "prompt": "a fox"}


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("openai")
    with OpenAI(api_key="sk-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def test_a_wrong_key_is_refused_once(client, simulator):
    simulator.take_only("openai", "sk-right")
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided") as refused:
        client.chat.completions.create(**HI)
    assert refused.value.code == "invalid_api_key"
    assert (simulator.statuses, simulator.paid) == ([401], [])


def test_bad_input_is_refused_once_and_names_the_field(client, simulator):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**HI, temperature=3)
    assert (refused.value.param, refused.value.type) == ("temperature", "invalid_request_error")
    assert (simulator.statuses, simulator.paid) == ([400], [])


def test_an_unknown_model_is_not_found(client, simulator):
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(**HI | {"model": "gpt-3"})
    assert refused.value.code == "model_not_found"
    assert (simulator.statuses, simulator.paid) == ([404], [])


def test_a_rate_limit_is_waited_out_and_paid_once(client, simulator):
    simulator.fault("POST /openai/*", "status=429; retry-after=0.01; times=2")
    client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([429, 429, 200], [CHAT])


def test_a_spent_quota_is_asked_for_three_times_though_waiting_is_no_use(client, simulator):
    simulator.fault("POST /openai/*", "status=429; code=insufficient_quota; retry-after=0.01")
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(**HI)
    assert refused.value.code == "insufficient_quota"
    assert (simulator.statuses, simulator.paid) == ([429] * 3, [])


def test_a_refused_connection_is_tried_again_and_paid_once(client, simulator):
    simulator.refuse_connections(1)
    client.chat.completions.create(**HI)
    assert simulator.paid == [CHAT]


def test_a_chat_whose_answer_is_lost_is_paid_twice(client, simulator):
    simulator.fault("POST /openai/*", "lose; times=1")
    client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([None, 200], [CHAT] * 2)


def test_a_chat_that_takes_longer_than_the_callers_timeout_is_paid_again(client, simulator):
    simulator.fault("POST /openai/*", "hang=after-body; accept; times=1")
    client.with_options(timeout=2).chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([None, 200], [CHAT] * 2)


def test_a_video_whose_answers_are_lost_is_paid_three_times_and_none_is_known(client, simulator):
    simulator.fault("POST /openai/v1/videos", "lose")
    with pytest.raises(openai.APIConnectionError):
        client.videos.create(**VIDEO)
    assert simulator.paid == ["POST /v1/videos"] * 3
    assert len(list(client.videos.list())) == 3


def test_a_video_accepted_behind_a_server_error_is_paid_again(client, simulator):
    simulator.fault("POST /openai/v1/videos", "status=502; accept; retry-after=0.01; times=1")
    video = client.videos.create(**VIDEO)
    assert simulator.paid == ["POST /v1/videos"] * 2
    assert len(list(client.videos.list())) == 2
    assert client.videos.retrieve(video.id).status == "completed"


def test_a_vendor_that_says_not_to_repeat_is_obeyed(client, simulator):
    simulator.script("POST /openai/*", {"status": 500, "headers": {"x-should-retry": "false"}, "json": {}})
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(**HI)
    assert simulator.statuses == [500]


def test_a_stream_that_breaks_off_is_not_repeated(client, simulator):
    simulator.fault("POST /openai/*", "cut=900")
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(**HI, stream=True))
    assert (simulator.statuses, simulator.paid) == ([200], [CHAT])


def test_an_answer_that_cannot_be_read_is_not_repeated(client, simulator):
    simulator.fault("POST /openai/*", "malformed")
    with pytest.raises(ValueError):
        client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([200], [CHAT])
