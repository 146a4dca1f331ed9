//! Two accounts walk every route: nothing of one is seen or touched by the other.

use fourfold_service::keys::KeyKind;
use http::Method;
use serde_json::{Value, json};

use crate::support::rules::{Operation, operations};
use crate::support::{
    Ask, House, new_chat, new_job, new_message, new_response, outputs, part, text_part, written,
};

/// What the other account finds where it names what isn't its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Finds {
    /// Nothing: 404.
    Nothing,
    /// Its own, in which nothing is the landlord's.
    ItsOwn,
    /// What is the same for all.
    TheSame,
    /// A new thing of its own.
    New,
    /// A new file of its own.
    NewFile,
    /// A new secret of its own.
    NewSecret,
    /// What only an admin sees.
    Forbidden,
    /// What the bearer of a link sees.
    ByLink,
}

/// Every operation, so that a new one has to be thought of here.
const TABLE: &[(&str, Finds)] = &[
    ("GET /api/chat", Finds::ItsOwn),
    ("POST /api/chat/{conversation_id}", Finds::Forbidden),
    ("PATCH /api/chat/{conversation_id}", Finds::Forbidden),
    ("DELETE /api/chat/{conversation_id}", Finds::Forbidden),
    ("POST /api/chat/{conversation_id}/regenerate", Finds::Forbidden),
    ("GET /api/chat/{conversation_id}/history", Finds::Forbidden),
    ("GET /api/chat/{conversation_id}/export", Finds::Forbidden),
    ("GET /api/v1/admin/accounts", Finds::Forbidden),
    ("GET /api/v1/admin/accounts/{account}", Finds::Forbidden),
    ("POST /api/v1/admin/accounts/{account}/adjustments", Finds::Forbidden),
    ("GET /api/v1/admin/accounts/{account}/entries", Finds::Forbidden),
    ("POST /api/v1/admin/accounts/{account}/grants", Finds::Forbidden),
    ("GET /api/v1/admin/keys", Finds::Forbidden),
    ("POST /api/v1/admin/keys", Finds::Forbidden),
    ("DELETE /api/v1/admin/keys/{id}", Finds::Forbidden),
    ("PATCH /api/v1/admin/keys/{id}", Finds::Forbidden),
    ("POST /api/v1/admin/keys/{id}/rotate", Finds::Forbidden),
    ("GET /api/v1/admin/ledger/verify", Finds::Forbidden),
    ("POST /api/v1/admin/ledger/reconcile", Finds::Forbidden),
    ("GET /api/v1/admin/forward", Finds::Forbidden),
    ("GET /api/v1/admin/providers", Finds::Forbidden),
    ("GET /api/v1/admin/usage", Finds::Forbidden),
    ("POST /api/v1/admin/config/reload", Finds::Forbidden),
    ("GET /api/v1/admin/jobs", Finds::Forbidden),
    ("POST /api/v1/admin/jobs/{id}/cancel", Finds::Forbidden),
    ("POST /api/v1/admin/jobs/{id}/retry", Finds::Forbidden),
    ("GET /api/v1/credits", Finds::ItsOwn),
    ("GET /api/v1/credits/entries", Finds::ItsOwn),
    ("GET /api/v1/usage", Finds::ItsOwn),
    ("GET /api/v1/files", Finds::ItsOwn),
    ("POST /api/v1/files", Finds::NewFile),
    ("GET /api/v1/files/{id}", Finds::Nothing),
    ("DELETE /api/v1/files/{id}", Finds::Nothing),
    ("GET /api/v1/jobs", Finds::ItsOwn),
    ("POST /api/v1/jobs", Finds::New),
    ("GET /api/v1/jobs/{id}", Finds::Nothing),
    ("GET /api/v1/jobs/{id}/artifacts/{index}", Finds::Nothing),
    ("POST /api/v1/jobs/{id}/cancel", Finds::Nothing),
    ("GET /api/v1/jobs/{id}/events", Finds::Nothing),
    ("GET /api/v1/models", Finds::TheSame),
    ("POST /api/v1/quotes", Finds::TheSame),
    ("GET /api/v1/webhooks/secrets", Finds::ItsOwn),
    ("POST /api/v1/webhooks/secrets", Finds::NewSecret),
    ("DELETE /api/v1/webhooks/secrets/{id}", Finds::Nothing),
    ("GET /api/v1/webhooks/deliveries", Finds::ItsOwn),
    ("POST /api/v1/webhooks/deliveries/{id}/redeliver", Finds::Nothing),
    // Here are no targets; `forward` has what two accounts see of one.
    ("POST /forward/{target}/{path}", Finds::Nothing),
    ("GET /files/{token}", Finds::ByLink),
    ("POST /v1/audio/speech", Finds::New),
    ("POST /v1/audio/transcriptions", Finds::New),
    ("POST /v1/chat/completions", Finds::New),
    ("POST /v1/embeddings", Finds::New),
    ("POST /v1/messages", Finds::New),
    ("POST /v1/messages/count_tokens", Finds::TheSame),
    ("POST /v1/responses", Finds::New),
    ("POST /v1/images/edits", Finds::New),
    ("POST /v1/images/generations", Finds::New),
    ("GET /v1/models", Finds::TheSame),
    ("GET /v1/models/{id}", Finds::TheSame),
    ("GET /v1/videos", Finds::ItsOwn),
    ("POST /v1/videos", Finds::New),
    ("GET /v1/videos/{id}", Finds::Nothing),
    ("DELETE /v1/videos/{id}", Finds::Nothing),
    ("GET /v1/videos/{id}/content", Finds::Nothing),
    ("operations", Finds::TheSame),
];

fn found_by(operation: &Operation) -> Finds {
    let name = match operation.document["tags"][0].as_str() {
        Some("operations") => "operations".to_owned(),
        _ => format!("{} {}", operation.method, operation.path),
    };
    let row = TABLE.iter().find(|(known, _)| *known == name);
    row.unwrap_or_else(|| panic!("{name} isn't in the table: what does another account find there?")).1
}

/// What belongs to the landlord.
struct Landlord {
    job: Value,
    file: Value,
    secret: Value,
    delivery: Value,
    video: Value,
    conversation: Value,
}

/// The operation, with what belongs to the landlord in its path.
fn ask<'a>(house: &'a House, operation: &Operation, of_landlord: &Landlord) -> Ask<'a> {
    let Landlord { job, file, secret, delivery, video, conversation } = of_landlord;
    let token = job["artifacts"][0]["url"].as_str().unwrap().rsplit('/').next().unwrap();
    let path = operation
        .path
        .replace("/v1/models/{id}", "/v1/models/picture")
        .replace("/files/{id}", &format!("/files/{}", file["id"].as_str().unwrap()))
        .replace("/secrets/{id}", &format!("/secrets/{}", secret["id"].as_str().unwrap()))
        .replace("/videos/{id}", &format!("/videos/{}", video["id"].as_str().unwrap()))
        .replace("/deliveries/{id}", &format!("/deliveries/{}", delivery["id"].as_str().unwrap()))
        .replace("{conversation_id}", conversation["id"].as_str().unwrap())
        .replace("{id}", job["id"].as_str().unwrap())
        .replace("{index}", "0")
        .replace("{account}", "landlord")
        .replace("{token}", token);
    let ask = house.ask(operation.method.clone(), &path);
    match (operation.path, operation.takes_a_body()) {
        ("/api/v1/files", true) => ask.file("text/plain", b"the stranger's own"),
        ("/v1/chat/completions", true) => ask.json(&new_chat()),
        ("/api/chat/{conversation_id}", true) if operation.method == Method::PATCH => {
            ask.json(&json!({"title": "x"}))
        }
        ("/api/chat/{conversation_id}", true) => ask.json(&json!({"message": "x"})),
        ("/api/chat/{conversation_id}/regenerate", true) => ask.json(&json!({})),
        ("/v1/messages" | "/v1/messages/count_tokens", true) => ask.json(&new_message()),
        ("/v1/responses", true) => ask.json(&new_response()),
        // At a millionth of a credit a byte, this is more than the stranger has.
        ("/v1/embeddings", true) => ask.json(&json!({"model": "vectors", "input": "fox ".repeat(5_000)})),
        ("/v1/images/generations", true) => ask.json(&json!({"model": "picture", "prompt": "a fox"})),
        ("/v1/audio/speech", true) => ask.json(&json!({"model": "speak", "input": "A fox."})),
        ("/v1/videos", true) => ask.json(&json!({"model": "film", "prompt": "a fox"})),
        ("/v1/audio/transcriptions", true) => {
            ask.form(&[text_part("model", "listen"), part("file", "audio/wav", "the stranger's own")])
        }
        ("/v1/images/edits", true) => ask.form(&[
            text_part("model", "picture"),
            text_part("prompt", "x"),
            part("image", "image/png", "the stranger's own"),
        ]),
        (_, true) => ask.json(&new_job()),
        (_, false) => ask,
    }
}

async fn grant(house: &House, user: &str, credits: &str) {
    let path = format!("/api/v1/admin/accounts/{user}/grants");
    house.post(&path, json!({"credits": credits})).by_admin().ok(201).await;
}

#[tokio::test]
async fn nothing_of_an_account_is_seen_by_another() {
    let house = House::new().await;
    grant(&house, "landlord", "1").await;
    // Less than a picture or a chat costs.
    grant(&house, "stranger", "0.01").await;
    let job = house.make("landlord", outputs(&[("image/png", "secret of the landlord")])).await;
    let upload = house.ask(Method::POST, "/api/v1/files").file("text/plain", b"secret of the landlord");
    let file = upload.by("landlord").ok(201).await;
    let secret = house.post("/api/v1/webhooks/secrets", json!({})).by("landlord").ok(201).await;
    let told =
        json!({"model": "picture", "input": {"prompt": "x"}, "webhook_url": "https://landlord.test/hook"});
    let told = house.post("/api/v1/jobs", told).by("landlord").ok(202).await;
    let cancel = format!("/api/v1/jobs/{}/cancel", told["id"].as_str().unwrap());
    house.post(&cancel, json!({})).by("landlord").ok(202).await;
    let deliveries = house.get("/api/v1/webhooks/deliveries").by("landlord").ok(200).await;
    let delivery = deliveries["data"][0].clone();
    let video =
        house.post("/v1/videos", json!({"model": "film", "prompt": "x"})).by("landlord").ok(200).await;
    house.vendor.will_write(Box::pin(futures_util::stream::iter(written(&["secret of the landlord"]))));
    let said = json!({"message": "secret of the landlord"});
    house.post("/api/chat/the-conversation", said).by("landlord").ok(200).await;
    let conversation = house.get("/api/chat").by("landlord").ok(200).await["data"][0].clone();
    let of_landlord = Landlord { job, file, secret, delivery, video, conversation };
    for kind in [KeyKind::Service, KeyKind::User] {
        for operation in operations() {
            let finds = found_by(&operation);
            let ask = ask(&house, &operation, &of_landlord).by_kind(kind, "stranger").await;
            let answer = ask.answer().await;
            let asked =
                format!("{kind:?} {} {} {finds:?}: {}", operation.method, operation.path, answer.text());
            let expected = match finds {
                Finds::Nothing => 404,
                Finds::Forbidden => 403,
                Finds::New => 402,
                Finds::NewFile | Finds::NewSecret => 201,
                Finds::ItsOwn | Finds::TheSame | Finds::ByLink => 200,
            };
            assert_eq!(answer.status, expected, "{asked}");
            assert_eq!(answer.text().contains("landlord"), finds == Finds::ByLink, "{asked}");
            let Landlord { job, file, secret, delivery, video, conversation } = &of_landlord;
            for own in [job, file, secret, delivery, video, conversation] {
                assert!(!answer.text().contains(own["id"].as_str().unwrap()), "{asked}");
            }
        }
    }
    let Landlord { job, file, secret, delivery, video, conversation } = of_landlord;
    let conversations = house.get("/api/chat").by("landlord").ok(200).await;
    assert_eq!(conversations["data"], json!([conversation]));
    let history = house.get("/api/chat/the-conversation/history").by("landlord").ok(200).await;
    assert_eq!(history["data"].as_array().unwrap().len(), 2);
    let videos = house.get("/v1/videos").by("landlord").ok(200).await;
    assert_eq!(videos["data"], json!([video]));
    let secrets = house.get("/api/v1/webhooks/secrets").by("landlord").ok(200).await;
    assert_eq!((secrets["data"].as_array().unwrap().len(), &secrets["data"][0]["id"]), (1, &secret["id"]));
    let deliveries = house.get("/api/v1/webhooks/deliveries").by("landlord").ok(200).await;
    assert_eq!(deliveries["data"], json!([delivery]));
    let after =
        house.get(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).by("landlord").ok(200).await;
    assert_eq!(after["state"], job["state"]);
    let files = house.get("/api/v1/files").by("landlord").ok(200).await;
    assert_eq!(files["data"], json!([file]));
    assert_eq!(house.get("/api/v1/credits").by("landlord").ok(200).await["available"], "0.86");
}

#[tokio::test]
async fn a_stranger_spends_and_cancels_nothing_of_the_landlord() {
    let house = House::new().await;
    let job = house.submit("u1").await;
    house.post(&format!("/api/v1/jobs/{job}/cancel"), json!({})).by("u2").check(404, "not_found", None).await;
    assert_eq!(house.get(&format!("/api/v1/jobs/{job}")).by("u1").ok(200).await["state"], "queued");
    house.submit("u2").await;
    for user in ["u1", "u2"] {
        let credits = house.get("/api/v1/credits").by(user).ok(200).await;
        assert_eq!(credits, json!({"account": user, "available": "9.96", "held": "0.04"}));
    }
}
