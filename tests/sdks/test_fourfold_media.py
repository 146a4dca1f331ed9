"""openai 3 over Fourfold: pictures, speech, transcriptions and videos, by the mock and by vendors."""

import base64
import urllib.request

import openai
import pytest

from media import is_mp3, is_mp4, png_size

# The mock at once and by a task, and a vendor. Where a model has words of its own for sizes and qualities, answers have
# them too, and the SDK's types don't; so those are asked for that they have.
IMAGES = ["mock-image", "mock-image-slow", "only-image"]
SIZE = {"seconds": "4", "size": "1280x720"}
VIDEOS = ["mock-video", "mock-video-slow", "only-video"]
HELLO = "Hello there. It rains."


@pytest.fixture
def fox(client):
    """A picture as a file."""
    drawn = client.images.generate(model="mock-image", prompt="a fox", size="64x64", quality="high")
    return ("fox.png", base64.b64decode(drawn.data[0].b64_json), "image/png")


@pytest.fixture
def sound(client):
    """What somebody says, as a file."""
    asked = {"model": "mock-speech", "voice": "alloy", "input": HELLO}
    return ("hello.wav", client.audio.speech.create(**asked, response_format="wav").content)


@pytest.mark.parametrize(("model", "left"), list(zip(IMAGES, ["99.84", "99.84", "99.92"], strict=True)))
def test_pictures_are_drawn_and_charged(client, fourfold, account, model, left):
    pictures = client.images.generate(model=model, prompt="a fox", size="1024x1024", quality="high", n=2)
    assert [png_size(picture.b64_json) for picture in pictures.data] == [(1024, 1024)] * 2
    assert fourfold.entries(account) == ["grant", "hold", "settle"]
    credits = fourfold.credits(account)
    assert (credits["available"], credits["held"]) == (left, "0")


def test_a_picture_can_be_read_by_its_link(client):
    asked = {"model": "mock-image", "prompt": "a fox", "quality": "high"}
    [picture] = client.images.generate(**asked, response_format="url").data
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(picture.url, timeout=10) as answer:
        assert png_size(answer.read())


@pytest.mark.parametrize("model", IMAGES)
def test_a_picture_is_edited(client, fox, model):
    [edited] = client.images.edit(model=model, image=fox, prompt="red", quality="high").data
    assert png_size(edited.b64_json)


def test_several_pictures_are_edited_into_one(client, fox, simulator):
    [edited] = client.images.edit(model="only-image", image=[fox, fox], prompt="red", quality="high").data
    assert png_size(edited.b64_json)
    assert simulator.paid == ["POST /v1/images/edits"]


@pytest.mark.parametrize("model", ["mock-speech", "mock-speech-slow", "only-speech"])
def test_speech_is_spoken_whole_and_as_it_comes(client, fourfold, account, model):
    asked = {"model": model, "voice": "alloy", "input": HELLO}
    spoken = client.audio.speech.create(**asked).content
    assert spoken and (model.startswith("mock") or is_mp3(spoken))
    with client.audio.speech.with_streaming_response.create(**asked) as response:
        assert b"".join(response.iter_bytes()) == spoken
    assert fourfold.entries(account) == ["grant", "hold", "settle", "hold", "settle"]


@pytest.mark.parametrize("model", ["mock-transcription", "mock-transcription-slow", "only-transcription", "whisper-1"])
def test_a_sound_is_written_down_in_each_format(client, sound, model):
    # What the model thought of a segment isn't told: null, for which the SDK's type has no room.
    client._strict_response_validation = False
    create = client.audio.transcriptions.create
    plain = create(model=model, file=sound)
    assert plain.text
    # The SDK hands text through as it came.
    text = create(model=model, file=sound, response_format="text")
    assert text.strip() == plain.text
    assert create(model=model, file=sound, response_format="srt").startswith("1\n00:00:00,000")
    assert create(model=model, file=sound, response_format="vtt").startswith("WEBVTT\n\n")
    words = create(model=model, file=sound, response_format="verbose_json", timestamp_granularities=["word"])
    assert (words.text, words.words[0].word) == (plain.text, plain.text.split()[0].strip(".,"))
    segments = create(model=model, file=sound, response_format="verbose_json")
    assert " ".join(segment.text.strip() for segment in segments.segments) == plain.text


@pytest.mark.parametrize("model", VIDEOS)
def test_a_video_is_made_awaited_fetched_and_deleted(client, fourfold, account, model):
    made = client.videos.create(model=model, prompt="a fox", **SIZE)
    assert made.status in ("queued", "in_progress", "completed")
    video = client.videos.poll(made.id, poll_interval_ms=50)
    assert (video.status, video.progress, video.seconds, video.model) == ("completed", 100, "4", model)
    assert is_mp4(client.videos.download_content(video.id).content)
    assert [listed.id for listed in client.videos.list()] == [video.id]
    assert client.videos.delete(video.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)
    assert fourfold.entries(account) == ["grant", "hold", "settle"]


@pytest.mark.parametrize("model", ["mock-video", "only-video"])
def test_a_video_goes_on_from_a_picture(client, fox, model):
    video = client.videos.create(model=model, prompt="a fox", **SIZE, input_reference=fox)
    assert client.videos.poll(video.id, poll_interval_ms=50).status == "completed"


def test_videos_are_listed_page_by_page(client):
    made = [client.videos.create(model="mock-video", prompt="a fox", **SIZE).id for _ in range(3)]
    pages = client.videos.list(limit=2, order="asc")
    assert [video.id for video in pages] == made


def test_a_video_that_fails_says_why(client, fourfold, account):
    video = client.videos.create_and_poll(model="mock-video-fail", prompt="a fox", **SIZE, poll_interval_ms=50)
    assert (video.status, bool(video.error.message)) == ("failed", True)
    assert fourfold.entries(account) == ["grant", "hold", "release"]


def test_another_accounts_videos_are_not_there(client, fourfold):
    video = client.videos.create(model="mock-video", prompt="a fox", **SIZE)
    stranger = client.with_options(default_headers={"fourfold-user": fourfold.make_account("1")})
    assert list(stranger.videos.list()) == []
    with pytest.raises(openai.NotFoundError):
        stranger.videos.retrieve(video.id)
    with pytest.raises(openai.NotFoundError):
        stranger.videos.download_content(video.id)
