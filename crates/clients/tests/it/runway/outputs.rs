use std::time::Duration;

use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::runway::{RunwayApi, RunwayClient};
use fourfold_simulator::{Simulator, Timings};
use futures_util::{StreamExt, TryStreamExt};

use super::support::{check_followed, client_of, generation, simulated};
use crate::support::{Reply, Server, soon};

/// A video that was made, by its URL.
async fn output(client: &RunwayClient) -> String {
    let id = client.create_generation(&generation()).await.unwrap().id;
    client.get_generation_status(&id).await.unwrap().output.unwrap().remove(0)
}

/// The simulator's media are where its API is, and not public.
async fn made() -> (Simulator, RunwayClient, String) {
    let (simulator, client) = simulated();
    let url = output(&client).await;
    (simulator, client, url)
}

#[tokio::test]
async fn an_output_is_read_as_it_comes_and_without_the_key() {
    let (reply, pipe) = Reply::piped();
    let server = Server::start([reply]).await;
    let media = client_of(&server).download(&format!("{}/out.mp4?_jwt=a.b", server.url())).await.unwrap();
    check_followed(&server.only_received(), "GET /out.mp4?_jwt=a.b");
    let mut pieces = media.body.into_data_stream();
    for piece in ["one", "two"] {
        pipe.send(piece);
        assert_eq!(soon(pieces.next()).await.unwrap().unwrap(), piece);
    }
    drop(pipe);
    assert!(soon(pieces.next()).await.is_none());
}

#[tokio::test]
async fn an_output_that_is_dropped_is_closed() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx";
    let (reply, closed) = Reply::raw(head).then_await_close();
    let server = Server::start([reply]).await;
    drop(client_of(&server).download(&server.url()).await.unwrap());
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn the_simulators_video_is_found_behind_redirects_until_its_link_expires() {
    let (simulator, client, url) = made().await;
    simulator.set_timings(Timings { link_redirects: 1, ..Timings::default() });
    let media = client.download(&output(&client).await).await.unwrap();
    assert_eq!(media.media_type.as_deref(), Some("video/mp4"));
    let film: Vec<_> = media.body.into_data_stream().try_collect().await.unwrap();
    assert_eq!(film.concat()[4..8], *b"ftyp");
    simulator.advance(Duration::from_secs(25 * 60 * 60));
    assert_eq!(client.download(&url).await.unwrap_err().status().unwrap().as_u16(), 403);
}

#[tokio::test]
async fn an_output_that_is_cut_ends_with_an_error() {
    let (simulator, client, url) = made().await;
    simulator.fault("GET /_media/*", "cut=100").unwrap();
    let media = client.download(&url).await.unwrap();
    let error = media.body.into_data_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

#[tokio::test]
async fn links_to_the_inside_and_to_no_host_are_not_followed() {
    let other = Server::start([]).await;
    let server = Server::start([Reply::redirect(302, &other.url())]).await;
    let client = client_of(&server);
    for (url, kind, effect) in [
        (other.url(), ErrorKind::AddressRefused, Effect::NotStarted),
        (server.url(), ErrorKind::AddressRefused, Effect::MayHaveStarted),
        ("/v1/organization".to_owned(), ErrorKind::InvalidRequest, Effect::NotStarted),
        ("file:///etc/passwd".to_owned(), ErrorKind::InvalidRequest, Effect::NotStarted),
    ] {
        let error = client.download(&url).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{url}");
    }
    assert_eq!((server.received().len(), other.connections()), (1, 0));
}
