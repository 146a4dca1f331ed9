use fourfold_clients::gemini::{GenerateContentResponse, MockGeminiApi};
use fourfold_domain::{Effect, MediaMaker, Modality, Outputs, ProviderError, Quantity, Reason, Unit};
use serde_json::{Value, json};

use super::{PNG, answer, bytes, check_all_rows, context, done, media, provider, said, wire};

const MODEL: &str = "gemini-3.1-flash-image";

fn picture() -> Value {
    json!({"inlineData": {"mimeType": "image/png", "data": "UE5H"}})
}

/// What comes of an input and an answer, and what the client was asked.
async fn drawn(input: Value, response: GenerateContentResponse) -> (Result<Outputs, ProviderError>, Value) {
    let mut api = MockGeminiApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_generate_image().times(1).returning(move |request| {
        tx.send(wire(request)).unwrap();
        Ok(response.clone())
    });
    let started = provider(api).start(media(Modality::Image, input), context(MODEL)).await;
    (started.map(done), rx.recv().unwrap())
}

#[tokio::test]
async fn each_parameter_of_a_picture_has_its_place() {
    let rows = [
        ("prompt", json!("a fox"), "/contents", json!([{"role": "user", "parts": [{"text": "a fox"}]}])),
        ("aspect_ratio", json!("16:9"), "/generationConfig/imageConfig/aspectRatio", json!("16:9")),
        ("resolution", json!("2K"), "/generationConfig/imageConfig/imageSize", json!("2K")),
        ("image", json!(PNG), "/contents/0/parts", json!([picture(), {"text": "a fox"}])),
        (
            "safety_settings",
            json!({"HARM_CATEGORY_HARASSMENT": "OFF"}),
            "/safetySettings",
            json!([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]),
        ),
    ];
    // The vendor makes one picture a call, so there is nothing to tell.
    let names: Vec<_> = rows.iter().map(|(name, ..)| *name).chain(["n"]).collect();
    check_all_rows(MODEL, &names);
    for (name, value, at, expected) in rows {
        let mut input = json!({"prompt": "a fox"});
        input[name] = value;
        let (outputs, sent) = drawn(input, said(json!([picture()]))).await;
        assert_eq!(sent.pointer(at), Some(&expected), "{name}");
        outputs.unwrap();
    }
}

#[tokio::test]
async fn what_was_drawn_is_counted_and_what_was_said_is_kept() {
    let thought = json!({"inlineData": {"mimeType": "image/png", "data": "Tk8="}, "thought": true});
    let response = said(json!([{"text": "Here it is."}, thought, picture()]));
    let (outputs, _) = drawn(json!({"prompt": "a fox", "resolution": "2K"}), response).await;
    let outputs = outputs.unwrap();
    assert_eq!((outputs.items.len(), outputs.items[0].media_type.as_str()), (1, "image/png"));
    assert_eq!(bytes(&outputs), b"PNG");
    assert_eq!(outputs.quantities, [Quantity::new(Unit::Image, 1).with("resolution", "2K")]);
    assert_eq!((&outputs.missing, &outputs.vendor["text"]), (&None, &json!("Here it is.")));
    assert_eq!((&outputs.vendor["id"], &outputs.vendor["finish_reasons"]), (&json!("r1"), &json!(["STOP"])));
    assert_eq!(outputs.vendor["usage"]["candidatesTokenCount"], 5);
}

#[tokio::test]
async fn no_picture_is_a_refusal_or_a_failure() {
    const TAKEN: &str = "the vendor's filter took a picture";
    const NONE: &str = "the vendor answered without a picture";
    let ended = |word: &str| answer(json!({"candidates": [{"finishReason": word}]}));
    let blocked = answer(json!({"promptFeedback": {"blockReason": "IMAGE_SAFETY"}}));
    let unreadable = said(json!([{"inlineData": {"mimeType": "image/png", "data": "%"}}]));
    for (response, reason, message) in [
        (ended("IMAGE_SAFETY"), Reason::Refused, format!("{TAKEN}: IMAGE_SAFETY")),
        (ended("IMAGE_RECITATION"), Reason::Refused, format!("{TAKEN}: IMAGE_RECITATION")),
        (ended("IMAGE_PROHIBITED_CONTENT"), Reason::Refused, format!("{TAKEN}: IMAGE_PROHIBITED_CONTENT")),
        (ended("NO_IMAGE"), Reason::Failed, NONE.to_owned()),
        (said(json!([{"text": "I can't."}])), Reason::Failed, NONE.to_owned()),
        (answer(json!({})), Reason::Failed, NONE.to_owned()),
        (blocked, Reason::Refused, "the vendor's filter blocked the prompt: IMAGE_SAFETY".to_owned()),
        (unreadable, Reason::Unreadable, "the vendor's answer can't be read".to_owned()),
    ] {
        let error = drawn(json!({"prompt": "a fox"}), response).await.0.unwrap_err();
        assert_eq!((error.reason, error.effect, error.message), (reason, Effect::Started, message));
    }
    let ended = json!({"finishReason": "IMAGE_SAFETY", "finishMessage": "Blocked."});
    let error =
        drawn(json!({"prompt": "a fox"}), answer(json!({"candidates": [ended]}))).await.0.unwrap_err();
    assert_eq!((error.message.as_str(), &error.vendor["code"]), ("Blocked.", &json!("IMAGE_SAFETY")));
    let said = drawn(json!({"prompt": "a fox"}), said(json!([{"text": "I can't."}]))).await.0.unwrap_err();
    assert_eq!(said.vendor["text"], "I can't.");
}

#[tokio::test]
async fn what_is_no_picture_begins_nothing() {
    let input = json!({"prompt": "a fox", "image": "data:text/plain;base64,SGk="});
    let provider = provider(MockGeminiApi::new());
    let error = provider.start(media(Modality::Image, input), context(MODEL)).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    assert_eq!(error.message, "input.image must be of a media type image/…, not text/plain");
}
