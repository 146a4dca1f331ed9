"""runwayml 5: tasks of every kind, uploads and the account; what the SDK repeats by itself, and what that costs.

By default it sends a request up to three times: after a connection error, a timeout, 408, 409, 429 and every 5xx.
"""

import httpx
import pytest
import runwayml
from runwayml import RunwayML

from media import is_mp3, is_mp4, png_size

VIDEO = {
    "model": "gen4_turbo",
    "prompt_image": "https://pictures.example/fox.png",
    "prompt_text": "a fox",
    "ratio": "1280:720",
    "duration": 5,
}
CREATE = "POST /v1/image_to_video"


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("runway")
    with RunwayML(api_key="key_test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def output(client, created):
    """The files of a task that is over, fetched as everybody fetches them: without a key."""
    task = client.tasks.retrieve(created.id)
    assert task.status == "SUCCEEDED"
    return [httpx.get(url).raise_for_status().content for url in task.output]


def test_a_video_is_made_of_a_picture_awaited_and_fetched(client, simulator):
    created = client.image_to_video.create(**VIDEO)
    # The SDK's own patience: its first look is after some six seconds.
    task = created.wait_for_task_output()
    assert (task.status, task.cost.credits) == ("SUCCEEDED", created.estimated_cost.credits)
    [film] = output(client, created)
    assert is_mp4(film)
    assert simulator.paid == [CREATE]


def test_a_task_tells_how_far_it_is(client, simulator):
    simulator.change_timings(task_queued="1000s", task_running="1000s")
    created = client.image_to_video.create(**VIDEO)
    assert client.tasks.retrieve(created.id).status == "PENDING"
    simulator.advance("1500s")
    task = client.tasks.retrieve(created.id)
    assert (task.status, task.progress) == ("RUNNING", pytest.approx(0.5, abs=0.1))
    simulator.advance("500s")
    assert client.tasks.retrieve(created.id).status == "SUCCEEDED"


def test_a_video_is_made_of_words_and_of_another_video(client, simulator):
    words = client.text_to_video.create(model="gen4.5", prompt_text="a fox", ratio="1280:720", duration=5)
    video = client.video_to_video.create(
        model="aleph2", video_uri="https://films.example/fox.mp4", prompt_text="in snow"
    )
    assert all(is_mp4(film) for created in (words, video) for film in output(client, created))
    assert simulator.paid == ["POST /v1/text_to_video", "POST /v1/video_to_video"]


def test_a_picture_is_drawn_uploaded_and_moved(client, simulator):
    drawn = client.text_to_image.create(model="gen4_image", prompt_text="a fox", ratio="1280:720")
    [picture] = output(client, drawn)
    assert png_size(picture) == (1280, 720)
    uploaded = client.uploads.create_ephemeral(file=("fox.png", picture))
    [film] = output(client, client.image_to_video.create(**VIDEO | {"prompt_image": uploaded.uri}))
    assert is_mp4(film)
    assert simulator.paid == ["POST /v1/text_to_image", CREATE]


def test_speech_and_sound_are_made(client, simulator):
    voice = {"type": "runway-preset", "preset_id": "Maya"}
    speech = client.text_to_speech.create(model="eleven_multilingual_v2", prompt_text="Hello there", voice=voice)
    effect = client.sound_effect.create(model="eleven_text_to_sound_v2", prompt_text="rain", duration=1)
    assert all(is_mp3(sound) for created in (speech, effect) for sound in output(client, created))
    assert simulator.paid == ["POST /v1/text_to_speech", "POST /v1/sound_effect"]


def test_a_task_that_the_filter_catches_fails_with_its_reason(client, simulator):
    created = client.image_to_video.create(**VIDEO | {"prompt_text": "a [filtered] fox"})
    task = client.tasks.retrieve(created.id)
    assert (task.status, task.failure_code) == ("FAILED", "SAFETY.INPUT.TEXT")
    assert simulator.paid == [CREATE]


def test_a_task_is_cancelled_and_is_not_known_any_more_but_paid(client, simulator):
    simulator.change_timings(task_running="1h")
    created = client.image_to_video.create(**VIDEO)
    client.tasks.delete(created.id)
    with pytest.raises(runwayml.NotFoundError):
        client.tasks.retrieve(created.id)
    assert simulator.paid == [CREATE]


def test_the_account_tells_its_credits_and_its_limits(client, simulator):
    before = client.organization.retrieve()
    cost = client.image_to_video.create(**VIDEO).estimated_cost.credits
    after = client.organization.retrieve()
    assert before.credit_balance - after.credit_balance == cost
    assert "gen4_turbo" in after.tier.models
    assert simulator.paid == [CREATE]


def test_a_wrong_key_is_refused_once(client, simulator):
    simulator.take_only("runway", "key_right")
    with pytest.raises(runwayml.AuthenticationError, match="API key"):
        client.image_to_video.create(**VIDEO)
    assert (simulator.statuses, simulator.paid) == ([401], [])


def test_bad_input_is_refused_once_and_names_the_field(client, simulator):
    with pytest.raises(runwayml.BadRequestError) as refused:
        client.image_to_video.create(**VIDEO | {"ratio": "1:1"})
    assert refused.value.body["issues"][0]["path"] == ["ratio"]
    assert (simulator.statuses, simulator.paid) == ([400], [])


def test_an_empty_account_is_told_so_once(client, simulator):
    simulator.change_account("runway", credits=1, generations_at_once=1, generations_daily=1)
    with pytest.raises(runwayml.BadRequestError, match="not have enough credits"):
        client.image_to_video.create(**VIDEO)
    assert (simulator.statuses, simulator.paid) == ([400], [])


def test_a_rate_limit_is_waited_out_and_paid_once(client, simulator):
    simulator.fault("POST /runway/*", "status=429; retry-after=0.01; times=2")
    client.image_to_video.create(**VIDEO)
    assert (simulator.statuses, simulator.paid) == ([429, 429, 200], [CREATE])


def test_a_task_whose_answer_is_lost_is_paid_twice_and_one_is_never_known(client, simulator):
    simulator.fault("POST /runway/*", "lose; times=1")
    client.image_to_video.create(**VIDEO)
    # There is no list of tasks in which to look for the other.
    assert (simulator.statuses, simulator.paid) == ([None, 200], [CREATE] * 2)


def test_a_task_accepted_behind_server_errors_is_paid_three_times(client, simulator):
    simulator.fault("POST /runway/*", "status=502; accept; retry-after=0.01")
    with pytest.raises(runwayml.InternalServerError):
        client.image_to_video.create(**VIDEO)
    assert simulator.paid == [CREATE] * 3
