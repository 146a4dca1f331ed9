//! v2beta 3D.

use super::form;
use crate::support::{Form, post_form, simulator};

#[tokio::test]
async fn a_picture_becomes_a_model() {
    let simulator = simulator();
    for name in ["stable-fast-3d", "stable-point-aware-3d"] {
        let path = format!("/stability/v2beta/3d/{name}");
        let model = post_form(&simulator, &path, form("a")).await;
        assert_eq!(model.header("content-type"), "model/gltf-binary");
        assert!(model.body.starts_with(b"glTF"));
        post_form(&simulator, &path, Form::new().text("remesh", "none")).await.refusal(400);
    }
}
