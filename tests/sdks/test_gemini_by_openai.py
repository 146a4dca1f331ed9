"""Gemini by openai 3, at the base that the vendor has for it."""

import base64

import openai
import pytest
from openai import OpenAI

HI = {"model": "gemini-3.8-flash", "messages": [{"role": "user", "content": "Say hi"}]}
ANSWER = "This is a simulated answer to: Say hi"
CHAT = "POST /v1beta/openai/chat/completions"


@pytest.fixture
def client(simulator):
    base_url = simulator.base_url("gemini") + "/v1beta/openai/"
    with OpenAI(api_key="key-test", base_url=base_url, _strict_response_validation=True) as client:
        yield client


def test_a_chat_is_answered_whole_and_streamed(client, simulator):
    assert client.chat.completions.create(**HI).choices[0].message.content == ANSWER
    chunks = client.chat.completions.create(**HI, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
    assert simulator.paid == [CHAT] * 2


def test_embeddings_and_pictures_are_made(client, simulator):
    client._strict_response_validation = False
    [embedding] = client.embeddings.create(model="gemini-embedding-001", input="a fox", dimensions=16).data
    assert len(embedding.embedding) == 16
    [picture] = client.images.generate(model="gemini-3.1-flash-image", prompt="a fox").data
    assert len(base64.b64decode(picture.b64_json)) > 100
    assert simulator.paid == ["POST /v1beta/openai/embeddings", "POST /v1beta/openai/images/generations"]


def test_models_are_listed_and_cost_nothing(client, simulator):
    assert len(list(client.models.list())) > 5
    assert simulator.paid == []


def test_a_wrong_key_is_bad_input_and_told_in_a_list_that_the_sdk_cannot_read(client, simulator):
    simulator.take_only("gemini", "key-right")
    with pytest.raises(openai.BadRequestError, match="^Error code: 400$") as refused:
        client.chat.completions.create(**HI)
    [answer] = refused.value.response.json()
    assert answer["error"]["message"].startswith("API key not valid")
    assert (simulator.statuses, simulator.paid) == ([400], [])


def test_a_rate_limit_is_waited_out_and_paid_once(client, simulator):
    simulator.fault("POST /gemini/*", "status=429; retry-after=0.01; times=2")
    client.chat.completions.create(**HI)
    assert (simulator.statuses, simulator.paid) == ([429, 429, 200], [CHAT])
