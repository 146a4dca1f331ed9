use fourfold_clients::http::Effect;
use fourfold_clients::stability::{Fast3dRequest, PointAware3dRequest, StabilityApi, ThreeDRequest};

use super::support::{WIRE, check_cut, client_of, picture, read, simulated, sized_picture};
use crate::support::{Reply, Server, check_paid_once};

const ROUTES: &str = "POST /stability/v2beta/3d/*";

fn fast() -> ThreeDRequest {
    ThreeDRequest::Fast(Fast3dRequest::new(sized_picture(64, 64)))
}

/// Sends the request, which must be of this route and have this recorded body; the answer is a model.
async fn check(request: ThreeDRequest, route: &str, recorded: &str) {
    let server = Server::start([Reply::status(200, &[("Content-Type", "model/gltf-binary")], "glTF")]).await;
    let generated = client_of(&server).generate_3d(&request).await.unwrap();
    WIRE.check_sent_form(&server.only_received(), &format!("POST /v2beta/3d/{route}"), recorded);
    assert_eq!((&generated.finish_reason, generated.seed), (&None, None));
    assert_eq!(read(generated).await.unwrap(), b"glTF");
}

#[tokio::test]
async fn models_are_asked_for_as_recorded() {
    let fast = Fast3dRequest::new(picture("fox.png"))
        .texture_resolution("512")
        .foreground_ratio(0.9)
        .remesh("quad")
        .vertex_count(-1);
    check(ThreeDRequest::Fast(fast), "stable-fast-3d", include_str!("wire/fast_3d.request.txt")).await;
    let point_aware = PointAware3dRequest::new(picture("fox.png"))
        .texture_resolution("512")
        .foreground_ratio(1.5)
        .remesh("quad")
        .target_type("face")
        .target_count(500_u32)
        .guidance_scale(4.0)
        .seed(7_u32)
        .with("flavour", "novel");
    let recorded = include_str!("wire/point_aware_3d.request.txt");
    check(ThreeDRequest::PointAware(point_aware), "stable-point-aware-3d", recorded).await;
}

#[tokio::test]
async fn the_simulator_makes_both_kinds_of_models() {
    let (simulator, client) = simulated();
    let point_aware = ThreeDRequest::PointAware(PointAware3dRequest::new(sized_picture(64, 64)));
    for request in [fast(), point_aware] {
        let generated = client.generate_3d(&request).await.unwrap();
        assert_eq!(generated.media.media_type.as_deref(), Some("model/gltf-binary"));
        assert!(read(generated).await.unwrap().starts_with(b"glTF"));
    }
    assert_eq!(simulator.paid_tasks().len(), 2);
}

#[tokio::test]
async fn what_is_no_picture_is_an_error() {
    let (simulator, client) = simulated();
    let request = ThreeDRequest::Fast(Fast3dRequest::new(picture("fox.png")));
    let error = client.generate_3d(&request).await.unwrap_err();
    assert_eq!((error.code(), error.effect()), (Some("bad_request"), Effect::NotStarted));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_model_that_may_have_been_paid_is_not_asked_for_again() {
    for fault in ["lose", "status=500; accept"] {
        let (simulator, client) = simulated();
        simulator.fault(ROUTES, fault).unwrap();
        check_paid_once(&simulator, client.generate_3d(&fast()).await);
    }
    let (simulator, client) = simulated();
    simulator.fault(ROUTES, "cut=10").unwrap();
    let generated = client.generate_3d(&fast()).await.unwrap();
    check_cut(&simulator, read(generated).await);
}
