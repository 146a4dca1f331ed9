//! Server-sent events: the grammar, in whatever pieces it comes.

use bytes::Bytes;
use fourfold_clients::http::{ErrorKind, Event, EventReader};
use futures_util::StreamExt;

use crate::support::{Reply, Server, builder, client, soon, timeless};

/// Reads the text in pieces of that many bytes.
fn read(text: &[u8], piece_bytes: usize) -> Vec<Event> {
    let mut reader = EventReader::new(1 << 20);
    let mut events = Vec::new();
    for piece in text.chunks(piece_bytes) {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(event) = reader.next_event(&mut piece).unwrap() {
            events.push(event);
        }
        assert!(piece.is_empty());
    }
    events.extend(reader.end().unwrap());
    events
}

/// Checks name and data of all events, for every size of pieces.
fn check(text: &str, expected: &[(&str, &str)]) {
    for piece_bytes in 1..=text.len().max(1) {
        let events = read(text.as_bytes(), piece_bytes);
        let seen: Vec<_> = events.iter().map(|event| (event.name(), event.text())).collect();
        let expected: Vec<_> = expected.iter().map(|(name, data)| ((*name).into(), (*data).into())).collect();
        assert_eq!(seen, expected, "{text:?} in pieces of {piece_bytes}");
    }
}

#[test]
fn an_event_is_what_an_empty_line_ends() {
    check("data: a\n\ndata: b\n\n", &[("message", "a"), ("message", "b")]);
    check("event: start\ndata: {}\n\ndata: x\n\n", &[("start", "{}"), ("message", "x")]);
    check("\n\n\ndata:a\n\n\n\n", &[("message", "a")]);
}

#[test]
fn lines_end_in_lf_cr_or_crlf() {
    check("data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", &[("message", "a\nb"), ("message", "c")]);
    check("data: a\rdata: b\r\rdata: c\r\r", &[("message", "a\nb"), ("message", "c")]);
    check("data: a\n\rdata: b\r\n\n", &[("message", "a"), ("message", "b")]);
}

#[test]
fn data_of_several_lines_is_joined() {
    check("data: a\ndata:\ndata:  b\n\n", &[("message", "a\n\n b")]);
    check("data\n\n", &[("message", "")]);
    check("data\ndata\n\n", &[("message", "\n")]);
}

#[test]
fn comments_and_unknown_fields_are_passed_over() {
    check(": keep-alive\n\n:\n\ndata: a\n: within\nnonsense: 1\nlonely\n\n", &[("message", "a")]);
    check("event: nothing\n\ndata: a\n\n", &[("message", "a")]);
    check(": only a comment", &[]);
}

#[test]
fn characters_may_be_split_and_a_byte_order_mark_is_dropped() {
    check(
        "\u{feff}data: Grüße 🦀\n\ndata: \u{feff}\n\n",
        &[("message", "Grüße 🦀"), ("message", "\u{feff}")],
    );
    let broken = read(b"data: a\xffb\n\n", 3);
    assert_eq!(broken[0].text(), "a\u{fffd}b");
    assert_eq!(broken[0].data(), &Bytes::from_static(b"a\xffb"));
}

#[test]
fn ids_stay_and_retries_are_read() {
    let events =
        read(b"id: 1\nretry: 250\ndata: a\n\ndata: b\n\nid\nretry: soon\ndata: c\n\nid: \0\ndata: d\n\n", 4);
    let ids: Vec<_> = events.iter().map(|event| event.id().unwrap().into_owned()).collect();
    assert_eq!(ids, ["1", "1", "", ""]);
    let retries: Vec<_> = events.iter().map(|event| event.retry().map(|retry| retry.as_millis())).collect();
    assert_eq!(retries, [Some(250), None, None, None]);
}

#[test]
fn done_is_recognised_with_and_without_its_last_lines() {
    for end in ["", "\n", "\n\n", "\r\n\r\n"] {
        let events = read(format!("data: {{}}\n\ndata: [DONE]{end}").as_bytes(), 5);
        assert_eq!(events.iter().map(Event::is_done).collect::<Vec<_>>(), [false, true], "{end:?}");
    }
}

#[test]
fn an_event_that_is_cut_is_an_error() {
    for cut in ["data: {\"a\":", "data: a\n\ndata", "data: a\ndata: b", "event: x"] {
        let mut reader = EventReader::new(100);
        let mut piece = Bytes::from(cut);
        while reader.next_event(&mut piece).unwrap().is_some() {}
        assert_eq!(reader.end().unwrap_err().kind(), ErrorKind::Interrupted, "{cut}");
    }
}

#[test]
fn an_event_over_the_limit_is_an_error_however_it_comes() {
    let texts =
        [format!("data: {}\n\n", "x".repeat(100)), "data: x\n".repeat(20), format!(":{}", "x".repeat(101))];
    for text in texts {
        for piece_bytes in [1, 7, text.len()] {
            let mut reader = EventReader::new(100);
            let mut pieces = text.as_bytes().chunks(piece_bytes);
            let error = pieces.find_map(|piece| reader.next_event(&mut Bytes::copy_from_slice(piece)).err());
            assert_eq!(error.unwrap().kind(), ErrorKind::TooLarge, "{piece_bytes}");
        }
    }
    let many_small = "data: 0123456789\n\n".repeat(50);
    assert_eq!(read(many_small.as_bytes(), 64).len(), 50);
}

#[test]
fn an_event_shows_its_size_and_not_its_words() {
    let events = read(b"event: delta\ndata: a user's words\n\n", 99);
    assert_eq!(format!("{:?}", events[0]), "Event { name: \"delta\", data_bytes: 14, .. }");
    assert_eq!((events[0].name(), events[0].retry(), events[0].id()), ("delta".into(), None, None));
}

#[tokio::test]
async fn events_reach_the_reader_as_they_come() {
    let (reply, pipe) = Reply::piped();
    let server = Server::start([reply]).await;
    let mut events = client(&server).get("/").events().await.unwrap();
    assert_eq!(server.only_received().header("accept"), Some("text/event-stream"));
    pipe.send("data: {\"n\":1}\n\ndata: {\"n\"");
    let first = soon(events.next()).await.unwrap().unwrap();
    assert_eq!(first.json::<serde_json::Value>().unwrap()["n"], 1);
    pipe.send(":2}\n");
    pipe.send("\n");
    assert_eq!(soon(events.next()).await.unwrap().unwrap().text(), "{\"n\":2}");
    pipe.send("data: [DONE]\n\n");
    assert!(soon(events.next()).await.unwrap().unwrap().is_done());
    drop(pipe);
    assert!(soon(events.next()).await.is_none());
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_in_an_error() {
    let (head, event) = ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "9\r\ndata: a\n\n\r\n");
    let server = Server::start([Reply::raw(format!("{head}{event}")).then_close()]).await;
    let mut events = client(&server).get("/").events().await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().text(), "a");
    assert_eq!(events.next().await.unwrap().unwrap_err().kind(), ErrorKind::Interrupted);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_event_over_the_settings_limit_closes_the_connection() {
    let large = format!("HTTP/1.1 200 OK\r\n\r\ndata: {}", "x".repeat(5000));
    let (reply, closed) = Reply::raw(large).then_await_close();
    let server = Server::start([reply]).await;
    let mut settings = timeless();
    settings.event_bytes_max = 1024;
    let mut events = builder(&server).settings(settings).build().unwrap().get("/").events().await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(events.next().await.is_none());
    soon(closed).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_event_stream_is_an_error() {
    let json = [("Content-Type", "application/json"), ("x-request-id", "r1")];
    let server = Server::start([Reply::status(200, &json, "{}")]).await;
    let error = client(&server).get("/").events().await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Decode, 200));
    assert_eq!(error.request_id(), Some("r1"));
}
