use fourfold_clients::File;
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{Image, ImageEditRequest, ImageRequest, OpenAiApi};
use fourfold_simulator::FILTERED;

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn fox() -> ImageRequest {
    ImageRequest::new("gpt-image-2", "a fox").size("64x64").quality("low")
}

fn picture(name: &str) -> File {
    File::new(name, "image/png", "PNG")
}

#[tokio::test]
async fn an_image_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_image.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = fox().n(2_u32).output_format("png").with("frame_count", 2);
    let images = client_of(&server).generate_image(&request).await.unwrap();
    WIRE.check_sent(
        &server.only_received(),
        "POST /v1/images/generations",
        include_str!("wire/generate_image.request.json"),
    );
    check_kept(&images, recorded);
    assert_eq!(images.data[0].bytes().unwrap().unwrap(), "picture");
    assert_eq!(images.data[1].bytes().unwrap(), None);
    assert_eq!(images.usage.unwrap().total_tokens, Some(1076));
}

#[tokio::test]
async fn an_edit_is_sent_as_recorded() {
    let recorded = include_str!("wire/generate_image.response.json");
    let server = Server::start([Reply::ok(recorded), Reply::ok(recorded)]).await;
    let client = client_of(&server);
    let one = ImageEditRequest::new(fox().with("input_fidelity", "high"), [picture("fox.png")]);
    client.edit_image(&one.mask(picture("mask.png"))).await.unwrap();
    let two = ImageEditRequest::new(fox().n(2_u32), [picture("fox.png"), picture("hen.png")]);
    let images = client.edit_image(&two).await.unwrap();
    check_kept(&images, recorded);
    let received = server.received();
    let line = "POST /v1/images/edits";
    WIRE.check_sent_form(&received[0], line, include_str!("wire/edit_image.request.txt"));
    WIRE.check_sent_form(&received[1], line, include_str!("wire/edit_image.several.request.txt"));
}

#[test]
fn a_picture_that_is_no_base64_is_an_error() {
    let error = Image::default().b64_json("?").bytes().unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
}

#[tokio::test]
async fn the_simulator_draws_and_redraws() {
    let (simulator, client) = simulated();
    let drawn = client.generate_image(&fox()).await.unwrap().data[0].bytes().unwrap().unwrap();
    assert!(drawn.starts_with(b"\x89PNG"));
    let files = [File::new("fox.png", "image/png", drawn.clone()), File::new("b.png", "image/png", drawn)];
    let images = client.edit_image(&ImageEditRequest::new(fox(), files)).await.unwrap();
    assert!(images.data[0].bytes().unwrap().unwrap().starts_with(b"\x89PNG"));
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn what_the_filter_catches_is_an_error() {
    let (simulator, client) = simulated();
    let request = ImageRequest::new("gpt-image-2", FILTERED);
    let edit = ImageEditRequest::new(request.clone(), [picture("fox.png")]);
    for outcome in [client.generate_image(&request).await, client.edit_image(&edit).await] {
        let error = outcome.unwrap_err();
        assert_eq!((error.status().unwrap().as_u16(), error.code()), (400, Some("moderation_blocked")));
        assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
    }
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn pictures_that_may_have_been_paid_are_not_asked_for_again() {
    for fault in ["lose", "status=502; accept", "cut=100"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /openai/v1/images/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_image(&fox()).await);
        simulator.reset();
        simulator.fault("POST /openai/v1/images/*", fault).unwrap();
        let edit = ImageEditRequest::new(fox(), [picture("fox.png")]);
        check_paid_once(&simulator, client.edit_image(&edit).await);
    }
}
