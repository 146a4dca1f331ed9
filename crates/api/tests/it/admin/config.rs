//! Reading the configuration again.

use std::sync::Arc;

use async_trait::async_trait;
use fourfold_service::ports::{Configuration, Reloaded};
use http::Method;
use serde_json::json;

use crate::support::{House, Plan};

struct Written(Result<Reloaded, String>);

#[async_trait]
impl Configuration for Written {
    async fn reload(&self) -> Result<Reloaded, String> {
        self.0.clone()
    }
}

async fn house(written: Result<Reloaded, String>) -> House {
    House::with(Plan { configuration: Arc::new(Written(written)), ..Plan::default() }).await
}

#[tokio::test]
async fn a_reload_says_what_is_in_force() {
    let reloaded = Reloaded {
        models: 3,
        providers: vec!["mock".to_owned()],
        wait_for_restart: vec!["server".to_owned()],
    };
    let house = house(Ok(reloaded)).await;
    let answer = house.ask(Method::POST, "/api/v1/admin/config/reload").by_admin().ok(200).await;
    assert_eq!(answer, json!({"models": 3, "providers": ["mock"], "wait_for_restart": ["server"]}));
}

#[tokio::test]
async fn a_mistake_is_told_with_its_place() {
    let house = house(Err("models.x.route: must name at least one".to_owned())).await;
    let ask = house.ask(Method::POST, "/api/v1/admin/config/reload").by_admin();
    let answer = ask.check(422, "invalid_configuration", None).await;
    assert!(answer.message().starts_with("models.x.route"), "{}", answer.message());
}
