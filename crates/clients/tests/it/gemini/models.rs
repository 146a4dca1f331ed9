use fourfold_clients::gemini::{GeminiApi, Page};

use super::support::{WIRE, client_of, said, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn models_are_read_as_recorded() {
    let recorded = include_str!("wire/list_models.response.json");
    let server = Server::start([recorded, recorded].map(Reply::ok)).await;
    let client = client_of(&server);
    let models = client.list_models(&Page::default()).await.unwrap();
    check_kept(&models, recorded);
    let page = Page { size: Some(2), token: models.next_page_token };
    client.list_models(&page).await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1beta/models");
    WIRE.check_asked(&received[1], "GET /v1beta/models?pageSize=2&pageToken=2");
}

#[tokio::test]
async fn a_model_is_read_as_recorded_and_its_name_is_one_segment() {
    let recorded = include_str!("wire/get_model.response.json");
    let server = Server::start([recorded, recorded].map(Reply::ok)).await;
    let client = client_of(&server);
    let model = client.get_model("models/gemini-3.8-flash").await.unwrap();
    check_kept(&model, recorded);
    client.get_model("a/../b").await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1beta/models/gemini-3.8-flash");
    WIRE.check_asked(&received[1], "GET /v1beta/models/a%2F..%2Fb");
}

#[tokio::test]
async fn the_simulator_lists_its_models_in_pages_and_knows_no_others() {
    let (simulator, client) = simulated();
    let all = client.list_models(&Page { size: Some(1000), token: None }).await.unwrap();
    assert_eq!(all.next_page_token, None);
    let (mut listed, mut page) = (Vec::new(), Page { size: Some(7), token: None });
    loop {
        let models = client.list_models(&page).await.unwrap();
        listed.extend(models.models);
        page.token = models.next_page_token;
        if page.token.is_none() {
            break;
        }
    }
    assert_eq!(listed, all.models);
    assert_eq!(client.get_model(&listed[0].name).await.unwrap(), listed[0]);
    let error = client.get_model("gemini-none").await.unwrap_err();
    assert_eq!(said(&error), (404, Some("NOT_FOUND")));
    assert!(simulator.paid_tasks().is_empty());
}

#[tokio::test]
async fn a_page_that_is_none_is_an_error() {
    let (_simulator, client) = simulated();
    let page = Page { size: None, token: Some("none".to_owned()) };
    let error = client.list_models(&page).await.unwrap_err();
    assert_eq!(said(&error), (400, Some("INVALID_ARGUMENT")));
}
