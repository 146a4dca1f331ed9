//! Lists, page by page.

use std::collections::HashSet;

use fourfold_service::keys::KeyKind;

use crate::support::House;
use crate::support::rules::operations;

/// Every list, and how many it has in [`full`].
const LISTS: [(&str, usize); 5] = [
    ("/api/v1/jobs", 25),
    ("/api/v1/credits/entries", 26),
    ("/api/v1/admin/accounts/u1/entries", 26),
    ("/api/v1/admin/accounts", 25),
    ("/api/v1/admin/keys", 27),
];

/// A house in which each list has some pages.
async fn full() -> House {
    let house = House::new().await;
    for number in 0..25 {
        house.submit("u1").await;
        house.key(KeyKind::Service, None).await;
        let user = fourfold_service::testing::account_subject(&format!("user-{number}"));
        if number < 23 {
            house.state.credits.grant(user, "1".parse().unwrap(), None, None).await.unwrap();
        }
    }
    house
}

async fn page(house: &House, list: &str, query: &str) -> (Vec<String>, Option<String>) {
    let ask = house.get(&format!("{list}?{query}")).key(&house.admin).header("fourfold-user", "u1");
    let page = ask.ok(200).await;
    let ids = page["data"].as_array().unwrap().iter();
    let ids = ids.map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    (ids, page["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn the_cursor_walks_through_all_once_and_backwards_in_time() {
    let house = full().await;
    for (list, count) in LISTS {
        for limit in [1, 10, 25, 100] {
            let (mut ids, mut cursor) = page(&house, list, &format!("limit={limit}")).await;
            while let Some(from) = cursor {
                let (more, next) = page(&house, list, &format!("limit={limit}&cursor={from}")).await;
                assert!((1..=limit).contains(&more.len()), "{list} {limit}");
                ids.extend(more);
                cursor = next;
            }
            assert_eq!(ids.len(), count, "{list} {limit}");
            assert_eq!(ids.iter().collect::<HashSet<_>>().len(), count, "{list} {limit}");
            assert!(ids.is_sorted_by(|newer, older| newer > older), "{list} {limit}");
        }
    }
}

#[tokio::test]
async fn a_page_has_20_unless_it_is_told() {
    let house = full().await;
    for (list, _) in LISTS {
        let (ids, cursor) = page(&house, list, "").await;
        assert_eq!((ids.len(), cursor.as_ref()), (20, ids.last()), "{list}");
    }
}

#[tokio::test]
async fn a_page_has_bounds() {
    let house = House::new().await;
    for (list, _) in LISTS {
        for (query, param) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=x", "limit"),
            ("limit=", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=", "cursor"),
            ("cursor=..%2Fx", "cursor"),
            ("limit=1&limit=2", "query"),
        ] {
            let ask = house.get(&format!("{list}?{query}")).key(&house.admin).header("fourfold-user", "u1");
            ask.check(400, "malformed", Some(param)).await;
        }
    }
}

#[tokio::test]
async fn a_name_that_a_query_does_not_take_is_refused_with_those_that_it_does() {
    let house = House::new().await;
    let mut asked = 0;
    for operation in operations().into_iter().filter(|operation| operation.path.starts_with("/api/")) {
        let parameters = operation.document["parameters"].as_array();
        let in_query = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query");
        let names: Vec<_> = in_query.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        if names.is_empty() {
            continue;
        }
        let path = operation.path.replace("{account}", "u1");
        let ask = || house.ask(operation.method.clone(), &format!("{path}?sort=&{}=", names[0]));
        ask().check(401, "invalid_api_key", None).await;
        let ask = ask().key(&house.admin).header("fourfold-user", "u1");
        let answer = ask.check(422, "invalid_parameter", Some("sort")).await;
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains(&names.join(", ")), "{path}: {message}");
        asked += 1;
    }
    assert!(asked > LISTS.len(), "{asked}");
    house.get("/api/v1/jobs?state=failed").by("u1").check(422, "invalid_parameter", Some("state")).await;
}
