use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::stability::{
    AspectRatio, ConservativeUpscaleRequest, ControlRequest, ControlStyleRequest, CoreRequest,
    CreativeUpscaleRequest, EraseRequest, FastUpscaleRequest, FinishReason, ImageFormat, ImageRequest,
    ImageTaskRequest, InpaintRequest, OutpaintRequest, RelightRequest, RemoveBackgroundRequest, Sd3Request,
    SearchAndRecolorRequest, SearchAndReplaceRequest, StabilityApi, StylePreset, StyleTransferRequest,
    UltraRequest,
};
use fourfold_simulator::FILTERED;
use futures_util::StreamExt;

use super::support::{WIRE, check_cut, client_of, picture, picture_reply, read, simulated, sized_picture};
use crate::support::{Reply, Server, check_kept, check_paid_once, soon};

const ROUTES: &str = "POST /stability/v2beta/stable-image/*";

fn fox() -> ImageRequest {
    ImageRequest::Core(CoreRequest::new("a fox"))
}

fn larger() -> ImageTaskRequest {
    ImageTaskRequest::UpscaleCreative(CreativeUpscaleRequest::new(sized_picture(64, 64), "a fox"))
}

/// Sends the request, which must be of this route and have this recorded body; the answer is a picture.
async fn check(request: ImageRequest, route: &str, recorded: &str) {
    let server = Server::start([picture_reply()]).await;
    let generated = client_of(&server).generate_image(&request).await.unwrap();
    let received = server.only_received();
    WIRE.check_sent_form(&received, &format!("POST /v2beta/stable-image/{route}"), recorded);
    assert_eq!(received.header("accept"), Some("image/*"));
    assert_eq!((generated.finish_reason.clone(), generated.seed), (Some(FinishReason::Success), Some(7)));
    assert_eq!(generated.media.media_type.as_deref(), Some("image/png"));
    assert_eq!(read(generated).await.unwrap(), b"PNG");
}

/// Sends the request, which must be of this route and have this recorded body; the answer is as recorded.
async fn check_started(request: ImageTaskRequest, route: &str, recorded: &str) {
    let answer = include_str!("wire/start_image.response.json");
    let server = Server::start([Reply::ok(answer)]).await;
    let task = client_of(&server).start_image(&request).await.unwrap();
    WIRE.check_sent_form(&server.only_received(), &format!("POST /v2beta/stable-image/{route}"), recorded);
    check_kept(&task, answer);
    assert_eq!(task.id.len(), 64);
}

#[tokio::test]
async fn what_makes_pictures_from_words_is_asked_as_recorded() {
    let core = CoreRequest::new("a fox")
        .aspect_ratio(AspectRatio::Landscape16By9)
        .negative_prompt("a hen")
        .seed(7_u32)
        .style_preset(StylePreset::ThreeDModel)
        .output_format(ImageFormat::Webp)
        .with("flavour", "novel");
    check(ImageRequest::Core(core), "generate/core", include_str!("wire/generate_core.request.txt")).await;
    let ultra = UltraRequest::new("a fox")
        .image(picture("fox.png"))
        .strength(0.5)
        .aspect_ratio("9:21")
        .negative_prompt("a hen")
        .seed(7_u32)
        .style_preset("anime")
        .output_format("jpeg");
    check(ImageRequest::Ultra(ultra), "generate/ultra", include_str!("wire/generate_ultra.request.txt"))
        .await;
    let sd3 = Sd3Request::from_image("a fox", picture("fox.png"), 0.5)
        .model("sd3.5-medium")
        .cfg_scale(4.0)
        .negative_prompt("a hen")
        .seed(7_u32)
        .style_preset("anime")
        .output_format("png");
    check(ImageRequest::Sd3(sd3), "generate/sd3", include_str!("wire/generate_sd3.request.txt")).await;
}

#[tokio::test]
async fn what_makes_pictures_larger_is_asked_as_recorded() {
    let fast = FastUpscaleRequest::new(picture("fox.png")).output_format("webp");
    check(ImageRequest::UpscaleFast(fast), "upscale/fast", include_str!("wire/upscale_fast.request.txt"))
        .await;
    let conservative = ConservativeUpscaleRequest::new(picture("fox.png"), "a fox")
        .negative_prompt("a hen")
        .seed(7_u32)
        .creativity(0.2)
        .output_format("webp");
    let recorded = include_str!("wire/upscale_conservative.request.txt");
    check(ImageRequest::UpscaleConservative(conservative), "upscale/conservative", recorded).await;
    let creative = CreativeUpscaleRequest::new(picture("fox.png"), "a fox")
        .negative_prompt("a hen")
        .seed(7_u32)
        .creativity(0.2)
        .style_preset("anime")
        .output_format("webp");
    let recorded = include_str!("wire/upscale_creative.request.txt");
    check_started(ImageTaskRequest::UpscaleCreative(creative), "upscale/creative", recorded).await;
}

#[tokio::test]
async fn what_changes_parts_of_pictures_is_asked_as_recorded() {
    let erase = EraseRequest::new(picture("fox.png"))
        .mask(picture("mask.png"))
        .grow_mask(3_u32)
        .seed(7_u32)
        .output_format("webp");
    check(ImageRequest::Erase(erase), "edit/erase", include_str!("wire/erase.request.txt")).await;
    let inpaint = InpaintRequest::new(picture("fox.png"), "a hat")
        .mask(picture("mask.png"))
        .grow_mask(3_u32)
        .negative_prompt("a hen")
        .seed(7_u32)
        .style_preset("anime")
        .output_format("webp");
    check(ImageRequest::Inpaint(inpaint), "edit/inpaint", include_str!("wire/inpaint.request.txt")).await;
    let outpaint = OutpaintRequest::new(picture("fox.png"))
        .left(10_u32)
        .right(20_u32)
        .up(30_u32)
        .down(40_u32)
        .prompt("a wood")
        .creativity(0.2)
        .seed(7_u32)
        .style_preset("anime")
        .output_format("webp");
    check(ImageRequest::Outpaint(outpaint), "edit/outpaint", include_str!("wire/outpaint.request.txt")).await;
    let replace = SearchAndReplaceRequest::new(picture("fox.png"), "a hen", "the fox")
        .negative_prompt("a cock")
        .grow_mask(3_u32)
        .seed(7_u32)
        .style_preset("anime")
        .output_format("webp");
    let recorded = include_str!("wire/search_and_replace.request.txt");
    check(ImageRequest::SearchAndReplace(replace), "edit/search-and-replace", recorded).await;
    let recolor = SearchAndRecolorRequest::new(picture("fox.png"), "blue", "the fox")
        .grow_mask(3_u32)
        .negative_prompt("green")
        .seed(7_u32)
        .style_preset("anime")
        .output_format("webp");
    let recorded = include_str!("wire/search_and_recolor.request.txt");
    check(ImageRequest::SearchAndRecolor(recolor), "edit/search-and-recolor", recorded).await;
}

#[tokio::test]
async fn what_changes_the_background_is_asked_as_recorded() {
    let remove = RemoveBackgroundRequest::new(picture("fox.png")).output_format("webp");
    let recorded = include_str!("wire/remove_background.request.txt");
    check(ImageRequest::RemoveBackground(remove), "edit/remove-background", recorded).await;
    let relight = RelightRequest::new(picture("fox.png"))
        .background_prompt("a wood")
        .background_reference(picture("wood.png"))
        .foreground_prompt("a fox")
        .negative_prompt("a hen")
        .preserve_original_subject(0.7)
        .original_background_depth(0.4)
        .keep_original_background(true)
        .light_source_direction("above")
        .light_source_strength(0.2)
        .light_reference(picture("sun.png"))
        .seed(7_u32)
        .output_format("webp");
    let route = "edit/replace-background-and-relight";
    let request = ImageTaskRequest::ReplaceBackgroundAndRelight(relight);
    check_started(request, route, include_str!("wire/relight.request.txt")).await;
}

#[tokio::test]
async fn what_follows_another_picture_is_asked_as_recorded() {
    let control = ControlRequest::new(picture("fox.png"), "a fox")
        .control_strength(0.6)
        .negative_prompt("a hen")
        .seed(7_u32)
        .style_preset("anime")
        .output_format("webp");
    let recorded = include_str!("wire/control.request.txt");
    check(ImageRequest::Sketch(control.clone()), "control/sketch", recorded).await;
    check(ImageRequest::Structure(control), "control/structure", recorded).await;
    let style = ControlStyleRequest::new(picture("fox.png"), "a fox")
        .fidelity(0.6)
        .aspect_ratio("1:1")
        .negative_prompt("a hen")
        .seed(7_u32)
        .output_format("webp");
    check(ImageRequest::Style(style), "control/style", include_str!("wire/control_style.request.txt")).await;
    let transfer = StyleTransferRequest::new(picture("fox.png"), picture("hen.png"))
        .prompt("a fox")
        .negative_prompt("a cock")
        .style_strength(0.9)
        .composition_fidelity(0.8)
        .change_strength(0.7)
        .seed(7_u32)
        .output_format("webp");
    let recorded = include_str!("wire/style_transfer.request.txt");
    check(ImageRequest::StyleTransfer(transfer), "control/style-transfer", recorded).await;
}

#[tokio::test]
async fn a_picture_is_read_as_it_comes_and_closes_when_it_is_dropped() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 6\r\n\r\none";
    let (reply, closed) = Reply::raw(head).then_await_close();
    let server = Server::start([reply]).await;
    let generated = client_of(&server).generate_image(&fox()).await.unwrap();
    assert_eq!((generated.finish_reason, generated.seed), (None, None));
    let mut pieces = generated.media.body.into_data_stream();
    assert_eq!(soon(pieces.next()).await.unwrap().unwrap(), "one");
    drop(pieces);
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn words_where_a_picture_should_be_are_an_error_of_work_that_was_done() {
    for media_type in ["application/json; type=image/png", "text/html"] {
        let headers = [("Content-Type", media_type), ("x-request-id", "r1")];
        let server = Server::start([Reply::status(200, &headers, "{}")]).await;
        let error = client_of(&server).generate_image(&fox()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
        assert_eq!((error.status().unwrap().as_u16(), error.request_id()), (200, Some("r1")));
    }
}

#[tokio::test]
async fn the_simulator_makes_every_kind_of_picture() {
    let (simulator, client) = simulated();
    let image = || sized_picture(64, 64);
    let requests = [
        fox(),
        ImageRequest::Ultra(UltraRequest::new("a fox").image(image()).strength(0.5)),
        ImageRequest::Sd3(Sd3Request::new("a fox").aspect_ratio("2:3")),
        ImageRequest::Sd3(Sd3Request::from_image("a fox", image(), 0.5)),
        ImageRequest::UpscaleFast(FastUpscaleRequest::new(image())),
        ImageRequest::UpscaleConservative(ConservativeUpscaleRequest::new(image(), "a fox")),
        ImageRequest::Erase(EraseRequest::new(image()).mask(image())),
        ImageRequest::Inpaint(InpaintRequest::new(image(), "a hat").grow_mask(3_u32)),
        ImageRequest::Outpaint(OutpaintRequest::new(image()).left(64_u32)),
        ImageRequest::SearchAndReplace(SearchAndReplaceRequest::new(image(), "a hen", "the fox")),
        ImageRequest::SearchAndRecolor(SearchAndRecolorRequest::new(image(), "blue", "the fox")),
        ImageRequest::RemoveBackground(RemoveBackgroundRequest::new(image())),
        ImageRequest::Sketch(ControlRequest::new(image(), "a fox")),
        ImageRequest::Structure(ControlRequest::new(image(), "a fox")),
        ImageRequest::Style(ControlStyleRequest::new(image(), "a fox")),
        ImageRequest::StyleTransfer(StyleTransferRequest::new(image(), image())),
    ];
    for request in &requests {
        let generated = client.generate_image(request).await.unwrap();
        assert_eq!(generated.finish_reason, Some(FinishReason::Success), "{request:?}");
        assert!(generated.seed.is_some());
        assert!(read(generated).await.unwrap().starts_with(b"\x89PNG"), "{request:?}");
    }
    assert_eq!(simulator.paid_tasks().len(), requests.len());
}

#[tokio::test]
async fn a_filtered_picture_comes_and_says_so() {
    let (simulator, client) = simulated();
    let request = ImageRequest::Core(CoreRequest::new(FILTERED));
    let generated = client.generate_image(&request).await.unwrap();
    assert_eq!(generated.finish_reason, Some(FinishReason::ContentFiltered));
    assert_eq!(simulator.paid_tasks().len(), 1);
}

#[tokio::test]
async fn a_refused_prompt_is_not_a_bad_key() {
    let (simulator, client) = simulated();
    simulator.fault(ROUTES, "status=403; code=content_moderation").unwrap();
    for error in
        [client.generate_image(&fox()).await.unwrap_err(), client.start_image(&larger()).await.unwrap_err()]
    {
        assert_eq!((error.status().unwrap().as_u16(), error.code()), (403, Some("content_moderation")));
        assert_eq!((error.effect(), error.is_retryable()), (Effect::NotStarted, false));
    }
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn what_breaks_a_rule_is_an_error_that_names_it() {
    let (_simulator, client) = simulated();
    let request = ImageRequest::Core(CoreRequest::new("a fox").aspect_ratio("4:3"));
    let error = client.generate_image(&request).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (400, Some("bad_request")));
    assert!(error.message().unwrap().starts_with("aspect_ratio: "));
}

#[tokio::test]
async fn a_picture_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=502; accept", "content-type=text/html"] {
        let (simulator, client) = simulated();
        simulator.fault(ROUTES, fault).unwrap();
        check_paid_once(&simulator, client.generate_image(&fox()).await);
    }
    for fault in ["lose", "status=502; accept", "malformed", "cut=10"] {
        let (simulator, client) = simulated();
        simulator.fault(ROUTES, fault).unwrap();
        check_paid_once(&simulator, client.start_image(&larger()).await);
    }
}

#[tokio::test]
async fn a_picture_that_is_cut_ends_with_an_error() {
    let (simulator, client) = simulated();
    simulator.fault(ROUTES, "cut=20").unwrap();
    let generated = client.generate_image(&fox()).await.unwrap();
    check_cut(&simulator, read(generated).await);
}
