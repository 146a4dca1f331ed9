//! The row-level policies of `docs/supabase.md`, as they stand there.

use fourfold_service::chats::BegunTurn;
use fourfold_service::ports::{AccountStore as _, ChatStore as _};
use fourfold_service::testing::{begin_turn, end_turn};

use super::House;
use crate::ledger::grant;

const PAGE: &str = include_str!("../../../../../docs/supabase.md");

/// What a Supabase project has of its own.
const PROJECT: &str = "CREATE ROLE anon; CREATE ROLE authenticated; CREATE SCHEMA auth; \
     GRANT USAGE ON SCHEMA auth TO anon, authenticated; \
     CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE \
     AS $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;";

const USERS: [&str; 2] = ["0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d", "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1e"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_shows_a_supabase_user_his_own_conversations_and_nothing_else() {
    let house = House::new();
    let store = house.open().await;
    for (user, conversation) in USERS.into_iter().zip(["c1", "c2"]) {
        store.grant(grant(user, "10", &format!("grant:{user}"))).await.unwrap();
        let begun = store.begin_turn(begin_turn(user, conversation, "0.5")).await.unwrap();
        let BegunTurn::Begun { ticket, call, .. } = begun else { panic!("{begun:?}") };
        let end = end_turn(conversation, (ticket, call.id), "0.2", Some(conversation));
        store.end_turn(end).await.unwrap();
    }
    house.sql(PROJECT);
    let (_, policies) = PAGE.split_once("```sql\n").unwrap();
    house.sql(policies.split_once("```").unwrap().0);
    let seen = |user: &str, sql: &str| {
        house.sql(&format!("SET ROLE authenticated; SET request.jwt.claim.sub = '{user}'; {sql}"))
    };
    for (user, conversation) in USERS.into_iter().zip(["c1", "c2"]) {
        assert_eq!(seen(user, "SELECT external_id FROM conversation"), conversation);
        let contents = seen(user, "SELECT string_agg(content, ' ' ORDER BY number) FROM message");
        assert_eq!(contents, format!("Where? {conversation}"));
        assert_eq!(seen(user, "SELECT external_id FROM account"), user);
    }
    assert_eq!(seen("", "SELECT count(*) FROM message"), "0");
    for refused in
        ["SELECT * FROM account", "SELECT 1 FROM entry", "DELETE FROM message", "SELECT 1 FROM api_key"]
    {
        let sql = format!("SET ROLE authenticated; SET request.jwt.claim.sub = '{}'; {refused}", USERS[0]);
        assert!(house.server.sql(&house.url, &sql).is_err(), "{refused}");
    }
    let anonymous = house.server.sql(&house.url, "SET ROLE anon; SELECT 1 FROM message");
    assert!(anonymous.is_err());
    // Fourfold itself works on.
    store.begin_turn(begin_turn(USERS[0], "c3", "0.5")).await.unwrap();
}
