//! Postgres.

use std::net::TcpStream;

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
