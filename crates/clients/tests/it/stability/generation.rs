use fourfold_clients::http::{ClientError, Effect, ErrorKind};
use fourfold_clients::stability::{
    Artifact, Artifacts, FinishReason, InitImage, MaskSource, MaskedImage, StabilityApi, StabilityClient,
    TextPrompt, TextToImageRequest, UpscaleRequest,
};
use fourfold_simulator::FILTERED;

use super::support::{WIRE, client_of, picture, simulated, sized_picture};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const ENGINE: &str = "stable-diffusion-xl-1024-v1-0";
const ROUTES: &str = "POST /stability/v1/generation/*";

fn fox() -> TextToImageRequest {
    TextToImageRequest::new([TextPrompt::new("a fox"), TextPrompt::new("a hen").weight(-1.0)])
}

/// What all four calls answer, with a picture of this size.
async fn all(client: &StabilityClient, width: u32, height: u32) -> [Result<Artifacts, ClientError>; 4] {
    let picture = || sized_picture(width, height);
    [
        client.text_to_image(ENGINE, &fox()).await,
        client.image_to_image(ENGINE, &fox(), &InitImage::new(picture()).image_strength(0.5)).await,
        client.mask_image(ENGINE, &fox(), &MaskedImage::new(picture(), MaskSource::InitImageAlpha)).await,
        client.upscale_image(ENGINE, &UpscaleRequest::new(picture()).width(512_u32)).await,
    ]
}

#[tokio::test]
async fn pictures_are_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/text_to_image.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = fox()
        .width(1216_u32)
        .height(832_u32)
        .cfg_scale(6.5)
        .clip_guidance_preset("FAST_BLUE")
        .sampler("K_EULER")
        .samples(2_u32)
        .seed(7_u32)
        .steps(20_u32)
        .style_preset("line-art")
        .extras(serde_json::Map::from_iter([("flavour".to_owned(), "novel".into())]))
        .with("vibe", 3);
    let artifacts = client_of(&server).text_to_image("a/b", &request).await.unwrap();
    let received = server.only_received();
    let line = "POST /v1/generation/a%2Fb/text-to-image";
    WIRE.check_sent(&received, line, include_str!("wire/text_to_image.request.json"));
    assert_eq!(received.header("accept"), Some("application/json"));
    check_kept(&artifacts, recorded);
    let [first, second] = &artifacts.artifacts[..] else { panic!("there are two") };
    assert_eq!(
        (first.bytes().unwrap().unwrap().as_ref(), first.seed),
        (&b"picture"[..], Some(1_050_625_087))
    );
    assert_eq!((&second.finish_reason, second.bytes().unwrap()), (&FinishReason::Error, None));
}

#[tokio::test]
async fn pictures_from_pictures_are_asked_for_as_recorded() {
    let recorded = include_str!("wire/text_to_image.response.json");
    let server = Server::start([recorded, recorded, recorded].map(Reply::ok)).await;
    let client = client_of(&server);
    let image = InitImage::new(picture("fox.png"))
        .init_image_mode("STEP_SCHEDULE")
        .image_strength(0.5)
        .step_schedule_start(0.25)
        .step_schedule_end(0.75);
    let request = fox().samples(2_u32).style_preset("anime");
    check_kept(&client.image_to_image(ENGINE, &request, &image).await.unwrap(), recorded);
    let masked = MaskedImage::new(picture("fox.png"), "MASK_IMAGE_BLACK").mask_image(picture("mask.png"));
    check_kept(&client.mask_image(ENGINE, &request, &masked).await.unwrap(), recorded);
    let upscale = UpscaleRequest::new(picture("fox.png")).height(2048_u32).with("flavour", "novel");
    check_kept(&client.upscale_image(ENGINE, &upscale).await.unwrap(), recorded);
    let received = server.received();
    let line = |action: &str| format!("POST /v1/generation/{ENGINE}/image-to-image{action}");
    WIRE.check_sent_form(&received[0], &line(""), include_str!("wire/image_to_image.request.txt"));
    WIRE.check_sent_form(&received[1], &line("/masking"), include_str!("wire/mask_image.request.txt"));
    WIRE.check_sent_form(&received[2], &line("/upscale"), include_str!("wire/upscale_image.request.txt"));
}

#[test]
fn a_picture_that_is_no_base64_is_an_error() {
    let error = Artifact::new(FinishReason::Success).base64("?").bytes().unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
}

#[tokio::test]
async fn the_simulators_engine_draws_in_all_four_ways() {
    let (simulator, client) = simulated();
    for artifacts in all(&client, 256, 128).await {
        let artifact = artifacts.unwrap().artifacts.remove(0);
        assert_eq!(artifact.finish_reason, FinishReason::Success);
        assert!(artifact.bytes().unwrap().unwrap().starts_with(b"\x89PNG"));
    }
    assert_eq!(simulator.paid_tasks().len(), 4);
    let filtered = TextToImageRequest::new([TextPrompt::new(FILTERED)]).samples(2_u32);
    let artifacts = client.text_to_image(ENGINE, &filtered).await.unwrap().artifacts;
    let reasons: Vec<_> = artifacts.into_iter().map(|artifact| artifact.finish_reason).collect();
    assert_eq!(reasons, [FinishReason::ContentFiltered, FinishReason::ContentFiltered]);
}

#[tokio::test]
async fn an_engine_that_is_retired_is_an_error() {
    let (simulator, client) = simulated();
    let error = client.text_to_image("stable-diffusion-v1-6", &fox()).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (404, Some("not_found")));
    let error = client.text_to_image(ENGINE, &fox().width(1000_u32)).await.unwrap_err();
    assert_eq!((error.code(), error.effect()), (Some("invalid_height_or_width"), Effect::NotStarted));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn what_the_picture_is_refused_for_is_an_error() {
    let (simulator, client) = simulated();
    // Too low for its width to be upscaled to 512 pixels, and too small for the others.
    let [drawn, others @ ..] = all(&client, 63, 63).await;
    drawn.unwrap();
    for outcome in others {
        assert_eq!(outcome.unwrap_err().code(), Some("bad_request"));
    }
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn pictures_that_may_have_been_paid_are_not_asked_for_again() {
    for fault in ["lose", "status=502; accept", "malformed", "cut=100"] {
        for call in 0..4 {
            let (simulator, client) = simulated();
            simulator.fault(ROUTES, fault).unwrap();
            let picture = || sized_picture(256, 128);
            let outcome = match call {
                0 => client.text_to_image(ENGINE, &fox()).await,
                1 => client.image_to_image(ENGINE, &fox(), &InitImage::new(picture())).await,
                2 => {
                    let masked = MaskedImage::new(picture(), MaskSource::InitImageAlpha);
                    client.mask_image(ENGINE, &fox(), &masked).await
                }
                _ => client.upscale_image(ENGINE, &UpscaleRequest::new(picture())).await,
            };
            check_paid_once(&simulator, outcome);
        }
    }
}
