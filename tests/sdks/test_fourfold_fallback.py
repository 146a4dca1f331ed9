"""openai 3 over Fourfold: where the first vendor of a route has begun nothing, the next one serves, unseen by the SDK."""

import openai
import pytest

from works import HI, WAITED_FOR, WORKS

# The vendor took nothing.
NOT_BEGUN = ["status=503; message=overloaded", "status=429", "status=429; code=insufficient_quota", "status=401"]


@pytest.mark.parametrize("work", WORKS)
def test_the_next_vendor_serves_where_the_first_took_nothing(
    client, fourfold, account, simulator, second_simulator, work
):
    ask, route = WORKS[work]
    for fault in NOT_BEGUN:
        simulator.reset()
        second_simulator.reset()
        simulator.fault("POST /openai/*", fault)
        ask(client, "both")
        fourfold.forget_failures()
        assert (simulator.paid, second_simulator.paid) == ([], [route]), fault
        assert len(simulator.received) == 1, fault
    entries = fourfold.entries(account)
    assert (entries.count("hold"), entries.count("settle")) == (len(NOT_BEGUN), len(NOT_BEGUN))


def test_a_vendor_that_is_gone_is_passed_over(client, second_simulator):
    raw = client.chat.completions.with_raw_response.create(model="spare-chat", messages=HI)
    assert raw.headers["fourfold-provider"] == "second"
    assert second_simulator.paid == ["POST /v1/chat/completions"]


@pytest.mark.parametrize("work", WAITED_FOR)
def test_nobody_else_is_asked_where_the_first_may_have_begun(client, simulator, second_simulator, work):
    ask, route = WORKS[work]
    simulator.fault("POST /openai/*", "status=500; accept")
    with pytest.raises(openai.InternalServerError):
        ask(client, "both")
    assert (simulator.paid, second_simulator.received) == ([route], [])


def test_a_verdict_on_what_was_asked_is_not_sought_again(client, simulator, second_simulator):
    with pytest.raises(openai.UnprocessableEntityError):
        client.images.generate(model="both-image", prompt="a [filtered] fox", size="1024x1024")
    assert (len(simulator.received), second_simulator.received) == (1, [])
