//! Postgres.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use fourfold_servers::Postgres;

#[test]
fn it_comes_back_on_its_port_with_what_it_had() {
    let server = Postgres::start(Postgres::SYNCED).unwrap();
    assert_eq!(server.durability().unwrap(), "fsync=on synchronous_commit=on");
    let url = server.create_database().unwrap();
    let stops: [fn(&Postgres) -> std::io::Result<()>; 2] = [Postgres::stop, Postgres::kill];
    for stop in stops {
        stop(&server).unwrap();
        assert!(TcpStream::connect(("127.0.0.1", server.port())).is_err());
        server.start_again().unwrap();
        assert_ne!(server.copy_database(&url).unwrap(), url);
    }
    let port = server.port();
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "it outlives its value");
}

#[test]
fn two_have_nothing_in_common() {
    let (one, two) = (Postgres::start(Postgres::FAST).unwrap(), Postgres::start(Postgres::FAST).unwrap());
    assert_ne!(one.port(), two.port());
    assert_eq!(one.durability().unwrap(), "fsync=off synchronous_commit=off");
    one.create_database().unwrap();
    assert!(two.copy_database(&one.url("test0")).is_err());
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the process that ends is this test once more, which must know of it"
)]
fn it_ends_with_its_process_however_that_ends() {
    const ADDRESS_FILE: &str = "FOURFOLD_SERVERS_ADDRESS_FILE";
    if let Some(file) = std::env::var_os(ADDRESS_FILE) {
        let server = Postgres::start(Postgres::FAST).unwrap();
        let folder = server.sql("postgres", "SHOW data_directory").unwrap();
        std::fs::write(file, format!("{}\n{folder}", server.port())).unwrap();
        std::process::abort();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres::it_ends_with_its_process_however_that_ends"])
        .env(ADDRESS_FILE, file.path())
        .output()
        .unwrap();
    assert!(!ended.status.success(), "it came to its end in order");
    let written = std::fs::read_to_string(file.path()).unwrap();
    let (port, folder) = written.split_once('\n').expect("it was aborted once it had a server");
    let until = Instant::now() + Duration::from_secs(20);
    let port: u16 = port.parse().unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() || Path::new(folder).exists() {
        assert!(Instant::now() < until, "it outlives its process");
        thread::sleep(Duration::from_millis(10));
    }
}
