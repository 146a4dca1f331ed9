use fourfold_clients::Media;
use fourfold_clients::http::Body;
use fourfold_clients::openai::{Images, MockOpenAiApi, Transcription, Video};
use fourfold_domain::{
    MediaMaker, Modality, OutputSource, Outputs, Poll, Provider, Quantity, Reason, Request, Started,
    Transcript, Unit, UpstreamTask,
};
use serde_json::{Value, json};

use super::{context, media, provider, wire};

const PNG: &str = "data:image/png;base64,UE5H";

fn done(started: Started) -> Outputs {
    match started {
        Started::Done(outputs) => outputs,
        Started::Task(task) => panic!("{task:?}"),
    }
}

fn bytes(outputs: &Outputs) -> &[u8] {
    match &outputs.items[0].source {
        OutputSource::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

fn images(pictures: usize) -> Images {
    let picture = json!({"b64_json": "UE5H", "revised_prompt": "a fox"});
    let usage = json!({"output_tokens": 9});
    serde_json::from_value(json!({"data": vec![picture; pictures], "output_format": "webp", "usage": usage}))
        .unwrap()
}

#[tokio::test]
async fn each_parameter_of_a_picture_has_its_place() {
    for (name, value, at) in [
        ("size", json!("1024x1024"), "/size"),
        ("quality", json!("high"), "/quality"),
        ("n", json!(2), "/n"),
        ("format", json!("webp"), "/output_format"),
        ("background", json!("opaque"), "/background"),
        ("output_compression", json!(50), "/output_compression"),
        ("moderation", json!("low"), "/moderation"),
    ] {
        let mut api = MockOpenAiApi::new();
        let expected = value.clone();
        api.expect_generate_image().times(1).returning(move |request| {
            assert_eq!(wire(request).pointer(at), Some(&expected));
            Ok(images(2))
        });
        let request = media(Modality::Image, json!({"prompt": "a fox", name: value}));
        provider(api).start(request, context("gpt-image-2")).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_delivered_is_what_is_counted() {
    let mut api = MockOpenAiApi::new();
    api.expect_generate_image().returning(|_| Ok(images(2)));
    let request = media(Modality::Image, json!({"prompt": "a fox", "n": 3, "size": "512x512"}));
    let outputs = done(provider(api).start(request, context("gpt-image-2")).await.unwrap());
    assert_eq!((outputs.items[0].media_type.as_str(), bytes(&outputs)), ("image/webp", b"PNG".as_slice()));
    assert_eq!(outputs.quantities, [Quantity::new(Unit::Image, 2).with("size", "512x512")]);
    assert_eq!(outputs.missing.as_deref(), Some("the vendor made 2 of 3 pictures"));
    assert_eq!(outputs.vendor["usage"]["output_tokens"], 9);
    assert_eq!(outputs.vendor["revised_prompts"], json!(["a fox", "a fox"]));
}

#[tokio::test]
async fn pictures_to_work_from_go_as_files() {
    let mut api = MockOpenAiApi::new();
    api.expect_edit_image().times(1).returning(|edit| {
        assert_eq!((edit.images.len(), edit.images[0].name.as_str()), (2, "file.png"));
        assert_eq!((&*edit.images[0].bytes, edit.mask.is_some()), (b"PNG".as_slice(), true));
        Ok(images(1))
    });
    let input = json!({"prompt": "a fox", "image": [PNG, PNG], "mask": PNG});
    provider(api).start(media(Modality::Image, input), context("gpt-image-2")).await.unwrap();
}

#[tokio::test]
async fn an_answer_without_a_picture_is_a_failure() {
    let mut api = MockOpenAiApi::new();
    api.expect_generate_image().returning(|_| Ok(images(0)));
    let request = media(Modality::Image, json!({"prompt": "a fox"}));
    let error = provider(api).start(request, context("gpt-image-2")).await.unwrap_err();
    assert_eq!(error.reason, Reason::Failed);
}

#[tokio::test]
async fn speech_is_counted_by_its_characters() {
    let mut api = MockOpenAiApi::new();
    api.expect_generate_speech().times(1).returning(|request| {
        let expected = json!({"model": "gpt-4o-mini-tts", "input": "häh", "voice": "nova", "response_format": "wav",
            "speed": 1.5, "instructions": "Slowly."});
        assert_eq!(wire(request), expected);
        let media_type = Some("audio/wav".to_owned());
        Ok(Media { media_type, request_id: Some("req_1".to_owned()), body: Body::from("RIFF") })
    });
    let input =
        json!({"text": "häh", "voice": "nova", "format": "wav", "speed": 1.5, "instructions": "Slowly."});
    let request = media(Modality::Speech, input);
    let outputs = done(provider(api).start(request, context("gpt-4o-mini-tts")).await.unwrap());
    assert_eq!((outputs.items[0].media_type.as_str(), bytes(&outputs)), ("audio/wav", b"RIFF".as_slice()));
    assert_eq!(outputs.quantities, [Quantity::new(Unit::Character, 3)]);
    assert_eq!(outputs.vendor["request_id"], "req_1");
}

/// The seconds that are counted for an answer.
async fn heard(answer: Value) -> (Transcript, u64) {
    let mut api = MockOpenAiApi::new();
    api.expect_transcribe_audio().times(1).returning(move |request| {
        assert_eq!((request.file.name.as_str(), &*request.file.bytes), ("file.wav", b"RIFF".as_slice()));
        let sent = wire(&request.options);
        assert_eq!(sent["timestamp_granularities"], json!(["segment", "word"]));
        assert_eq!((&sent["language"], &sent["response_format"]), (&json!("en"), &json!("verbose_json")));
        Ok(serde_json::from_value::<Transcription>(answer.clone()).unwrap())
    });
    let input = json!({"audio": "data:audio/wav;base64,UklGRg==", "language": "en", "timestamps": "word"});
    let request = media(Modality::Transcription, input);
    let outputs = done(provider(api).start(request, context("whisper-1")).await.unwrap());
    (serde_json::from_slice(bytes(&outputs)).unwrap(), outputs.quantities[0].count)
}

#[tokio::test]
async fn a_transcript_has_its_times_and_is_counted_by_the_second() {
    let answer = json!({"text": "A fox.", "language": "english", "duration": 1.2,
        "segments": [{"id": 0, "start": 0.0, "end": 1.2, "text": "A fox."}],
        "words": [{"word": "A", "start": 0.0, "end": 0.3}, {"word": "fox", "start": 0.4, "end": 1.0}]});
    let (transcript, seconds) = heard(answer).await;
    assert_eq!((transcript.text.as_str(), seconds), ("A fox.", 2));
    assert_eq!((transcript.words[1].text.as_str(), transcript.words[1].start), ("fox", 0.4));
    assert_eq!((transcript.segments.len(), transcript.language.as_deref()), (1, Some("english")));
}

#[tokio::test]
async fn speakers_are_asked_for_and_told() {
    let mut api = MockOpenAiApi::new();
    api.expect_transcribe_audio().times(1).returning(|request| {
        let sent = wire(&request.options);
        let told = (&sent["response_format"], &sent["chunking_strategy"]);
        assert_eq!(told, (&json!("diarized_json"), &json!("auto")));
        let answer = json!({"text": "Hm.", "duration": 1.0,
            "segments": [{"id": "seg_0", "speaker": "A", "start": 0.0, "end": 1.0, "text": "Hm."}]});
        Ok(serde_json::from_value::<Transcription>(answer).unwrap())
    });
    let input = json!({"audio": "data:audio/wav;base64,UklGRg==", "speakers": true});
    let request = media(Modality::Transcription, input);
    let outputs = done(provider(api).start(request, context("gpt-4o-transcribe-diarize")).await.unwrap());
    let transcript: Transcript = serde_json::from_slice(bytes(&outputs)).unwrap();
    assert_eq!(transcript.segments[0].speaker.as_deref(), Some("A"));
}

#[tokio::test]
async fn seconds_are_found_wherever_the_vendor_tells_them() {
    let by_duration = json!({"text": "x", "usage": {"type": "duration", "seconds": 7}});
    assert_eq!(heard(by_duration).await.1, 7);
    let by_tokens =
        json!({"text": "x", "usage": {"type": "tokens", "input_token_details": {"audio_tokens": 25}}});
    assert_eq!(heard(by_tokens).await.1, 3);
    assert_eq!(heard(json!({"text": "x"})).await.1, 1, "four bytes of sound are at most a second");
}

#[tokio::test]
async fn a_translation_goes_its_own_way() {
    let mut api = MockOpenAiApi::new();
    api.expect_translate_audio().times(1).returning(|request| {
        let sent = wire(&request.options);
        assert_eq!(
            (&sent["response_format"], sent.get("timestamp_granularities")),
            (&json!("verbose_json"), None)
        );
        Ok(serde_json::from_value::<Transcription>(json!({"text": "A fox.", "duration": 1.0})).unwrap())
    });
    let input = |more: Value| {
        let mut input = json!({"audio": "data:audio/wav;base64,UklGRg==", "translate": true});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        media(Modality::Transcription, input)
    };
    let provider = provider(api);
    provider.start(input(json!({"timestamps": "segment"})), context("whisper-1")).await.unwrap();
    for (more, field) in [
        (json!({"timestamps": "segment"}), None),
        (json!({"timestamps": "word"}), Some("input.timestamps")),
        (json!({"language": "de"}), Some("input.language")),
    ] {
        let checked = provider.check("whisper-1", &Request::Media(input(more)));
        assert_eq!(checked.err().map(|error| error.field.into_owned()).as_deref(), field);
    }
}

fn task() -> UpstreamTask {
    UpstreamTask {
        id: "video_1".into(),
        vendor_model: "sora-2".into(),
        poll_after: std::time::Duration::ZERO,
    }
}

async fn polled(video: Value) -> Poll {
    let mut api = MockOpenAiApi::new();
    api.expect_get_video().returning(move |id| {
        assert_eq!(id, "video_1");
        Ok(serde_json::from_value::<Video>(video.clone()).unwrap())
    });
    provider(api).poll(&task()).await.unwrap()
}

#[tokio::test]
async fn a_video_is_running_until_it_says_otherwise() {
    let running = polled(json!({"id": "video_1", "status": "novel", "progress": 41.6})).await;
    assert!(matches!(running, Poll::Running { progress: Some(41), .. }), "{running:?}");
    let done =
        polled(json!({"id": "video_1", "status": "completed", "seconds": "8", "size": "720x1280"})).await;
    let Poll::Done(outputs) = done else { panic!("{done:?}") };
    assert_eq!(outputs.items[0].source, OutputSource::Handle("video_1".into()));
    assert_eq!(outputs.quantities, [Quantity::new(Unit::VideoSecond, 8).with("size", "720x1280")]);
    let error = json!({"code": "moderation_blocked", "message": "Blocked."});
    let failed = polled(json!({"id": "video_1", "status": "failed", "error": error})).await;
    assert!(matches!(failed, Poll::Failed(error) if error.reason == Reason::Refused));
}

#[test]
fn what_depends_on_several_fields_is_refused_with_its_name() {
    let provider = provider(MockOpenAiApi::new());
    for (input, field) in [
        (json!({"size": "3840x3840"}), "input.size"),
        (json!({"size": "3840x256"}), "input.size"),
        (json!({"background": "transparent", "format": "jpeg"}), "input.background"),
        (json!({"output_compression": 50}), "input.output_compression"),
        (json!({"mask": PNG}), "input.mask"),
    ] {
        let mut whole = input.as_object().unwrap().clone();
        whole.insert("prompt".to_owned(), json!("a fox"));
        let request = Request::parse(Modality::Image, whole).unwrap();
        assert_eq!(provider.check("gpt-image-2", &request).unwrap_err().field, field, "{input}");
    }
}
