use fourfold_clients::gemini::{
    BlockReason, Content, FinishReason, GeminiApi, GenerateContentRequest, GenerationConfig, ImageConfig,
    Modality, OutputOptions, Part, PredictParameters, PredictRequest, Prediction,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_simulator::FILTERED;

use super::support::{WIRE, client_of, said, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const IMAGEN: &str = "imagen-4.0-generate-001";

fn fox() -> GenerateContentRequest {
    GenerateContentRequest::new("gemini-3.1-flash-image", [Content::user("a fox")])
}

#[tokio::test]
async fn an_image_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_image.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let asked = [Part::of_text("The same in red."), Part::of_bytes("image/png", "picture")];
    let config = ImageConfig::default().aspect_ratio("16:9").image_size("2K");
    let request = GenerateContentRequest::new("gemini-3.1-flash-image", [Content::user(asked)])
        .generation_config(GenerationConfig::default().image_config(config));
    let response = client_of(&server).generate_image(&request).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1beta/models/gemini-3.1-flash-image:generateContent",
        include_str!("wire/generate_image.request.json"),
    );
    check_kept(&response, recorded);
    // The first picture was a thought.
    let pictures: Vec<_> = response.media().map(|picture| picture.bytes().unwrap()).collect();
    assert_eq!(pictures, ["picture"]);
}

#[tokio::test]
async fn what_a_request_wants_itself_is_not_changed() {
    let server = Server::start([Reply::ok("{}")]).await;
    let config = GenerationConfig::default().response_modalities([Modality::Image]);
    client_of(&server).generate_image(&fox().generation_config(config)).await.unwrap();
    assert!(server.only_received().text().contains(r#""responseModalities":["IMAGE"]"#));
}

#[tokio::test]
async fn the_simulator_draws() {
    let (simulator, client) = simulated();
    let response = client.generate_image(&fox()).await.unwrap();
    let picture = response.media().next().unwrap();
    assert_eq!(picture.mime_type, "image/png");
    assert!(picture.bytes().unwrap().starts_with(b"\x89PNG"));
    assert_eq!((picture.sample_rate(), picture.wav().unwrap()), (None, None));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn a_picture_that_the_filter_takes_is_an_answer_that_says_so() {
    let (_simulator, client) = simulated();
    let request = GenerateContentRequest::new("gemini-3.1-flash-image", [Content::user(FILTERED)]);
    let response = client.generate_image(&request).await.unwrap();
    assert_eq!(response.finish_reason(), Some(&FinishReason::ImageSafety));
    assert_eq!((response.media().count(), response.block_reason()), (0, None::<&BlockReason>));
}

#[tokio::test]
async fn a_ratio_that_is_unknown_is_an_error() {
    let (simulator, client) = simulated();
    let config = GenerationConfig::default().image_config(ImageConfig::default().aspect_ratio("1:99"));
    let error = client.generate_image(&fox().generation_config(config)).await.unwrap_err();
    assert_eq!(said(&error), (400, Some("INVALID_ARGUMENT")));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn pictures_that_may_have_been_paid_are_not_asked_for_again() {
    for fault in ["lose", "status=502; accept", "malformed", "cut=100"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_image(&fox()).await);
        simulator.reset();
        simulator.fault("POST /gemini/v1beta/*", fault).unwrap();
        check_paid_once(&simulator, client.predict(&PredictRequest::of_prompt(IMAGEN, "a fox")).await);
    }
}

#[tokio::test]
async fn pictures_of_imagen_are_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/predict.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let parameters = PredictParameters::default()
        .sample_count(2_u32)
        .aspect_ratio("1:1")
        .include_rai_reason(true)
        .output_options(OutputOptions::default().mime_type("image/jpeg").compression_quality(75_u32));
    let request = PredictRequest::of_prompt(IMAGEN, "a fox").parameters(parameters);
    let predictions = client_of(&server).predict(&request).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1beta/models/imagen-4.0-generate-001:predict",
        include_str!("wire/predict.request.json"),
    );
    check_kept(&predictions, recorded);
    let [picture, filtered] = &predictions.predictions[..] else { panic!("{predictions:?}") };
    assert_eq!((picture.bytes().unwrap().unwrap(), filtered.bytes().unwrap()), ("picture".into(), None));
    assert_eq!(filtered.rai_filtered_reason.as_deref(), Some("Filtered."));
}

#[test]
fn a_picture_that_is_no_base64_is_an_error() {
    let error = Prediction::default().bytes_base64_encoded("?").bytes().unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
}

#[tokio::test]
async fn the_simulated_imagen_draws_what_the_filter_leaves() {
    let (simulator, client) = simulated();
    let predictions = client.predict(&PredictRequest::of_prompt(IMAGEN, "a fox")).await.unwrap();
    let picture = predictions.predictions[0].bytes().unwrap().unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let predictions = client.predict(&PredictRequest::of_prompt(IMAGEN, FILTERED)).await.unwrap();
    assert!(predictions.predictions.is_empty());
    let error = client.predict(&PredictRequest::of_prompt("imagen-3", "a fox")).await.unwrap_err();
    assert_eq!(said(&error), (404, Some("NOT_FOUND")));
    assert_eq!(simulator.paid_tasks().len(), 2);
}
