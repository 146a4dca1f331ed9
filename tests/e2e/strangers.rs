//! Nobody sees or touches what is another account's, on any route.

use serde_json::{Value, json};

use crate::support::{Api, Home, ended, fast, slow};

#[tokio::test]
async fn another_accounts_job_is_not_there() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10m");
    let server = home.start().await;
    let (operator, nobody) = (&server.admin, server.admin.nobody());
    for account in ["owner", "stranger"] {
        operator.grant(account, "10").await;
    }
    let service = nobody.with_key(&operator.key(&json!({"kind": "service"})).await);
    let owner = service.user("owner");
    let done = ended(&owner, &owner.submitted(&fast("a fox")).await).await;
    let open = owner.submitted(&slow("a fox")).await;

    let user_key = operator.key(&json!({"kind": "user", "account": "stranger"})).await;
    // The same name in another realm is another account.
    let realm_key = operator.key(&json!({"kind": "service", "realm": "elsewhere"})).await;
    let admin_key_user = operator.user("stranger");
    let strangers = [
        service.user("stranger"),
        service.user("never-seen"),
        nobody.with_key(&user_key),
        nobody.with_key(&realm_key).user("owner"),
        admin_key_user,
    ];
    let routes = job_routes(&server.admin).await;
    assert_eq!(routes.len(), 4, "{routes:?}");
    for stranger in &strangers {
        for job in [&done, &open] {
            let id = job["id"].as_str().unwrap();
            for (method, route) in &routes {
                let asked = async |id: &str| {
                    let path = route.replace("{id}", id).replace("{index}", "0");
                    stranger.ask(method, &path).send().await.refuses(404, "not_found")
                };
                let unknown = asked("0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d").await;
                assert_eq!(asked(id).await, unknown, "{method} {route} tells that the job is there");
            }
        }
        assert_eq!(stranger.read_all("/api/v1/jobs").await, Vec::<Value>::new());
        let entries = stranger.read_all("/api/v1/credits/entries").await;
        assert!(entries.iter().all(|entry| entry["kind"] == "grant"), "{entries:?}");
        assert_eq!(stranger.read("/api/v1/credits").await["held"], "0");
    }
    // A cursor is a place in one's own list.
    let path = format!("/api/v1/jobs?cursor={}", open["id"].as_str().unwrap());
    assert_eq!(strangers[0].read(&path).await["data"], json!([]));

    // Nothing of all that did anything to them.
    let still = owner.read(&format!("/api/v1/jobs/{}", open["id"].as_str().unwrap())).await;
    assert!(["queued", "starting", "running"].contains(&still["state"].as_str().unwrap()), "{still}");
    assert_eq!(owner.read_all("/api/v1/jobs").await.len(), 2);
    assert_eq!(owner.read("/api/v1/credits").await["available"], "9.92");
}

/// Every documented route of one job.
async fn job_routes(api: &Api) -> Vec<(String, String)> {
    let document = api.read("/openapi.json").await;
    let paths = document["paths"].as_object().unwrap();
    let of_job = paths.iter().filter(|(path, _)| path.starts_with("/api/v1/jobs/{id}"));
    let method = |(path, methods): (&String, &Value)| {
        let methods: Vec<_> =
            methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        methods.into_iter().map(|method| (method, path.clone())).collect::<Vec<_>>()
    };
    of_job.flat_map(method).collect()
}
