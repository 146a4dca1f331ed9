"""google-genai since 2: interactions, by which videos are made today.

Unlike everything else in this SDK they are repeated by default, after a network error, a timeout, 408, 409, 429 and
every 5xx; not after a connection that was closed in good order.
"""

import pytest
from google import genai

# They have no public name, and `google.genai.errors.APIError` isn't among their bases.
from google.genai._gaos.lib import compat_errors as errors

from media import is_mp4

API, SENT_MAX = ("/v1", 5) if genai.__version__ >= "3" else ("/v1beta", 4)
CREATE = f"POST {API}/interactions"
HI = {"model": "gemini-3.8-flash", "input": "Say hi"}
ANSWER = "This is a simulated answer to: Say hi"
FILM = {
    "model": "gemini-omni-1.1-flash",
    "input": "a fox",
    "response_format": {"type": "video", "duration": "4s", "delivery": "uri"},
    "background": True,
}
WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def client(simulator):
    with genai.Client(api_key="key-test", http_options={"base_url": simulator.base_url("gemini")}) as client:
        yield client


def test_an_interaction_is_answered_kept_and_paid_once(client, simulator):
    interaction = client.interactions.create(**HI)
    assert (interaction.status, interaction.output_text) == ("completed", ANSWER)
    usage = interaction.usage
    assert usage.total_tokens == usage.total_input_tokens + usage.total_output_tokens + usage.total_thought_tokens
    assert client.interactions.get(interaction.id).output_text == ANSWER
    client.interactions.delete(interaction.id)
    with pytest.raises(errors.NotFoundError):
        client.interactions.get(interaction.id)
    assert simulator.paid == [CREATE]


def test_a_streamed_interaction_begins_and_is_completed(client, simulator):
    events = list(client.interactions.create(**HI, stream=True))
    kinds = [event.event_type for event in events]
    assert (kinds[0], kinds[-1]) == ("interaction.created", "interaction.completed")
    deltas = [event.delta for event in events if event.event_type == "step.delta"]
    assert "".join(delta.text for delta in deltas if delta.type == "text") == ANSWER
    assert simulator.paid == [CREATE]


def test_a_function_is_called_and_its_result_answered(client, simulator):
    first = client.interactions.create(**HI, tools=[WEATHER])
    call = first.steps[-1]
    assert (first.status, call.type, call.name) == ("requires_action", "function_call", "weather")
    assert call.arguments == {"city": "Say hi"}
    result = {"type": "function_result", "call_id": call.id, "name": "weather", "result": "rain"}
    second = client.interactions.create(
        **HI | {"input": [result]}, tools=[WEATHER], previous_interaction_id=first.id
    )
    assert second.status == "completed"
    assert simulator.paid == [CREATE] * 2


def test_a_film_is_made_in_the_background_and_fetched(client, simulator):
    simulator.change_timings(task_running="20s")
    film = client.interactions.create(**FILM)
    assert client.interactions.get(film.id).status == "in_progress"
    simulator.advance("20s")
    film = client.interactions.get(film.id)
    assert (film.status, film.output_video.mime_type) == ("completed", "video/mp4")
    assert is_mp4(client.files.download(file=film.output_video.uri))
    assert simulator.paid == [CREATE]


def test_a_film_that_is_not_wanted_any_more_is_cancelled_but_paid(client, simulator):
    simulator.change_timings(task_running="20s")
    film = client.interactions.create(**FILM)
    assert client.interactions.cancel(film.id).status == "cancelled"
    assert simulator.paid == [CREATE]


def test_a_wrong_key_and_bad_input_are_refused_once(client, simulator):
    simulator.take_only("gemini", "key-right")
    with pytest.raises(errors.BadRequestError, match="API key not valid"):
        client.interactions.create(**HI)
    simulator.take_only("gemini", "key-test")
    with pytest.raises(errors.NotFoundError):
        client.interactions.create(**HI | {"model": "gemini-1"})
    with pytest.raises(errors.BadRequestError) as refused:
        client.interactions.create(**HI, generation_config={"max_output_tokens": 0})
    # Not a number, as in the errors of all other routes.
    assert refused.value.body["error"]["code"] == "invalid_request"
    assert (simulator.statuses, simulator.paid) == ([400, 404, 400], [])


def test_a_rate_limit_is_waited_out_and_paid_once(client, simulator):
    simulator.fault("POST /gemini/*", f"status=429; retry-after=0.01; times={SENT_MAX - 1}")
    client.interactions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([429] * (SENT_MAX - 1) + [200], [CREATE])


def test_a_film_accepted_behind_server_errors_is_paid_again_and_again(client, simulator):
    simulator.fault("POST /gemini/*", "status=503; accept; retry-after=0.01")
    with pytest.raises(errors.InternalServerError):
        client.interactions.create(**FILM)
    assert simulator.paid == [CREATE] * SENT_MAX


def test_a_film_whose_answer_is_lost_is_paid_once_and_never_seen(client, simulator):
    simulator.fault("POST /gemini/*", "lose; times=1")
    with pytest.raises(errors.APIConnectionError):
        client.interactions.create(**FILM)
    assert (simulator.statuses, simulator.paid) == ([None], [CREATE])
