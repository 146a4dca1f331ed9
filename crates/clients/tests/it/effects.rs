//! The table from failure to effect: whether paid work may exist after it.

use std::time::Duration;

use fourfold_clients::http::{AddressPolicy, BaseHttpClient, ClientError, Effect, ErrorKind};

use crate::support::{Reply, Server, builder, client, timeless};

use Effect::{MayHaveStarted, NotStarted, Started};

async fn paid(server: &Server) -> ClientError {
    client(server).post("/images").json("a cat").paid().no_retry().send().await.unwrap_err()
}

#[tokio::test]
async fn statuses_follow_the_table() {
    let overloaded = "{\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}";
    let table = [
        (400, "", NotStarted),
        (401, "", NotStarted),
        (402, "", NotStarted),
        (404, "", NotStarted),
        (408, "", MayHaveStarted),
        (409, "", NotStarted),
        (422, "", NotStarted),
        (429, "", NotStarted),
        (499, "", NotStarted),
        (500, "", MayHaveStarted),
        (502, "", MayHaveStarted),
        (503, "", MayHaveStarted),
        (503, overloaded, NotStarted),
        (503, "the request was not accepted", NotStarted),
        (504, overloaded, MayHaveStarted),
        (529, "", MayHaveStarted),
        (529, overloaded, NotStarted),
        (301, "", MayHaveStarted),
        (307, "", NotStarted),
    ];
    let server = Server::start(table.map(|(status, body, _)| Reply::status(status, &[], body))).await;
    for (status, body, effect) in table {
        let error = paid(&server).await;
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Status, effect), "{status} {body}");
    }
}

#[tokio::test]
async fn broken_connections_follow_the_table() {
    let cut_answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id\"";
    let table = [
        ("closed before the answer", Reply::close(), ErrorKind::Interrupted),
        (
            "closed within the head",
            Reply::raw("HTTP/1.1 200 OK\r\nConte").then_close(),
            ErrorKind::Interrupted,
        ),
        ("closed within the body", Reply::raw(cut_answer).then_close(), ErrorKind::Interrupted),
        ("not HTTP at all", Reply::raw("nonsense\r\n\r\n").then_close(), ErrorKind::Decode),
    ];
    for (name, reply, kind) in table {
        let server = Server::start([reply]).await;
        let error = paid(&server).await;
        assert_eq!((error.kind(), error.effect()), (kind, MayHaveStarted), "{name}");
    }
}

#[tokio::test]
async fn a_refused_connection_started_nothing() {
    let port = {
        let gone = Server::start([]).await;
        gone.port()
    };
    // Nobody listens there once the server has gone and its port was given back.
    tokio::task::yield_now().await;
    let client =
        BaseHttpClient::builder(format!("http://127.0.0.1:{port}")).settings(timeless()).build().unwrap();
    let error = client.post("/").paid().no_retry().send().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Connect, NotStarted));
    let request = http::Request::get(format!("http://127.0.0.1:{port}/")).body(Default::default()).unwrap();
    let error = client.exchange(request).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Connect, NotStarted));
}

#[tokio::test]
async fn what_was_never_sent_started_nothing() {
    let server = Server::start([]).await;
    let base = client(&server);
    let below = BaseHttpClient::builder("http://vendor.test/v1").build().unwrap();
    let local = format!("http://localhost:{}/", server.port());
    let table = [
        ("an address that is refused", base.post("http://127.0.0.1:1/").addresses(AddressPolicy::PublicOnly)),
        ("a name that is refused", base.post(&local).addresses(AddressPolicy::PublicOnly)),
        ("a wrong header", base.post("/").header(http::header::ACCEPT, "\n")),
        ("a path that climbs", below.post("../v2")),
        ("a path that climbs and comes back nearly", below.post("../v1x")),
    ];
    for (name, call) in table {
        let error = call.paid().send().await.unwrap_err();
        assert_eq!(error.effect(), NotStarted, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_started_work() {
    let server = Server::start([Reply::ok("{\"id\": \"a user's words\"}")]).await;
    let answer = client(&server).post("/").paid().send().await.unwrap();
    #[derive(serde::Deserialize, Debug)]
    struct Task {
        #[expect(dead_code, reason = "it is never read, since it can't be")]
        id: u32,
    }
    let error = answer.json::<Task>().unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Decode, Started));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "another value than expected at id");
    assert!(!format!("{error:?} {error}").contains("user's words"));
}

#[tokio::test]
async fn a_stream_that_breaks_after_its_first_piece_started_work() {
    for (sent, effect) in [("", MayHaveStarted), ("5\r\nhello\r\n", Started)] {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let server = Server::start([Reply::raw(format!("{head}{sent}")).then_close()]).await;
        let answer = client(&server).post("/").paid().stream().await.unwrap();
        let mut body = answer.into_body().into_data_stream();
        let error = loop {
            match futures_util::StreamExt::next(&mut body).await.unwrap() {
                Ok(piece) => assert_eq!(piece, "hello"),
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Interrupted, effect));
    }
}

/// A connection that was kept and has died since is found out before anything is written on it, or the request is
/// given back unsent; either way it goes out on a new one, and only once.
#[tokio::test]
async fn a_kept_connection_that_died_costs_nothing() {
    let server = Server::start([Reply::ok("1").then_close(), Reply::ok("2")]).await;
    let client = client(&server);
    client.post("/").paid().send().await.unwrap();
    // The close is there as soon as the server has dropped its end, which it does before it can see this.
    tokio::time::timeout(Duration::from_secs(20), async {
        while server.open_connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    // The client's end hears of it when the runtime looks at its sockets next.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let answer = client.post("/").paid().no_retry().send().await.unwrap();
    assert_eq!(answer.text().unwrap(), "2");
    assert_eq!(server.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_effect_of_a_call_is_the_most_of_its_tries() {
    let server = Server::start([Reply::close(), Reply::status(400, &[], "")]).await;
    let error = builder(&server).build().unwrap().get("/").send().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.effect()), (400, MayHaveStarted));
}
