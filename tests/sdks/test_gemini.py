"""google-genai, in each version that is pinned: what all of them do alike.

A request of `client.models` is sent once, whatever becomes of it: unless `retry_options` are given, nothing is repeated.
"""

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from media import png_size

try:
    # What version 3 speaks HTTP with.
    from httpx2 import RemoteProtocolError
except ImportError:
    from httpx import RemoteProtocolError

MODEL = "gemini-3.8-flash"
ANSWER = "This is a simulated answer to: Say hi"
# The path of the API is the SDK's own choice.
API = "/v1" if genai.__version__ >= "3" else "/v1beta"
GENERATE = f"POST {API}/models/{{model}}:generateContent"
STREAM = f"POST {API}/models/{{model}}:streamGenerateContent"
EMBED = f"POST {API}/models/{{model}}:batchEmbedContents"
WEATHER = types.FunctionDeclaration(
    name="weather", parameters_json_schema={"type": "object", "properties": {"city": {"type": "string"}}}
)


@pytest.fixture
def client(simulator):
    with genai.Client(api_key="key-test", http_options={"base_url": simulator.base_url("gemini")}) as client:
        yield client


def test_a_text_is_answered_with_its_usage_and_paid_once(client, simulator):
    answer = client.models.generate_content(model=MODEL, contents="Say hi")
    assert (answer.text, answer.candidates[0].finish_reason) == (ANSWER, types.FinishReason.STOP)
    usage = answer.usage_metadata
    counts = usage.prompt_token_count + usage.candidates_token_count + (usage.thoughts_token_count or 0)
    assert usage.total_token_count == counts
    assert simulator.paid == [GENERATE]


def test_a_streamed_text_adds_up_and_ends_with_its_usage(client, simulator):
    chunks = list(client.models.generate_content_stream(model=MODEL, contents="Say hi"))
    assert len(chunks) > 1
    assert "".join(chunk.text or "" for chunk in chunks) == ANSWER
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.total_token_count > 0
    assert simulator.paid == [STREAM]


def test_a_conversation_remembers_what_was_said(client, simulator):
    chat = client.chats.create(model=MODEL)
    assert chat.send_message("Say hi").text == ANSWER
    assert chat.send_message("And again").text == "This is a simulated answer to: And again"
    assert [content.role for content in chat.get_history()] == ["user", "model"] * 2
    assert simulator.paid == [GENERATE] * 2


def test_a_function_is_called_and_its_result_answered(client, simulator):
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[WEATHER])])
    first = client.models.generate_content(model=MODEL, contents="Say hi", config=config)
    [call] = first.function_calls
    assert (call.name, call.args) == ("weather", {"city": "Say hi"})
    result = types.Part.from_function_response(name="weather", response={"result": "rain"})
    result.function_response.id = call.id
    contents = [
        types.UserContent("Say hi"),
        first.candidates[0].content,
        types.Content(role="user", parts=[result]),
    ]
    assert client.models.generate_content(model=MODEL, contents=contents, config=config).text == ANSWER
    assert simulator.paid == [GENERATE] * 2


def test_a_function_of_the_caller_is_called_by_the_sdk_which_pays_for_two_turns(client, simulator):
    asked = []

    def weather(city: str) -> str:
        """Tells the weather."""
        asked.append(city)
        return "rain"

    config = types.GenerateContentConfig(tools=[weather])
    assert client.models.generate_content(model=MODEL, contents="Say hi", config=config).text == ANSWER
    assert asked == ["Say hi"]
    assert simulator.paid == [GENERATE] * 2


def test_an_answer_is_read_into_the_type_that_was_asked_for(client):
    class Weather(BaseModel):
        city: str
        is_raining: bool

    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Weather)
    assert isinstance(client.models.generate_content(model=MODEL, contents="Say hi", config=config).parsed, Weather)


def test_a_picture_is_drawn_and_paid_once(client, simulator):
    answer = client.models.generate_content(model="gemini-3.1-flash-image", contents="a fox")
    [picture] = [part.inline_data for part in answer.parts if part.inline_data]
    assert picture.mime_type == "image/png"
    assert min(png_size(picture.data)) > 0
    assert simulator.paid == [GENERATE]


def test_speech_comes_as_bare_samples(client, simulator):
    voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
    config = types.GenerateContentConfig(
        response_modalities=["AUDIO"], speech_config=types.SpeechConfig(voice_config=voice)
    )
    answer = client.models.generate_content(model="gemini-3.8-flash-tts", contents="Hello there", config=config)
    sound = answer.parts[0].inline_data
    assert sound.mime_type == "audio/L16;codec=pcm;rate=24000"
    assert len(sound.data) % 2 == 0
    assert simulator.paid == [GENERATE]


def test_sound_is_heard(client, simulator):
    sound = types.Part.from_bytes(data=b"sound", mime_type="audio/mpeg")
    assert client.models.generate_content(model=MODEL, contents=["Say hi", sound]).text == ANSWER
    assert simulator.paid == [GENERATE]


def test_a_file_is_sent_in_pieces_used_and_deleted(client, simulator, tmp_path):
    path = tmp_path / "hello.txt"
    path.write_text("Hello there")
    file = client.files.upload(file=path)
    assert (file.mime_type, file.size_bytes) == ("text/plain", 11)
    assert [listed.name for listed in client.files.list()] == [file.name]
    assert client.models.generate_content(model=MODEL, contents=["Say hi", file]).text == ANSWER
    client.files.delete(name=file.name)
    assert list(client.files.list()) == []
    assert simulator.paid == [GENERATE]


def test_embeddings_are_asked_for_in_one_request(client, simulator):
    config = types.EmbedContentConfig(output_dimensionality=16)
    answer = client.models.embed_content(
        model="gemini-embedding-001", contents=["a fox", "a crow"], config=config
    )
    assert [len(embedding.values) for embedding in answer.embeddings] == [16, 16]
    assert simulator.paid == [EMBED]


def test_counts_and_models_cost_nothing(client, simulator):
    assert client.models.count_tokens(model=MODEL, contents="Say hi").total_tokens == 2
    models = [model.name for model in client.models.list(config={"page_size": 5})]
    assert len(models) > 5
    assert client.models.get(model=models[0]).name == models[0]
    assert simulator.paid == []


def test_a_prompt_that_the_filter_catches_is_blocked_without_an_error(client):
    answer = client.models.generate_content(model=MODEL, contents="Say [filtered]")
    assert (answer.text, answer.candidates) == (None, None)
    assert answer.prompt_feedback.block_reason is not None


def test_a_wrong_key_is_bad_input(client, simulator):
    simulator.take_only("gemini", "key-right")
    with pytest.raises(errors.ClientError, match="API key not valid") as refused:
        client.models.generate_content(model=MODEL, contents="Say hi")
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert (simulator.statuses, simulator.paid) == ([400], [])


def test_bad_input_and_unknown_models_are_refused(client, simulator):
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=MODEL, contents="Say hi", config={"max_output_tokens": -1})
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model="gemini-1", contents="Say hi")
    assert (refused.value.code, refused.value.status) == (404, "NOT_FOUND")
    assert (simulator.statuses, simulator.paid) == ([400, 404], [])


def test_a_rate_limit_and_an_overload_are_told_at_once(client, simulator):
    for status, error, name in [(429, errors.ClientError, "RESOURCE_EXHAUSTED"), (503, errors.ServerError, "UNAVAILABLE")]:
        simulator.fault("POST /gemini/*", f"status={status}; times=1")
        with pytest.raises(error) as refused:
            client.models.generate_content(model=MODEL, contents="Say hi")
        assert (refused.value.code, refused.value.status) == (status, name)
    client.models.generate_content(model=MODEL, contents="Say hi")
    assert (simulator.statuses, simulator.paid) == ([429, 503, 200], [GENERATE])


def test_an_answer_that_is_lost_is_paid_once_and_never_seen(client, simulator):
    simulator.fault("POST /gemini/*", "lose; times=1")
    with pytest.raises(RemoteProtocolError):
        client.models.generate_content(model=MODEL, contents="Say hi")
    assert (simulator.statuses, simulator.paid) == ([None], [GENERATE])


def test_a_stream_that_breaks_off_is_paid_once(client, simulator):
    simulator.fault("POST /gemini/*", "cut=600")
    with pytest.raises(RemoteProtocolError):
        list(client.models.generate_content_stream(model=MODEL, contents="Say hi"))
    assert simulator.paid == [STREAM]
