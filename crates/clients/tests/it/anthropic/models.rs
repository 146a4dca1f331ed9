use fourfold_clients::anthropic::{AnthropicApi, Page};

use super::support::{WIRE, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

#[tokio::test]
async fn a_page_of_models_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/list_models.response.json");
    let server = Server::start([recorded, recorded].map(Reply::ok)).await;
    let client = client_of(&server);
    let models = client.list_models(&Page::default()).await.unwrap();
    check_kept(&models, recorded);
    assert_eq!(models.data[1].retires_at.as_deref(), Some("2027-01-01T00:00:00Z"));
    let page = Page {
        limit: Some(2),
        after_id: Some("claude/a b".to_owned()),
        before_id: Some("claude-z".to_owned()),
    };
    client.list_models(&page).await.unwrap();
    let received = server.received();
    WIRE.check_asked(&received[0], "GET /v1/models");
    WIRE.check_asked(&received[1], "GET /v1/models?limit=2&after_id=claude%2Fa+b&before_id=claude-z");
}

#[tokio::test]
async fn a_model_is_read_as_recorded_and_its_name_is_one_segment() {
    let recorded = include_str!("wire/get_model.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    check_kept(&client_of(&server).get_model("claude/../x").await.unwrap(), recorded);
    WIRE.check_asked(&server.only_received(), "GET /v1/models/claude%2F..%2Fx");
}

#[tokio::test]
async fn the_simulators_models_come_page_by_page() {
    let (simulator, client) = simulated();
    let all = client.list_models(&Page::default()).await.unwrap();
    assert_eq!(all.has_more, Some(false));
    let mut paged = Vec::new();
    let mut page = Page { limit: Some(1), ..Page::default() };
    loop {
        let models = client.list_models(&page).await.unwrap();
        page.after_id.clone_from(&models.last_id);
        paged.extend(models.data);
        if models.has_more != Some(true) {
            break;
        }
    }
    assert!(paged.len() > 1 && paged == all.data);
    let before = Page { before_id: all.last_id, ..Page::default() };
    assert_eq!(client.list_models(&before).await.unwrap().data.len(), all.data.len() - 1);
    assert_eq!(client.get_model(&paged[0].id).await.unwrap(), paged[0]);
    let error = client.get_model("claude-none").await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.code()), (404, Some("not_found_error")));
    assert!(simulator.paid_tasks().is_empty());
}
