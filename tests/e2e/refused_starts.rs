//! What keeps a server from starting is said clearly, and it exits with 1.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::support::Home;

#[tokio::test]
async fn second_server_on_a_data_folder_is_refused() {
    let home = Home::new();
    let server = home.start().await;
    let said = home.refusal().await;
    assert!(said.contains("another fourfold server uses the data folder"), "{said}");
    assert!(said.contains(home.data_dir().to_str().unwrap()) || said.contains("./data"), "{said}");
    // The first is none the worse for it, and its place is free once it is gone, however it went.
    assert_eq!(server.admin.get("/health/ready").send().await.status, 200);
    server.kill().await;
    home.start().await;
}

#[tokio::test]
async fn unusable_data_folder_is_named() {
    let home = Home::new();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    for (data_dir, words) in [
        (file.clone(), vec!["data_dir"]),
        (file.join("below"), vec!["data_dir"]),
        (read_only(&home), vec!["can't be written"]),
    ] {
        let path = data_dir.to_str().unwrap().to_owned();
        let said = home_with(&path).refusal().await;
        assert!(said.contains(&path), "{path}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{path}: {said}");
    }
}

fn home_with(data_dir: &str) -> Home {
    Home::new().with("FOURFOLD__DATA_DIR", data_dir)
}

/// A folder that can't be written to, by root neither.
fn read_only(home: &Home) -> PathBuf {
    let folder = home.path().join("read-only");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    match fs::write(folder.join("probe"), "") {
        Err(_) => folder,
        Ok(()) => PathBuf::from("/proc"),
    }
}

#[tokio::test]
async fn port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = Home::new().with("FOURFOLD__SERVER__LISTEN", &address).refusal().await;
    assert!(said.contains("server.listen") && said.contains(&address), "{said}");
}

#[tokio::test]
async fn bad_setting_names_its_place() {
    for (name, value, words) in [
        ("FOURFOLD__SERVER__LISTEN", "everywhere", vec!["FOURFOLD__SERVER__LISTEN", "127.0.0.1:8080"]),
        ("FOURFOLD__SERVER__LISTN", "127.0.0.1:1", vec!["FOURFOLD__SERVER__LISTN"]),
        ("FOURFOLD__JOBS__LEASE", "soon", vec!["FOURFOLD__JOBS__LEASE"]),
        ("FOURFOLD__JOBS__LEASE", "1s", vec!["jobs.lease (FOURFOLD__JOBS__LEASE)", "send_margin"]),
        ("FOURFOLD__JOBS__WORKERS", "0", vec!["jobs.workers (FOURFOLD__JOBS__WORKERS)", "from 1 to"]),
        ("FOURFOLD__INSTANCES__BEAT", "0", vec!["instances.beat (FOURFOLD__INSTANCES__BEAT)"]),
        ("FOURFOLD__INSTANCES__LEASE", "5s", vec!["instances.lease (FOURFOLD__INSTANCES__LEASE)", "twice"]),
        ("FOURFOLD__PROVIDERS__MOCK__FAIL", "often", vec!["FOURFOLD__PROVIDERS__MOCK__FAIL"]),
        (
            "FOURFOLD__PROVIDERS__NOBODY__API_KEY",
            "k",
            vec!["providers.nobody (FOURFOLD__PROVIDERS__NOBODY__API_KEY)", "mock"],
        ),
        (
            "FOURFOLD__SECURITY__SECRET_KEY",
            "hunter2",
            vec!["security.secret_key (FOURFOLD__SECURITY__SECRET_KEY)", "base64"],
        ),
        ("FOURFOLD_ADMIN_KEY", "hunter2", vec!["FOURFOLD_ADMIN_KEY", "16 to 256"]),
        ("FOURFOLD__LOG__FILTER", "fourfold=loud", vec!["log.filter (FOURFOLD__LOG__FILTER)"]),
        ("FOURFOLD_CONFIG", "missing.yaml", vec!["missing.yaml"]),
    ] {
        let home = Home::new().with(name, value);
        for said in [home.refusal().await, home.command(&["config", "check"]).await.complaint()] {
            assert!(words.iter().all(|word| said.contains(word)), "{name}={value}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(!said.contains("hunter2"), "a secret is quoted: {said}");
        }
        assert!(!home.data_dir().exists(), "{name}={value} is found before anything is made");
    }
}

#[tokio::test]
async fn broken_configuration_file_is_quoted_by_line() {
    for (yaml, words) in [
        ("server: [", vec!["fourfold.yaml"]),
        ("server:\n  listen: 8080:8080\n", vec!["fourfold.yaml line 2", "server.listen"]),
        ("server:\n  listn: 127.0.0.1:1\n", vec!["fourfold.yaml line 2", "listn"]),
        ("models:\n  m:\n    modality: image\n", vec!["models.m"]),
        (
            "models:\n  m1:\n    modality: image\n    route: [{provider: nope, model: x}]\n    \
             price: {version: v1, rates: [{unit: image, credits: \"1\"}]}\n",
            vec!["models.m1.route[0].provider", "there is no provider nope"],
        ),
        (
            "models:\n  m1:\n    modality: image\n    on_cancel: half\n    route: [{provider: mock, model: mock-image}]\n    \
             price: {version: v1, rates: [{unit: image, credits: \"1\"}]}\n",
            vec!["models.m1.on_cancel", "50%"],
        ),
        ("- a\n- b\n", vec!["fourfold.yaml"]),
    ] {
        let home = Home::new().without("FOURFOLD__SERVER__LISTEN");
        fs::write(home.path().join("fourfold.yaml"), yaml).unwrap();
        for said in [home.refusal().await, home.command(&["config", "check"]).await.complaint()] {
            assert!(words.iter().all(|word| said.contains(word)), "{yaml}: {said}");
        }
    }
}
