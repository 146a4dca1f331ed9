"""openai 3: pictures, speech, transcriptions and videos."""

import base64

import openai
import pytest
from openai import OpenAI

from media import is_mp3, is_mp4, png_size

VIDEO = {"model": "sora-2", "prompt": "a fox", "seconds": "4", "size": "720x1280"}


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("openai")
    with OpenAI(api_key="sk-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def test_pictures_have_the_size_that_was_asked_for_and_are_paid_once(client, simulator):
    pictures = client.images.generate(model="gpt-image-2", prompt="a fox", size="96x64", n=2)
    assert [png_size(picture.b64_json) for picture in pictures.data] == [(96, 64), (96, 64)]
    assert pictures.usage.total_tokens > 0
    assert simulator.paid == ["POST /v1/images/generations"]


def test_a_streamed_picture_comes_in_parts(client, simulator):
    asked = {"model": "gpt-image-2", "prompt": "a fox", "size": "64x64"}
    events = list(client.images.generate(**asked, stream=True, partial_images=1))
    assert [event.type for event in events] == ["image_generation.partial_image", "image_generation.completed"]
    assert png_size(events[-1].b64_json) == (64, 64)
    assert simulator.paid == ["POST /v1/images/generations"]


def test_pictures_are_edited_from_one_file_and_from_several(client, simulator):
    drawn = client.images.generate(model="gpt-image-2", prompt="a fox", size="64x64")
    fox = ("fox.png", base64.b64decode(drawn.data[0].b64_json))
    for images, brought in [(fox, 256), ([fox, fox], 512)]:
        edited = client.images.edit(model="gpt-image-2", image=images, prompt="red")
        assert png_size(edited.data[0].b64_json) == (1024, 1024)
        assert edited.usage.input_tokens_details.image_tokens == brought
    assert simulator.paid == ["POST /v1/images/generations"] + ["POST /v1/images/edits"] * 2


def test_speech_is_spoken_and_heard(client, simulator):
    asked = {"model": "tts-1", "voice": "alloy", "input": "Hello there"}
    spoken = client.audio.speech.create(**asked).content
    assert is_mp3(spoken)
    with client.audio.speech.with_streaming_response.create(**asked) as response:
        assert b"".join(response.iter_bytes()) == spoken
    heard = client.audio.transcriptions.create(model="gpt-4o-transcribe", file=("hello.mp3", spoken))
    assert heard.text == "This is a simulated transcription of hello.mp3."
    assert heard.usage.type == "tokens"
    assert simulator.paid == ["POST /v1/audio/speech"] * 2 + ["POST /v1/audio/transcriptions"]


def test_a_transcription_tells_its_words_or_comes_as_text(client):
    asked = {"model": "whisper-1", "file": ("hello.mp3", b"sound")}
    verbose = client.audio.transcriptions.create(
        **asked, response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert [word.word for word in verbose.words][:3] == ["This", "is", "a"]
    assert client.audio.transcriptions.create(**asked, response_format="srt").startswith("1\n00:00:00,000")


def test_a_streamed_transcription_adds_up(client):
    sound = ("hello.mp3", b"sound")
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound, stream=True))
    assert "".join(event.delta for event in events[:-1]) == events[-1].text


def test_a_video_is_made_awaited_fetched_and_deleted(client, simulator):
    video = client.videos.create_and_poll(**VIDEO)
    assert (video.status, video.progress, video.seconds) == ("completed", 100, "4")
    assert is_mp4(client.videos.download_content(video.id).content)
    assert client.videos.download_content(video.id, variant="thumbnail").content[8:12] == b"WEBP"
    assert [listed.id for listed in client.videos.list()] == [video.id]
    assert client.videos.delete(video.id).deleted
    assert simulator.paid == ["POST /v1/videos"]


def test_a_video_is_fetched_from_where_the_vendor_redirects_to(client, simulator):
    simulator.change_timings(link_redirects=1)
    video = client.videos.create_and_poll(**VIDEO, input_reference=("first.png", b"picture", "image/png"))
    assert is_mp4(client.videos.download_content(video.id).content)


def test_a_video_that_is_still_made_tells_so_and_cannot_be_fetched(client, simulator):
    simulator.change_timings(task_running="1h")
    video = client.videos.create(**VIDEO)
    assert client.videos.retrieve(video.id).status == "in_progress"
    with pytest.raises(openai.BadRequestError, match="not ready"):
        client.videos.download_content(video.id)


def test_a_video_that_the_filter_catches_fails_after_it_was_accepted(client, simulator):
    video = client.videos.create_and_poll(**VIDEO | {"prompt": "a [filtered] fox"})
    assert (video.status, video.error.code) == ("failed", "moderation_blocked")
    assert simulator.paid == ["POST /v1/videos"]


def test_a_remix_is_another_paid_video(client, simulator):
    video = client.videos.create_and_poll(**VIDEO)
    assert client.videos.remix(video.id, prompt="a crow").remixed_from_video_id == video.id
    assert simulator.paid == ["POST /v1/videos", "POST /v1/videos/{id}/remix"]
