"""One request of each kind, over OpenAI's wire."""

HI = [{"role": "user", "content": "Say hi"}]


def _chat(client, model):
    return client.chat.completions.create(model=f"{model}-chat", messages=HI)


def _streamed_chat(client, model):
    return list(client.chat.completions.create(model=f"{model}-chat", messages=HI, stream=True))


def _embedding(client, model):
    return client.embeddings.create(model=f"{model}-embedding", input="a fox", encoding_format="float")


def _image(client, model):
    return client.images.generate(model=f"{model}-image", prompt="a fox", size="1024x1024")


def _speech(client, model):
    return client.audio.speech.create(model=f"{model}-speech", voice="alloy", input="Hello there").content


def _transcription(client, model):
    return client.audio.transcriptions.create(model=f"{model}-transcription", file=("hello.mp3", _MP3))


def _video(client, model):
    asked = {"prompt": "a fox", "seconds": "4", "size": "1280x720"}
    return client.videos.create_and_poll(model=f"{model}-video", **asked, poll_interval_ms=50)


# The first frame of silence.
_MP3 = b"\xff\xfb\x90\x00" + bytes(413)

# What is asked, and the vendor's route that is paid for it.
WORKS = {
    "chat": (_chat, "POST /v1/chat/completions"),
    "streamed chat": (_streamed_chat, "POST /v1/chat/completions"),
    "embedding": (_embedding, "POST /v1/embeddings"),
    "image": (_image, "POST /v1/images/generations"),
    "speech": (_speech, "POST /v1/audio/speech"),
    "transcription": (_transcription, "POST /v1/audio/transcriptions"),
    "video": (_video, "POST /v1/videos"),
}
# Those whose answers wait for the vendor's.
WAITED_FOR = [work for work in WORKS if work != "video"]
