//! What can be asked for.

use serde_json::json;

use crate::support::House;

#[tokio::test]
async fn a_model_shows_its_parameters_as_json_schema_and_its_price() {
    let house = House::new().await;
    let models = house.get("/api/v1/models").by("u1").ok(200).await;
    let names: Vec<_> = models["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert_eq!(names, ["film", "listen", "picture", "skim", "speak", "talk", "vectors"]);
    let model = &models["data"][2];
    assert_eq!(
        (&model["id"], &model["object"], &model["modality"]),
        (&json!("picture"), &json!("model"), &json!("image"))
    );
    assert_eq!(model["price"], json!({"version": "v1", "rates": [{"unit": "image", "credits": "0.04"}]}));
    let schema = &model["parameters"];
    assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)));
    assert_eq!(schema["required"], json!(["prompt"]));
    let n = &schema["properties"]["n"];
    assert_eq!((&n["type"], &n["minimum"], &n["maximum"]), (&json!("integer"), &json!(1), &json!(10)));
    for name in ["prompt", "n", "size"] {
        assert!(schema["properties"][name]["description"].is_string(), "{name}");
    }
}
