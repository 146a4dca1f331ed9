//! Stored results: in whole, in part, by key and by link.

use std::time::Duration;

use fourfold_service::testing::Faults;
use serde_json::Value;

use crate::support::{House, outputs};

const TEXT: &str = "0123456789";

/// A house with a job of `u1` whose result 0 is [`TEXT`], and the paths of that: by job, and by link.
async fn stored() -> (House, [String; 2]) {
    let house = House::new().await;
    let job = house.make("u1", outputs(&[("image/png", TEXT)])).await;
    let paths = [by_job(&job, 0), by_link(&job, 0)];
    (house, paths)
}

pub(super) fn by_job(job: &Value, index: usize) -> String {
    format!("/api/v1/jobs/{}/artifacts/{index}", job["id"].as_str().unwrap())
}

pub(super) fn by_link(job: &Value, index: usize) -> String {
    let url = job["artifacts"][index]["url"].as_str().unwrap();
    url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
}

#[tokio::test]
async fn a_result_is_read_whole() {
    let (house, paths) = stored().await;
    for path in paths {
        let answer = house.get(&path).by("u1").answer().await;
        assert_eq!((answer.status, answer.text().as_str()), (200, TEXT));
        let sha256 = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
        let expected = [
            ("content-type", "image/png"),
            ("content-length", "10"),
            ("accept-ranges", "bytes"),
            ("etag", &format!("\"{sha256}\"")),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cache-control", "private, max-age=3600"),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
    }
}

#[tokio::test]
async fn only_what_can_not_run_script_is_shown_in_place() {
    let house = House::new().await;
    let kinds = [
        ("image/png", "inline", "png"),
        ("video/mp4", "inline", "mp4"),
        ("audio/mpeg", "inline", "mp3"),
        ("image/svg+xml", "attachment", "bin"),
        ("text/html", "attachment", "bin"),
        ("text/plain", "attachment", "txt"),
        ("application/json", "attachment", "json"),
        ("application/xhtml+xml", "attachment", "bin"),
        ("IMAGE/SVG+XML", "attachment", "bin"),
    ];
    let results = kinds.map(|(media_type, ..)| (media_type, "<script>alert(1)</script>"));
    let job = house.make("u1", outputs(&results)).await;
    let id = job["id"].as_str().unwrap();
    for (index, (media_type, disposition, extension)) in kinds.into_iter().enumerate() {
        for path in [by_job(&job, index), by_link(&job, index)] {
            let answer = house.get(&path).by("u1").answer().await;
            let expected = format!("{disposition}; filename=\"{id}-{index}.{extension}\"");
            assert_eq!(answer.header("content-disposition"), Some(expected.as_str()));
            assert_eq!(answer.header("content-type"), Some(media_type));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; sandbox"));
        }
    }
}

#[tokio::test]
async fn a_range_is_that_part() {
    let (house, paths) = stored().await;
    let cases = [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=4-", "456789", "bytes 4-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"),
        ("bytes=9-9", "9", "bytes 9-9/10"),
    ];
    for (range, text, content_range) in cases {
        for path in &paths {
            let answer = house.get(path).by("u1").header("range", range).answer().await;
            assert_eq!((answer.status, answer.text().as_str()), (206, text), "{range}");
            assert_eq!(answer.header("content-range"), Some(content_range));
            assert_eq!(answer.header("content-length"), Some(text.len().to_string().as_str()));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        }
    }
    for path in &paths {
        let ask = house.get(path).by("u1").header("range", "bytes=10-");
        let answer = ask.check(416, "range_not_satisfiable", Some("Range")).await;
        assert_eq!(answer.header("content-range"), Some("bytes */10"));
        assert_eq!(answer.header("content-disposition"), None);
    }
}

#[tokio::test]
async fn a_range_of_another_version_is_answered_whole() {
    let (house, [path, _]) = stored().await;
    let etag = house.get(&path).by("u1").answer().await.header("etag").unwrap().to_owned();
    for (if_range, status) in [(etag.as_str(), 206), ("\"other\"", 200), (&format!("W/{etag}"), 200)] {
        let ask = house.get(&path).by("u1").header("range", "bytes=0-3").header("if-range", if_range);
        assert_eq!(ask.answer().await.status, status, "{if_range}");
    }
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again() {
    let (house, paths) = stored().await;
    for path in paths {
        let etag = house.get(&path).by("u1").answer().await.header("etag").unwrap().to_owned();
        let ask =
            house.get(&path).by("u1").header("if-none-match", "\"other\"").header("if-none-match", &etag);
        let answer = ask.answer().await;
        assert_eq!((answer.status, answer.body.len()), (304, 0));
        assert_eq!(answer.header("etag"), Some(etag.as_str()));
        let ask = house.get(&path).by("u1").header("if-none-match", "\"other\"");
        assert_eq!(ask.answer().await.status, 200);
    }
}

#[tokio::test]
async fn a_head_reads_nothing_from_the_store() {
    let (house, paths) = stored().await;
    let account = fourfold_service::testing::account_subject("u1");
    let account = house.state.credits.account(&account).await.unwrap().unwrap().id;
    let job = paths[0].split('/').nth(4).unwrap();
    house.parts.storage.delete(&format!("{account}/{job}/0.png")).await.unwrap();
    for path in paths {
        house.get(&path).by("u1").check(404, "not_found", None).await;
        let answer = house.head(&path).by("u1").answer().await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
        assert_eq!(answer.header("content-length"), Some("10"));
        assert_eq!(answer.header("content-type"), Some("image/png"));
        assert!(answer.header("etag").is_some());
    }
}

#[tokio::test]
async fn a_place_that_is_no_place_is_named() {
    let (house, [path, _]) = stored().await;
    let place = |index: &str| format!("{}{index}", path.strip_suffix('0').unwrap());
    for wrong in ["x", "-1", "4294967296", "%ff"] {
        let answer = house.get(&place(wrong)).by("u1").answer().await;
        assert_eq!((answer.status, answer.code().as_deref()), (400, Some("malformed")), "{wrong}");
    }
    house.get(&place("1")).by("u1").check(404, "not_found", None).await;
    house.get(&path).by("u2").check(404, "not_found", None).await;
}

#[tokio::test]
async fn a_link_works_for_anybody_until_it_expires() {
    let (house, [_, link]) = stored().await;
    assert_eq!(house.get(&link).answer().await.text(), TEXT);
    house.clock.advance(Duration::from_secs(24 * 60 * 60));
    house.get(&link).check(404, "not_found", None).await;
}

#[tokio::test]
async fn an_altered_link_finds_nothing() {
    let (house, [_, link]) = stored().await;
    let token = link.strip_prefix("/files/").unwrap();
    for at in 0..token.len() {
        let mut altered = token.to_owned().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        house.get(&format!("/files/{altered}")).check(404, "not_found", None).await;
    }
    for wrong in ["x", "%ff", "..%2f..%2fx", &token[1..], &format!("{token}A")] {
        house.get(&format!("/files/{wrong}")).check(404, "not_found", None).await;
    }
}

#[tokio::test]
async fn a_result_that_the_database_lost_is_not_found() {
    let faults = Faults { forget_artifacts: true, ..Faults::default() };
    let house = House::with(crate::support::Plan { faults, ..Default::default() }).await;
    let job = house.make("u1", outputs(&[("image/png", TEXT)])).await;
    house.get(&by_job(&job, 0)).by("u1").check(404, "not_found", None).await;
}
