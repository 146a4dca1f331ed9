"""google-genai up to 2.34: videos as they were made while the vendor had Veo. Nothing is repeated."""

import httpx
import pytest
from google import genai
from google.genai import errors, types

from media import is_mp4

CREATE = "POST /v1beta/models/{model}:predictLongRunning"
VEO = "veo-3.1-generate-preview"


@pytest.fixture
def client(simulator):
    with genai.Client(api_key="key-test", http_options={"base_url": simulator.base_url("gemini")}) as client:
        yield client


def start(client, prompt="a fox", **config):
    source = types.GenerateVideosSource(prompt=prompt)
    return client.models.generate_videos(model=VEO, source=source, config=config)


def test_a_video_is_made_awaited_and_fetched(client, simulator):
    simulator.change_timings(task_running="20s")
    operation = start(client, duration_seconds=4, aspect_ratio="9:16", resolution="720p")
    assert not client.operations.get(operation).done
    simulator.advance("20s")
    operation = client.operations.get(operation)
    assert operation.done
    [made] = operation.response.generated_videos
    assert is_mp4(client.files.download(file=made.video))
    assert simulator.paid == [CREATE]


def test_a_video_that_fails_says_why(client, simulator):
    simulator.fault("POST /gemini/*", "task=fail; message=No")
    operation = client.operations.get(start(client))
    assert (operation.done, operation.error["message"]) == (True, "No")
    assert simulator.paid == [CREATE]


def test_a_video_that_the_filter_catches_is_missing_without_an_error(client):
    response = client.operations.get(start(client, prompt="a [filtered] fox")).response
    assert (response.generated_videos, response.rai_media_filtered_count) == (None, 1)


def test_bad_input_is_refused(client, simulator):
    with pytest.raises(errors.ClientError) as refused:
        start(client, duration_seconds=5)
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert (simulator.statuses, simulator.paid) == ([400], [])


def test_a_video_whose_answer_is_lost_is_paid_once_and_never_seen(client, simulator):
    simulator.fault("POST /gemini/*", "lose; times=1")
    with pytest.raises(httpx.RemoteProtocolError):
        start(client)
    assert (simulator.statuses, simulator.paid) == ([None], [CREATE])
