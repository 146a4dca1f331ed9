"""AIHubMix by openai 3 and anthropic 2, as the vendor tells its users to."""

import base64

import openai
import pytest
from anthropic import Anthropic
from openai import OpenAI

from media import is_mp3, is_mp4, png_size

HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi"}]}
ANSWER = "This is a simulated answer to: Say hi"
CHAT = "POST /v1/chat/completions"
VIDEO = {"model": "wan2.6-t2v", "prompt": "a fox", "seconds": "5", "size": "1280x720"}


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("aihubmix")
    with OpenAI(api_key="sk-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


@pytest.fixture
def lenient(client):
    """For what has other fields here than OpenAI's type."""
    client._strict_response_validation = False
    return client


@pytest.fixture
def anthropic_client(simulator):
    base_url = simulator.base_url("aihubmix").removesuffix("/v1")
    with Anthropic(api_key="sk-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def test_a_chat_is_answered_with_its_usage_and_paid_once(client, simulator):
    answer = client.chat.completions.create(**HI)
    assert (answer.choices[0].message.content, answer.usage.total_tokens) == (ANSWER, 13)
    assert simulator.paid == [CHAT]


def test_a_reasoning_model_brings_its_thought(client):
    [choice] = client.chat.completions.create(**HI | {"model": "deepseek-v4-pro"}).choices
    assert choice.message.reasoning_content == "This is a simulated thought about: Say hi"
    assert choice.message.content == ANSWER


def test_a_streamed_chat_adds_up_and_ends_with_its_usage(client, simulator):
    *chunks, last = client.chat.completions.create(**HI, stream=True, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER
    assert (last.choices, last.usage.total_tokens) == ([], 13)
    assert simulator.paid == [CHAT]


def test_claude_answers_anthropics_sdk_and_is_paid_once_a_message(anthropic_client, simulator):
    asked = {"model": "claude-sonnet-5", "max_tokens": 64, "messages": HI["messages"]}
    assert anthropic_client.messages.create(**asked).content[0].text == ANSWER
    with anthropic_client.messages.stream(**asked) as stream:
        assert stream.get_final_text() == ANSWER
    assert simulator.paid == ["POST /v1/messages"] * 2


def test_responses_and_embeddings_are_those_of_openai(client, simulator):
    assert client.responses.create(model="gpt-4o", input="Say hi").output_text == ANSWER
    client._strict_response_validation = False
    [embedding] = client.embeddings.create(model="text-embedding-3-small", input="a fox", dimensions=16).data
    assert len(embedding.embedding) == 16
    assert simulator.paid == ["POST /v1/responses", "POST /v1/embeddings"]


def test_pictures_are_drawn_and_edited(client, simulator):
    drawn = client.images.generate(model="gpt-image-2", prompt="a fox", size="64x64").data[0].b64_json
    assert png_size(drawn) == (64, 64)
    fox = ("fox.png", base64.b64decode(drawn))
    edited = client.images.edit(model="gpt-image-2", image=fox, prompt="red", size="96x64")
    assert png_size(edited.data[0].b64_json) == (96, 64)
    assert simulator.paid == ["POST /v1/images/generations", "POST /v1/images/edits"]


def test_speech_is_spoken_and_heard(client, simulator):
    spoken = client.audio.speech.create(model="tts-1", voice="alloy", input="Hello there").content
    assert is_mp3(spoken)
    heard = client.audio.transcriptions.create(model="whisper-1", file=("hello.mp3", spoken))
    assert heard.text == "This is a simulated transcription of hello.mp3."
    assert simulator.paid == ["POST /v1/audio/speech", "POST /v1/audio/transcriptions"]


def test_a_video_is_made_awaited_and_fetched_though_it_lacks_fields(lenient, simulator):
    video = lenient.videos.create_and_poll(**VIDEO)
    assert (video.status, video.duration, video.width, video.seconds) == ("completed", 5, 1280, None)
    assert len(video.id) > 100
    assert is_mp4(lenient.videos.download_content(video.id).content)
    assert simulator.paid == ["POST /v1/videos"]


def test_a_channel_that_calls_the_id_otherwise_leaves_the_sdk_without(lenient, simulator):
    video = lenient.videos.create(model="doubao-seedance-2-0-260128", prompt="a fox")
    assert video.id is None
    assert lenient.videos.retrieve(video.task_id).status == "succeeded"
    assert simulator.paid == ["POST /v1/videos"]


def test_a_wrong_key_is_refused_once(client, simulator):
    simulator.take_only("aihubmix", "sk-right")
    with pytest.raises(openai.AuthenticationError, match="Invalid token .tid: "):
        client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([401], [])


def test_an_empty_account_and_a_bad_value_are_refused_once(client, simulator):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**HI, temperature=3)
    simulator.fault("POST /aihubmix/*", "status=403")
    with pytest.raises(openai.PermissionDeniedError) as refused:
        client.chat.completions.create(**HI)
    assert refused.value.code == "insufficient_user_quota"
    assert (simulator.statuses, simulator.paid) == ([400, 403], [])


def test_a_model_that_is_not_there_is_asked_for_three_times(client, simulator):
    with pytest.raises(openai.InternalServerError, match="Incorrect model ID"):
        client.chat.completions.create(**HI | {"model": "gpt-3"})
    assert (simulator.statuses, simulator.paid) == ([503] * 3, [])


def test_a_model_that_is_asked_too_often_is_tried_again_and_paid_once(client, simulator):
    simulator.fault("POST /aihubmix/*", "status=429; retry-after=0.01; times=2")
    client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([429, 429, 200], [CHAT])


def test_a_video_accepted_behind_a_gateway_error_is_paid_again(lenient, simulator):
    simulator.fault("POST /aihubmix/*", "status=504; accept; retry-after=0.01; times=1")
    lenient.videos.create(**VIDEO)
    assert simulator.paid == ["POST /v1/videos"] * 2
