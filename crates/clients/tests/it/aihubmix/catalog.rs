use fourfold_clients::aihubmix::{
    AihubmixApi, CatalogFilter, CatalogModel, CatalogOrder, Feature, Modality, ModelType, SortOrder, Words,
};
use fourfold_clients::http::{Effect, ErrorKind};

use super::support::{client, client_of, simulated};
use crate::support::{Reply, Server, check_kept};

fn everything() -> CatalogFilter {
    CatalogFilter::default()
        .model_type(ModelType::Llm)
        .modalities([Modality::Text, Modality::Image])
        .model("gpt & co")
        .features([Feature::Thinking, Feature::from("novel")])
        .sort(CatalogOrder::ContextLength, SortOrder::Descending)
}

#[tokio::test]
async fn the_catalog_is_asked_for_without_a_key_and_read_as_recorded() {
    let recorded = include_str!("wire/list_catalog.response.json");
    let server = Server::start([Reply::ok(recorded), Reply::ok(recorded)]).await;
    // Whether the base URL has its version or not, the catalog is beside it.
    let catalog = client_of(&server).list_catalog(&everything()).await.unwrap();
    client(&format!("{}/v1/", server.url())).list_catalog(&CatalogFilter::default()).await.unwrap();
    let [filtered, whole] = server.received().try_into().unwrap();
    assert_eq!(
        filtered.target,
        "/api/v1/models?type=llm&modalities=text%2Cimage&model=gpt+%26+co&features=thinking%2Cnovel\
         &sort_by=context_length&sort_order=desc"
    );
    assert_eq!((whole.method.as_str(), whole.target.as_str()), ("GET", "/api/v1/models"));
    assert_eq!((filtered.header("authorization"), whole.header("authorization")), (None, None));
    check_kept(&catalog, recorded);
    let [video, chat]: [CatalogModel; 2] = catalog.data.try_into().unwrap();
    assert!(video.types.unwrap().contains("video"));
    assert_eq!(video.features.unwrap().iter().count(), 0);
    assert_eq!(chat.features.unwrap().iter().collect::<Vec<_>>(), ["thinking", "tools"]);
    // The vendor's page calls them texts, its example has numbers.
    assert_eq!(chat.context_length.unwrap().as_u64(), Some(128_000));
    assert_eq!(chat.max_output.unwrap().as_u64(), Some(16_000));
    assert_eq!(chat.pricing.unwrap().cache_read.unwrap().as_f64(), Some(0.000_125));
}

#[test]
fn words_may_be_a_list() {
    let words: Words = serde_json::from_str(r#"["text", "image"]"#).unwrap();
    assert_eq!(words.iter().collect::<Vec<_>>(), ["text", "image"]);
    assert!(!words.contains("pdf"));
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_an_error() {
    let refused = r#"{"data":null,"message":"Not now.","success":false}"#;
    let server = Server::start([Reply::ok(refused)]).await;
    let error = client_of(&server).list_catalog(&CatalogFilter::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Status, Effect::NotStarted));
    assert_eq!(error.message(), Some("Not now."));
}

#[tokio::test(start_paused = true)]
async fn the_simulator_filters_and_is_asked_again_where_it_fails() {
    let (simulator, client) = simulated();
    simulator.fault("GET /aihubmix/api/*", "status=504; times=1").unwrap();
    let all = client.list_catalog(&CatalogFilter::default()).await.unwrap().data;
    assert_eq!(simulator.received().len(), 2);
    let videos = CatalogFilter::default().model_type(ModelType::Video);
    let videos = client.list_catalog(&videos).await.unwrap().data;
    assert!(videos.len() < all.len() && videos.iter().any(|model| model.model_id == "wan2.6-t2v"));
    let narrow = everything().model("GPT-5").features([Feature::Thinking]);
    let names: Vec<_> =
        client.list_catalog(&narrow).await.unwrap().data.into_iter().map(|model| model.model_id).collect();
    assert_eq!(names, ["gpt-5-mini", "gpt-5"]);
    assert!(simulator.paid_tasks().is_empty());
}
