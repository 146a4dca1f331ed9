"""openai 3 over Fourfold: what the SDK repeats by itself, with its default retries, is never paid twice.

Its users pay twice for the same faults without Fourfold: `test_openai_repeats.py`.
"""

import threading
import time

import openai
import pytest

from works import WAITED_FOR, WORKS

# The vendor took the work, or may have.
BEGUN = ["status=500; accept", "status=502; accept; retry-after=0.01", "lose", "cut=20"]
# The vendor took nothing.
NOT_BEGUN = ["status=429; retry-after=0.01; times=1", "status=503; message=overloaded; times=1"]


@pytest.mark.parametrize("work", WAITED_FOR)
@pytest.mark.parametrize("fault", BEGUN)
def test_what_may_have_begun_is_asked_once_and_not_charged(client, fourfold, account, simulator, work, fault):
    ask, route = WORKS[work]
    simulator.fault("POST /openai/*", fault)
    with pytest.raises(openai.APIError):
        ask(client, "only")
    assert simulator.paid == [route]
    assert len(simulator.received) == 1
    assert fourfold.entries(account)[-1] != "settle"
    assert fourfold.credits(account) | {"held": "0"} == fourfold.credits(account)


# Of a job nobody knows how it ended; a call has timed out.
@pytest.mark.parametrize(("work", "status"), [("chat", 504), ("streamed chat", 504), ("image", 502)])
def test_what_a_vendor_leaves_without_an_answer_is_asked_once(client, simulator, work, status):
    ask, route = WORKS[work]
    simulator.fault("POST /openai/*", "hang=after-body; accept")
    with pytest.raises(openai.InternalServerError) as failed:
        ask(client, "hasty")
    assert (failed.value.status_code, simulator.paid) == (status, [route])


@pytest.mark.parametrize("fault", ["status=500; accept", "lose"])
def test_a_video_that_may_have_begun_is_asked_for_once(client, simulator, fault):
    simulator.fault("POST /openai/v1/videos", fault)
    ask, route = WORKS["video"]
    assert ask(client, "only").status == "failed"
    assert simulator.paid == [route]


@pytest.mark.parametrize("work", WAITED_FOR)
def test_what_was_not_begun_is_repeated_and_paid_once(client, fourfold, account, simulator, work):
    ask, route = WORKS[work]
    for fault in NOT_BEGUN:
        simulator.reset()
        simulator.fault("POST /openai/*", fault)
        ask(client, "only")
        assert simulator.paid == [route], fault
        assert len(simulator.received) == 2, fault
    assert fourfold.entries(account).count("settle") == len(NOT_BEGUN)


def test_a_vendor_that_is_gone_is_told_as_such_when_no_retry_helps(client, fourfold, account):
    with pytest.raises(openai.InternalServerError) as failed:
        WORKS["chat"][0](client, "gone")
    assert (failed.value.status_code, failed.value.code) == (503, "unavailable")
    assert failed.value.response.headers["x-should-retry"] == "true"
    assert fourfold.entries(account) == ["grant"] + ["hold", "release"] * 3


def test_a_place_that_is_taken_is_waited_for(client, fourfold, account, simulator):
    narrow = client.with_options(api_key=fourfold.make_key("user", account=account, limits={"concurrency": 1}))
    simulator.fault("POST /openai/*", "delay=1500ms; times=1")
    first = threading.Thread(target=WORKS["chat"][0], args=(narrow, "only"))
    first.start()
    until = time.monotonic() + 10
    while not simulator.received:
        assert time.monotonic() < until, "the first chat doesn't come to the vendor"
    with pytest.raises(openai.RateLimitError, match="at the same time"):
        WORKS["chat"][0](narrow.with_options(max_retries=0), "only")
    WORKS["chat"][0](narrow, "only")
    first.join()
    assert simulator.paid == ["POST /v1/chat/completions"] * 2


def test_a_stream_that_breaks_off_is_charged_for_what_came_and_not_repeated(client, fourfold, account, simulator):
    simulator.fault("POST /openai/*", "cut=900")
    with pytest.raises(openai.APIError) as broken:
        WORKS["streamed chat"][0](client, "only")
    assert broken.value.code
    assert simulator.paid == ["POST /v1/chat/completions"]
    assert fourfold.entries(account) == ["grant", "hold", "settle"]


@pytest.mark.parametrize("work", WORKS)
def test_the_same_order_by_its_key_is_paid_once_and_answered_again(client, simulator, work):
    ask, route = WORKS[work]
    ordering = client.with_options(default_headers={"idempotency-key": "order 1"})
    first, again = ask(ordering, "only"), ask(ordering, "only")
    assert simulator.paid == [route]
    assert _told(again) == _told(first)


def _told(answer):
    """What an answer says, without the id of the request that brought it."""
    if isinstance(answer, list):
        return [_told(part) for part in answer]
    return answer if isinstance(answer, bytes) else answer.model_dump(exclude={"usage"})


def test_a_sound_that_breaks_off_is_free_and_the_vendor_paid_once(client, fourfold, account, simulator):
    ask, route = WORKS["speech"]
    simulator.fault("POST /openai/*", "cut=20; times=1")
    # The SDK asks once more by itself, and is told not to.
    with pytest.raises(openai.InternalServerError, match="the sound broke off") as refused:
        ask(client, "only")
    assert (refused.value.status_code, refused.value.code) == (502, "vendor_failed")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert simulator.paid == [route]
    assert "settle" not in fourfold.entries(account)
    assert (fourfold.credits(account)["available"], fourfold.credits(account)["held"]) == ("100", "0")
    # Who wants it spoken anew asks anew.
    ask(client, "only")
    assert simulator.paid == [route] * 2
