//! The models in OpenAI's shape.

use serde_json::json;

use crate::support::House;

#[tokio::test]
async fn models_are_listed_and_shown_in_openais_shape() {
    let house = House::new().await;
    let models = house.get("/v1/models").by("u1").ok(200).await;
    assert_eq!(models["object"], "list");
    let picture = json!({"id": "picture", "object": "model", "created": 0, "owned_by": "acme"});
    assert!(models["data"].as_array().unwrap().contains(&picture), "{models}");
    assert_eq!(house.get("/v1/models/picture").by("u1").ok(200).await, picture);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_not_found() {
    let house = House::new().await;
    let error = house.get("/v1/models/gone").by("u1").ok(404).await;
    assert_eq!(
        (&error["error"]["code"], &error["error"]["param"]),
        (&json!("unknown_model"), &json!("model"))
    );
}
