use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_clients::aihubmix::{AihubmixApi, TaskStatus, Video, VideoRequest};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::{File, Wait, WaitError};
use fourfold_simulator::{FILTERED, Timings};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::support::{WIRE, client_of, roaming_client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

const LINE: &str = "POST /v1/videos";

/// A model of each channel.
const MODELS: [&str; 5] =
    ["sora-2", "veo-3.1-generate-preview", "wan2.6-t2v", "doubao-seedance-2-0-260128", "kling-v3"];

fn cat(model: &str) -> VideoRequest {
    VideoRequest::new(model, "a cat")
}

fn video(body: Value) -> Video {
    serde_json::from_value(body).unwrap()
}

/// Looks often, and is told how much is done.
fn wait() -> (Wait, Arc<Mutex<Vec<f64>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&told);
    let wait = Wait::default().on_progress(move |percent| teller.lock().unwrap().push(percent));
    (wait.interval(Duration::from_secs(1)).deadline(Duration::from_secs(60)), told)
}

fn at(status: &str, progress: &str) -> Reply {
    Reply::ok(format!(r#"{{"id":"video_1","status":"{status}","progress":{progress}}}"#))
}

#[tokio::test]
async fn a_video_is_asked_for_in_the_words_of_its_family_and_read_as_recorded() {
    let recorded = include_str!("wire/generate_video.response.json");
    let veo = cat("veo-3.1-generate-preview").seconds(8_u32).size("1080p");
    let older_veo = cat("veo-2.0-generate-001").negative_prompt("dogs").aspect_ratio("9:16");
    let seedance = cat("doubao-seedance-2-0-260128").duration(5_u32).ratio("16:9").resolution("720p");
    let dog = json!({"type": "image_url", "image_url": {"url": "https://pictures.test/dog.png"}});
    let kling =
        cat("kling-v3").image("https://pictures.test/a.png").image_tail("https://pictures.test/b.png");
    let frame = json!({"type": "first_frame", "url": "data:image/png;base64,UE5H"});
    let native = VideoRequest::native("wan2.6-i2v", json!({"prompt": "a cat", "media": [frame]}));
    for (request, sent) in [
        (
            cat("wan2.6-t2v").seconds("5").size("1280x720").with("seed", 7),
            include_str!("wire/generate_video.request.json"),
        ),
        (veo, include_str!("wire/generate_video.veo.request.json")),
        (
            older_veo.resolution("720p").duration_seconds(8_u32),
            include_str!("wire/generate_video.older_veo.request.json"),
        ),
        (seedance.content([dog]), include_str!("wire/generate_video.seedance.request.json")),
        (
            kling.image_list([json!("https://pictures.test/c.png")]),
            include_str!("wire/generate_video.kling.request.json"),
        ),
        (
            native.parameters(json!({"resolution": "720P"})),
            include_str!("wire/generate_video.native.request.json"),
        ),
    ] {
        let server = Server::start([Reply::ok(recorded)]).await;
        let video = client_of(&server).generate_video(&request).await.unwrap();
        WIRE.check_sent(&server.only_received(), LINE, sent);
        check_kept(&video, recorded);
        assert_eq!((video.status, video.width.unwrap().as_u64()), (Some(TaskStatus::InProgress), Some(1280)));
    }
}

#[tokio::test]
async fn a_video_with_a_picture_to_begin_with_is_asked_for_by_a_form() {
    let recorded = include_str!("wire/generate_video.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let request = cat("wan2.6-i2v").seconds("5").input_reference(File::new("cat.png", "image/png", "PNG"));
    client_of(&server).generate_video(&request).await.unwrap();
    let sent = include_str!("wire/generate_video.file.request.txt");
    WIRE.check_sent_form(&server.only_received(), LINE, sent);
}

#[tokio::test]
async fn what_is_done_with_a_video_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/get_video_status.response.json");
    let server = Server::start([recorded, recorded, r#"{"deleted":true}"#, "", "MP4"].map(Reply::ok)).await;
    let client = client_of(&server);
    check_kept(&client.remix_video("a/b", "a dog").await.unwrap(), recorded);
    check_kept(&client.get_video_status("a/b").await.unwrap(), recorded);
    client.delete_video("a/b").await.unwrap();
    client.delete_video("a/b").await.unwrap();
    let film = client.download_video(&Video::new("a/b")).await.unwrap();
    assert_eq!(film.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap().concat(), b"MP4");
    let received = server.received();
    WIRE.check_sent(&received[0], "POST /v1/videos/a%2Fb/remix", r#"{"prompt":"a dog"}"#);
    WIRE.check_asked(&received[1], "GET /v1/videos/a%2Fb");
    WIRE.check_asked(&received[2], "DELETE /v1/videos/a%2Fb");
    WIRE.check_asked(&received[3], "DELETE /v1/videos/a%2Fb");
    WIRE.check_asked(&received[4], "GET /v1/videos/a%2Fb/content");
}

#[tokio::test]
async fn an_id_is_found_by_either_name_and_one_that_is_missing_is_an_error() {
    let task = r#"{"task_id":"task_1","status":"queued"}"#;
    let both = r#"{"id":"video_1","task_id":"task_1"}"#;
    let null = r#"{"id":null,"task_id":"task_1"}"#;
    let number = r#"{"id":7}"#;
    for (body, id) in [(task, "task_1"), (both, "video_1"), (null, "task_1"), (number, "7")] {
        let server = Server::start([Reply::ok(body), Reply::ok(body)]).await;
        let client = client_of(&server);
        assert_eq!(client.generate_video(&cat("kling-v3")).await.unwrap().id, id);
        assert_eq!(client.get_video_status("asked").await.unwrap().id, id);
    }
    let nameless = r#"{"status":"in_progress"}"#;
    let server = Server::start([nameless, nameless, nameless].map(Reply::ok)).await;
    let client = client_of(&server);
    assert_eq!(client.get_video_status("asked").await.unwrap().id, "asked");
    let begun = client.generate_video(&cat("kling-v3")).await.unwrap_err();
    let remixed = client.remix_video("asked", "a dog").await.unwrap_err();
    for error in [begun, remixed] {
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Effect::Started));
    }
}

#[test]
fn each_channels_words_are_understood() {
    for word in ["completed", "COMPLETED", "succeeded", "Success", "succeed", "done"] {
        let status = TaskStatus::from(word);
        assert!(status.is_completed() && !status.is_failed(), "{word}");
    }
    for word in ["failed", "FAILURE", "error", "cancelled", "Canceled", "expired"] {
        let status = TaskStatus::from(word);
        assert!(status.is_failed() && !status.is_completed(), "{word}");
    }
    for word in ["queued", "in_progress", "IN_PROGRESS", "submitted", "novel", ""] {
        let status = TaskStatus::from(word);
        assert!(!status.is_failed() && !status.is_completed(), "{word}");
    }
}

#[test]
fn the_reason_of_a_failure_is_found_in_every_place() {
    let no = Some("No".to_owned());
    for body in [
        json!({"error": {"code": "blocked", "message": "No"}, "message": "Never"}),
        json!({"error": "No"}),
        json!({"error": null, "message": "No"}),
        json!({"error": {"code": 7}, "message": "", "failure_reason": "No"}),
        json!({"failure_reason": null, "status_message": "No"}),
        json!({"failure_reason": {"message": "No"}}),
    ] {
        assert_eq!(video(body.clone()).failure_message(), no, "{body}");
    }
    assert_eq!(video(json!({"error": {"code": "blocked"}})).failure_code().as_deref(), Some("blocked"));
    assert_eq!(video(json!({"error": {"code": 7}})).failure_code().as_deref(), Some("7"));
    assert_eq!(video(json!({"error": "No"})).failure_code(), None);
}

#[test]
fn what_is_no_link_is_none() {
    let link = |body: Value| video(body).link().map(str::to_owned);
    assert_eq!(link(json!({"video_url": "", "url": "https://a.test/"})).as_deref(), Some("https://a.test/"));
    assert_eq!(link(json!({"video_url": "/v1/videos/1/content"})).as_deref(), Some("/v1/videos/1/content"));
    assert_eq!(link(json!({"video_url": "pending", "url": null})), None);
}

#[tokio::test]
async fn only_a_link_to_the_vendor_itself_gets_the_key() {
    let foreign = Server::start([Reply::ok("MP4"), Reply::ok("MP4")]).await;
    let elsewhere = format!("{}/a.mp4", foreign.url());
    let own = Server::start([Reply::ok("MP4"), Reply::redirect(302, &elsewhere)]).await;
    let client = roaming_client_of(&own);
    let content = format!("{}/v1/videos/video_1/content", own.url());
    client.download_video(&Video::new("video_2").video_url(content)).await.unwrap();
    // By way of the vendor, and at once.
    client.download_video(&Video::new("video_1")).await.unwrap();
    client.download_video(&Video::new("video_1").url(elsewhere)).await.unwrap();
    for asked in own.received() {
        WIRE.check_asked(&asked, "GET /v1/videos/video_1/content");
    }
    assert!(foreign.received().iter().all(|asked| asked.header("authorization").is_none()));
}

#[tokio::test]
async fn a_link_to_the_inside_is_refused() {
    let (inside, own) = (Server::start([]).await, Server::start([]).await);
    let video = Video::new("video_1").video_url(inside.url());
    let error = client_of(&own).download_video(&video).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::AddressRefused, Effect::NotStarted));
    assert_eq!((inside.connections(), own.connections()), (0, 0));
}

#[tokio::test]
async fn the_simulator_makes_videos_that_can_be_had_and_deleted_whatever_their_channel() {
    let (simulator, client) = simulated();
    for model in MODELS {
        let begun = client.generate_video(&cat(model)).await.unwrap();
        assert_eq!(begun.id, simulator.paid_tasks().last().unwrap().task_id);
        let video = client.wait_for_video_completion(&begun.id, &Wait::default()).await.unwrap();
        assert_eq!((video.link().is_some(), &video.id), (model != "sora-2", &begun.id));
        for video in [&video, &Video::new(&*video.id)] {
            let film = client.download_video(video).await.unwrap();
            assert_eq!(film.media_type.as_deref(), Some("video/mp4"));
            let film: Vec<_> = film.body.into_data_stream().try_collect().await.unwrap();
            assert_eq!(film.concat()[4..8], *b"ftyp");
        }
        let remixed = client.remix_video(&video.id, "a dog").await.unwrap();
        assert_ne!(remixed.id, video.id);
        client.delete_video(&video.id).await.unwrap();
        let gone = client.get_video_status(&video.id).await.unwrap_err();
        assert_eq!(gone.status().unwrap().as_u16(), 404);
        client.delete_video(&video.id).await.unwrap_err();
    }
    assert_eq!(simulator.paid_tasks().len(), 10);
}

#[tokio::test]
async fn the_simulator_takes_each_familys_form() {
    let (simulator, client) = simulated();
    let frame = json!({"type": "first_frame", "url": "data:image/png;base64,UE5H"});
    let native = VideoRequest::native("wan2.6-i2v", json!({"prompt": "a cat", "media": [frame]}));
    let said = json!({"type": "text", "text": "a cat"});
    for request in [
        cat("veo-3.1-generate-preview").seconds(8_u32).size("1080p"),
        cat("wan2.6-i2v").seconds("10").input_reference(File::new("cat.png", "image/png", "PNG")),
        native.parameters(json!({"resolution": "720P"})),
        VideoRequest::new("doubao-seedance-2-0-260128", "").duration(8_u32).content([said]),
        cat("kling-v3").image_list([json!("https://pictures.test/c.png")]),
    ] {
        client.generate_video(&request).await.unwrap();
    }
    assert_eq!(simulator.paid_tasks().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn waiting_tells_how_much_is_done_and_survives_looks_that_fail() {
    let looks =
        [at("QUEUED", "0"), at("novel", "\"30%\""), at("in_progress", "null"), at("Succeeded", "100")];
    let server = Server::start(looks).await;
    let (wait, told) = wait();
    let video = client_of(&server).wait_for_video_completion("video_1", &wait).await.unwrap();
    assert_eq!(video.status, Some(TaskStatus::from("Succeeded")));
    assert_eq!(told.lock().unwrap().as_slice(), [0.0, 30.0]);
    // One look and its retries fail; the next one doesn't.
    server.push((0..4).map(|_| Reply::status(502, &[], "")).chain([at("completed", "100")]));
    client_of(&server).wait_for_video_completion("video_1", &wait).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_looks_every_15_seconds_and_leaves_the_id_to_wait_on_by() {
    let (simulator, client) = simulated();
    simulator.set_timings(Timings { task_queued: Duration::from_secs(3600), ..Timings::default() });
    let id = client.generate_video(&cat("kling-v3")).await.unwrap().id;
    let wait = Wait::default().deadline(Duration::from_secs(50));
    match client.wait_for_video_completion(&id, &wait).await.unwrap_err() {
        WaitError::StillRunning { id: left } => assert_eq!(left, id),
        other => panic!("{other:?}"),
    }
    // At 0, 15, 30 and 45 seconds.
    assert_eq!(simulator.received().len(), 1 + 4);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_looks_no_more() {
    let server = Server::start([at("queued", "0")]).await;
    let client = client_of(&server);
    let (wait, _) = wait();
    let waiting = client.wait_for_video_completion("video_1", &wait);
    tokio::time::timeout(Duration::from_millis(500), waiting).await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_video_that_failed_or_is_unknown_ends_the_wait() {
    let (_simulator, client) = simulated();
    for model in MODELS {
        let id = client.generate_video(&VideoRequest::new(model, FILTERED)).await.unwrap().id;
        match client.wait_for_video_completion(&id, &Wait::default()).await.unwrap_err() {
            WaitError::Failed { message, .. } => assert!(message.unwrap().contains("moderation"), "{model}"),
            other => panic!("{other:?}"),
        }
    }
    match client.wait_for_video_completion("video_none", &Wait::default()).await.unwrap_err() {
        WaitError::Look { source, .. } => assert_eq!(source.status().unwrap().as_u16(), 404),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_size_that_is_unknown_is_an_error() {
    let (simulator, client) = simulated();
    let error = client.generate_video(&cat("wan2.6-t2v").size("1x1")).await.unwrap_err();
    assert_eq!((error.code(), error.effect()), (Some("size_not_supported"), Effect::NotStarted));
    let error = client.remix_video("video_none", "a dog").await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (404, Effect::NotStarted));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_video_that_may_have_been_paid_is_not_asked_for_again() {
    let picture = File::new("cat.png", "image/png", "PNG");
    for fault in ["lose", "status=504; accept", "malformed", "cut=20"] {
        for request in [cat("wan2.6-t2v"), cat("wan2.6-i2v").input_reference(picture.clone())] {
            let (simulator, client) = simulated();
            simulator.fault("POST /aihubmix/v1/videos", fault).unwrap();
            check_paid_once(&simulator, client.generate_video(&request).await);
        }
        let (simulator, client) = simulated();
        let id = client.generate_video(&cat("sora-2")).await.unwrap().id;
        simulator.fault("POST /aihubmix/v1/videos/{id}/remix", fault).unwrap();
        let error = client.remix_video(&id, "a dog").await.unwrap_err();
        assert!(error.effect() >= Effect::MayHaveStarted);
        assert_eq!((simulator.received().len(), simulator.paid_tasks().len()), (2, 2));
    }
}

#[tokio::test]
async fn a_film_that_is_cut_ends_with_an_error() {
    let (simulator, client) = simulated();
    let video = client.generate_video(&cat("sora-2")).await.unwrap();
    simulator.fault("GET /aihubmix/v1/videos/{id}/content", "cut=100").unwrap();
    let film = client.download_video(&video).await.unwrap();
    let error = film.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}
