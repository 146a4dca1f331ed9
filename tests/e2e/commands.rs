//! The commands, beside a running server and without one.

use std::time::Duration;

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Api, Home, eventually, fast};

#[tokio::test]
async fn credits_are_granted_and_shown_beside_a_running_server() {
    let home = Home::new();
    let server = home.start().await;
    let granted = home.command(&["credits", "grant", "u1", "2.5", "--note", "a gift"]).await.output();
    assert_eq!(granted, "u1 in realm default: 2.5 available, 0 held");
    // The same operation again changes nothing.
    for _ in 0..2 {
        let arguments = ["credits", "grant", "u1", "1", "--operation-id", "invoice-7"];
        assert_eq!(home.command(&arguments).await.output(), "u1 in realm default: 3.5 available, 0 held");
    }
    let balance = server.admin.user("u1").read("/api/v1/credits").await;
    assert_eq!(balance["available"], "3.5", "the server sees it at once");

    let shown = home.command(&["credits", "show", "u1"]).await.output();
    assert_eq!(shown.lines().count(), 3, "the account and two entries: {shown}");
    assert!(shown.lines().skip(1).all(|line| line.contains("grant")), "{shown}");
    let shown = home.command(&["credits", "show", "u2"]).await.output();
    assert_eq!(shown, "u2 in realm default was never used");
    for (arguments, word) in [
        (["credits", "grant", "u1", "0"], "more than 0"),
        (["credits", "grant", "u1", "many"], "many"),
        (["credits", "grant", "../../x", "1"], "../../x"),
    ] {
        let ran = home.command(&arguments).await;
        assert_ne!(ran.code(), Some(0), "{ran:?}");
        assert!(ran.stderr.join("\n").contains(word), "{ran:?}");
    }
}

#[tokio::test]
async fn a_key_that_the_command_line_revokes_ends_on_the_running_server() {
    let home = Home::new();
    let server = home.start().await;
    let made = home.command(&["keys", "create", "service", "--account", "u1", "--name", "shop"]).await;
    let secret = made.output();
    assert!(secret.starts_with("ff_") && secret.len() == 46, "{secret}");
    let id = made.stderr[0].split([' ', ';']).find(|word| word.len() == 36).unwrap().to_owned();

    let caller = server.admin.nobody().with_key(&secret);
    assert_eq!(caller.read("/api/v1/credits").await["account"], "u1");
    let listed = home.command(&["keys", "list"]).await.output();
    let line = listed.lines().find(|line| line.contains(&id)).unwrap();
    for word in ["service", "live", "account u1", "shop"] {
        assert!(line.contains(word), "{line}");
    }
    assert!(!listed.contains("ff_"), "no secret is listed");

    assert_eq!(home.command(&["keys", "revoke", &id]).await.output(), format!("revoked {id}"));
    eventually("the key is refused", Duration::from_secs(2), async || {
        let answer = caller.get("/api/v1/credits").send().await;
        (answer.status == 401).then(|| answer.refuses(401, "invalid_api_key"))
    })
    .await;
    let listed = home.command(&["keys", "list"]).await.output();
    assert!(listed.lines().any(|line| line.contains(&id) && line.contains("revoked")), "{listed}");

    let unknown = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    let said = home.command(&["keys", "revoke", unknown]).await.complaint();
    assert!(said.contains(unknown), "{said}");
    let said = home.command(&["keys", "create", "user"]).await.complaint();
    assert!(said.contains("account"), "{said}");
}

#[tokio::test]
async fn a_key_that_the_server_makes_and_revokes_counts_at_once() {
    let home = Home::new();
    let server = home.start().await;
    let made =
        server.admin.post("/api/v1/admin/keys", &json!({"kind": "user", "account": "u1"})).send().await;
    let made = made.json(201);
    let caller = server.admin.nobody().with_key(made["key"].as_str().unwrap());
    assert_eq!(caller.read("/api/v1/credits").await["account"], "u1");
    let listed = server.admin.read_all("/api/v1/admin/keys").await;
    assert!(listed.iter().all(|key| key.get("key").is_none()), "secrets aren't listed");

    let path = format!("/api/v1/admin/keys/{}", made["id"].as_str().unwrap());
    let revoked = server.admin.ask("DELETE", &path).send().await;
    assert_eq!((revoked.status, revoked.bytes.len()), (204, 0));
    caller.get("/api/v1/credits").send().await.refuses(401, "invalid_api_key");
    assert_eq!(server.admin.ask("DELETE", &path).send().await.status, 204, "again is the same");
}

#[tokio::test]
async fn ledger_verify_counts_what_is_there() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    caller.post("/api/v1/jobs", &fast("a fox")).header("prefer", "wait=50").send().await.json(200);
    let counts = "1 accounts, 3 entries, 1 holds (0 open), 1 jobs (0 open), 0 calls\nclean";
    assert_eq!(home.command(&["ledger", "verify"]).await.output(), counts);
    let audit = server.admin.read("/api/v1/admin/ledger/verify").await;
    assert_eq!((&audit["clean"], &audit["counts"]["entries"]), (&json!(true), &json!(3)), "{audit}");
    server.stop().await;
    assert_eq!(home.command(&["ledger", "verify"]).await.output(), counts);
}

#[tokio::test]
async fn ledger_verify_fails_by_its_exit_where_the_books_do_not_add_up() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    server.admin.grant("u2", "5").await;
    let account = server.admin.read("/api/v1/admin/accounts/u1").await["id"].as_str().unwrap().to_owned();
    let clean = home.command(&["ledger", "verify"]).await;
    assert_eq!(clean.code(), Some(0), "{clean:#?}");
    assert!(clean.stdout.contains(&"clean".to_owned()), "{clean:#?}");

    let database = Connection::open(home.data_dir().join("fourfold.db")).unwrap();
    let change = |micros: i64| {
        let sql = "UPDATE account SET available = available + ?1 WHERE external_id = 'u1'";
        assert_eq!(database.execute(sql, [micros]).unwrap(), 1);
    };
    change(1);
    let verify = async || {
        let found = home.command(&["ledger", "verify"]).await;
        assert_eq!(found.code(), Some(1), "{found:#?}");
        let said = found.stdout.join("\n");
        assert!(
            said.contains("available is the sum of the entries") && said.contains(&account),
            "{found:#?}"
        );
        assert!(!found.stdout.contains(&"clean".to_owned()), "{found:#?}");
    };
    verify().await;
    let audit = server.admin.get("/api/v1/admin/ledger/verify").send().await.json(409);
    assert_eq!(audit["clean"], false, "{audit}");
    server.stop().await;
    verify().await;

    change(-1);
    let mended = home.command(&["ledger", "verify"]).await;
    assert_eq!(mended.code(), Some(0), "{mended:#?}");
}

#[tokio::test]
async fn models_lists_what_each_costs() {
    let listed = Home::new().command(&["models"]).await.output();
    let mut lines = listed.lines().skip_while(|line| !line.starts_with("mock-image-slow "));
    let (line, route) = (lines.next().unwrap(), lines.next().unwrap());
    assert!(line.contains("0.04 per image") && line.contains("0.08 per image (quality high)"), "{line}");
    assert!(route.contains("mock/mock-image-slow") && route.contains("cost isn't known"), "{route}");
    assert!(listed.lines().last().unwrap().contains("openai"), "those that are off are named: {listed}");
    let lines = Home::new().command(&["models", "--json"]).await.output();
    let models: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(models.iter().any(|model| model["id"] == "mock-image-slow"), "{lines}");
}

#[tokio::test]
async fn migrate_makes_the_database_once() {
    let home = Home::new();
    let first = home.command(&["migrate"]).await.output();
    assert!(first.contains("applied"), "{first}");
    let second = home.command(&["migrate"]).await.output();
    assert!(second.contains("up to date"), "{second}");
    let server = home.start().await;
    let beside = home.command(&["migrate"]).await.output();
    assert!(beside.contains("up to date"), "{beside}");
    server.stop().await;
}

#[tokio::test]
async fn config_check_says_where_each_setting_was_written() {
    let home = Home::new();
    std::fs::write(home.path().join("fourfold.yaml"), "jobs:\n  workers: 3\n").unwrap();
    std::fs::write(home.path().join(".env"), "FOURFOLD__LOG__FILTER=debug\n").unwrap();
    let said = home.command(&["config", "check"]).await.output();
    assert!(said.lines().last().unwrap().starts_with("ok: "), "{said}");
    for (setting, place) in [
        ("jobs.workers", "fourfold.yaml line 2"),
        ("log.filter", "FOURFOLD__LOG__FILTER, .env line 1"),
        ("security.admin_key", "FOURFOLD_ADMIN_KEY"),
    ] {
        assert!(said.lines().any(|line| line.contains(setting) && line.contains(place)), "{setting}: {said}");
    }
    assert!(!said.contains("ff_"), "no secret is shown: {said}");
}

#[tokio::test]
async fn health_asks_the_server_that_is_configured() {
    let home = Home::new();
    let server = home.start().await;
    let address = server.address.to_string();
    let health = async || home.process(&["health"], &[("FOURFOLD__SERVER__LISTEN", &address)]).ended().await;
    assert_eq!(health().await.output(), "ok");
    server.stop().await;
    let said = health().await.complaint();
    assert!(said.contains(&format!("no server lives on {address}")), "{said}");
}

#[tokio::test]
async fn help_and_version_need_nothing() {
    let home = Home::new().with("FOURFOLD__NO__SUCH", "setting");
    let help = home.command(&["--help"]).await.output();
    for command in ["serve", "migrate", "keys", "credits", "ledger", "models", "config", "generate", "health"]
    {
        assert!(help.contains(command), "{command}: {help}");
    }
    let version = home.command(&["--version"]).await.output();
    assert_eq!(version, concat!("fourfold ", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn simulate_plays_the_vendors_on_one_port_until_it_is_told_to_stop() {
    let home = Home::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let port = free.port().to_string();
    let process = home.process(&["simulate", "--port", &port], &[]);
    let vendor = Api::new(&format!("http://{free}")).with_key("sk-any");
    let ask = async || vendor.get("/openai/v1/models").try_send().await.ok();
    let models = eventually("the simulator answers", Duration::from_secs(20), ask).await.json(200);
    assert_eq!(models["object"], "list");

    process.signal(Signal::TERM);
    let ran = process.ended().await;
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let line = format!("OPENAI_BASE_URL=http://{free}/openai");
    assert!(ran.stdout.iter().any(|printed| printed.starts_with(&line)), "{ran:?}");
}
