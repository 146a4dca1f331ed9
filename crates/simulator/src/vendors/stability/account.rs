//! What the vendor knows of its customer, and its engines.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;

/// `GET /v1/engines/list`: a bare list.
pub(super) fn engines(call: &Call<'_>) -> Result<Answer, Refusal> {
    let engine = |id: &str| json!({"id": id, "name": id.replace('-', " "), "description": "A simulated engine.", "type": "PICTURE"});
    let own = call.vendor.row().models.iter().map(|model| model.id);
    let extra = call.world.settings.extra_models.iter().map(String::as_str);
    Ok(Answer::json(&Value::Array(own.chain(extra).map(engine).collect())))
}

/// `GET /v1/user/account`.
pub(super) fn account(_call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::json(&json!({
        "id": "user-simulated",
        "email": "customer@simulated.test",
        "profile_picture": "https://simulated.test/picture.png",
        "organizations": [{"id": "org-simulated", "name": "Simulated", "role": "ADMIN", "is_default": true}],
    })))
}

/// `GET /v1/user/balance`: the same for every key, however much it spends.
pub(super) fn balance(_call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::json(&json!({"credits": 1000.5})))
}
