use fourfold_clients::File;
use fourfold_clients::aihubmix::AihubmixApi;
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::{ImageEditRequest, ImageRequest};
use fourfold_simulator::{FILTERED, Timings};
use futures_util::TryStreamExt;

use super::support::{WIRE, client_of, roaming_client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn fox() -> ImageRequest {
    ImageRequest::new("doubao-seedream-4-0", "a fox").size("2K")
}

fn edit(request: ImageRequest) -> ImageEditRequest {
    ImageEditRequest::new(request, [File::new("fox.png", "image/png", "PNG")])
}

#[tokio::test]
async fn pictures_are_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_image.response.json");
    let server = Server::start([Reply::ok(recorded), Reply::ok(recorded)]).await;
    let client = client_of(&server);
    let reference = fox().with("image", "https://pictures.test/fox.png");
    check_kept(&client.generate_image(&reference).await.unwrap(), recorded);
    let edit = edit(fox()).mask(File::new("mask.png", "image/png", "MASK"));
    check_kept(&client.edit_image(&edit).await.unwrap(), recorded);
    let [generated, edited] = server.received().try_into().unwrap();
    let sent = include_str!("wire/generate_image.request.json");
    WIRE.check_sent(&generated, "POST /v1/images/generations", sent);
    WIRE.check_sent_form(&edited, "POST /v1/images/edits", include_str!("wire/edit_image.request.txt"));
}

#[tokio::test]
async fn the_simulator_draws_behind_links_and_redraws() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { link_redirects: 1, ..Timings::default() });
    let link = client.generate_image(&fox()).await.unwrap().data.remove(0).url.unwrap();
    let picture = client.download_image(&link).await.unwrap();
    assert_eq!(picture.media_type.as_deref(), Some("image/png"));
    let bytes = picture.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap().concat();
    assert!(bytes.starts_with(b"\x89PNG"));
    let edited = client.edit_image(&edit(fox())).await.unwrap();
    client.download_image(edited.data[0].url.as_deref().unwrap()).await.unwrap();
    assert_eq!(simulator.paid_tasks().len(), 2);
    simulator.fault("GET /_media/*", "cut=10").unwrap();
    let cut = client.download_image(&link).await.unwrap();
    let error = cut.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

#[tokio::test]
async fn only_a_link_to_the_vendor_itself_gets_the_key() {
    let foreign = Server::start([Reply::ok("PNG"), Reply::ok("PNG")]).await;
    let elsewhere = format!("{}/a.png", foreign.url());
    let own = Server::start([Reply::ok("PNG"), Reply::ok("PNG"), Reply::redirect(302, &elsewhere)]).await;
    let client = roaming_client_of(&own);
    for link in [format!("{}/a.png?b=c", own.url()), "/a.png?b=c".to_owned()] {
        client.download_image(&link).await.unwrap();
        assert_eq!(own.received().last().unwrap().target, "/a.png?b=c");
    }
    client.download_image(&format!("{}/redirect", own.url())).await.unwrap();
    client.download_image(&elsewhere).await.unwrap();
    assert!(own.received().iter().all(|asked| asked.header("authorization") == Some("Bearer sk-test")));
    assert!(foreign.received().iter().all(|asked| asked.header("authorization").is_none()));
}

#[tokio::test]
async fn links_to_the_inside_and_no_links_at_all_lead_nowhere() {
    let (inside, own) = (Server::start([]).await, Server::start([]).await);
    let client = client_of(&own);
    for (link, kind) in [
        (inside.url(), ErrorKind::AddressRefused),
        (format!("//127.0.0.1:{}/a.png", inside.port()), ErrorKind::AddressRefused),
        ("../../a.png".to_owned(), ErrorKind::InvalidRequest),
        ("file:///etc/passwd".to_owned(), ErrorKind::InvalidRequest),
        ("https://".to_owned(), ErrorKind::InvalidRequest),
    ] {
        let error = client.download_image(&link).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::NotStarted), "{link}");
    }
    assert_eq!((inside.connections(), own.connections()), (0, 0));
}

#[tokio::test]
async fn what_the_filter_catches_is_an_error() {
    let (simulator, client) = simulated();
    let request = ImageRequest::new("qwen-image", FILTERED);
    let drawn = client.generate_image(&request).await;
    for outcome in [drawn, client.edit_image(&edit(request)).await] {
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.effect()), (Some("moderation_blocked"), Effect::NotStarted));
    }
    let error = client.generate_image(&fox().size("1024x1024")).await.unwrap_err();
    assert_eq!(error.code(), Some("size_not_supported"));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn pictures_that_may_have_been_paid_are_not_asked_for_again() {
    for fault in ["lose", "status=502; accept", "malformed", "cut=20"] {
        let (simulator, client) = simulated();
        simulator.fault("POST /aihubmix/v1/images/*", fault).unwrap();
        check_paid_once(&simulator, client.generate_image(&fox()).await);
        simulator.reset();
        simulator.fault("POST /aihubmix/v1/images/*", fault).unwrap();
        check_paid_once(&simulator, client.edit_image(&edit(fox())).await);
    }
}
