//! The row-level policies of `docs/supabase.md`, as they stand there, in the schema that the page makes.

use fourfold_service::backends::PostgresStore;
use fourfold_service::chats::BegunTurn;
use fourfold_service::ports::{AccountStore as _, ChatStore as _};
use fourfold_service::testing::{begin_turn, end_turn};

use super::{House, open};
use crate::ledger::grant;

const PAGE: &str = include_str!("../../../../../docs/supabase.md");

/// What a Supabase project has of its own.
const PROJECT: &str = "CREATE ROLE anon; CREATE ROLE authenticated; CREATE SCHEMA auth; \
     GRANT USAGE ON SCHEMA auth TO anon, authenticated; \
     CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE \
     AS $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$; \
     CREATE TABLE todo (id BIGINT); GRANT SELECT ON todo TO authenticated; INSERT INTO todo VALUES (7)";

const USERS: [&str; 2] = ["0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d", "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1e"];

/// What stands in the page after one text and before another.
fn of_the_page(after: &str, before: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(after).unwrap();
    rest.split_once(before).unwrap().0
}

fn policies() -> &'static str {
    of_the_page("```sql\n", "```")
}

/// Fourfold in a project, as the page says.
async fn in_a_project(house: &House) -> PostgresStore {
    house.sql(PROJECT);
    house.sql(of_the_page("made once:\n\n", "\n\n"));
    let schema = of_the_page("DATABASE_URL=\"postgres://…/postgres?", "\"");
    open(&format!("{}?{schema}", house.url)).await
}

/// As the project's API asks for one of its users.
fn by(user: &str, sql: &str) -> String {
    format!("SET ROLE authenticated; SET request.jwt.claim.sub = '{user}'; {sql}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_shows_a_supabase_user_his_own_conversations_and_nothing_else() {
    let house = House::new();
    let store = in_a_project(&house).await;
    for (user, conversation) in USERS.into_iter().zip(["c1", "c2"]) {
        store.grant(grant(user, "10", &format!("grant:{user}"))).await.unwrap();
        let begun = store.begin_turn(begin_turn(user, conversation, "0.5")).await.unwrap();
        let BegunTurn::Begun { ticket, call, .. } = begun else { panic!("{begun:?}") };
        let end = end_turn(conversation, (ticket, call.id), "0.2", Some(conversation));
        store.end_turn(end).await.unwrap();
    }
    // The second time is that after an update.
    for _ in 0..2 {
        house.sql(policies());
    }
    let seen = |user: &str, sql: &str| house.sql(&by(user, sql));
    for (user, conversation) in USERS.into_iter().zip(["c1", "c2"]) {
        assert_eq!(seen(user, "SELECT external_id FROM fourfold.conversation"), conversation);
        let contents = "SELECT string_agg(content, ' ' ORDER BY number) FROM fourfold.message";
        assert_eq!(seen(user, contents), format!("Where? {conversation}"));
        assert_eq!(seen(user, "SELECT external_id FROM fourfold.account"), user);
    }
    assert_eq!(seen("", "SELECT count(*) FROM fourfold.message"), "0");
    for refused in [
        "SELECT * FROM fourfold.account",
        "SELECT 1 FROM fourfold.entry",
        "DELETE FROM fourfold.message",
        "SELECT 1 FROM fourfold.api_key",
        "SELECT system FROM fourfold.conversation",
        "SELECT line FROM fourfold.conversation",
        "SELECT tickets FROM fourfold.conversation",
        "SELECT call FROM fourfold.message",
    ] {
        assert!(house.server.sql(&house.url, &by(USERS[0], refused)).is_err(), "{refused}");
    }
    let anonymous = house.server.sql(&house.url, "SET ROLE anon; SELECT 1 FROM fourfold.message");
    assert!(anonymous.is_err());
    // Fourfold itself works on.
    store.begin_turn(begin_turn(USERS[0], "c3", "0.5")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_policies_leave_the_projects_own_tables_as_they_are() {
    let house = House::new();
    in_a_project(&house).await;
    let named = "SET LOCAL search_path = fourfold";
    for wrong in ["SET LOCAL search_path = public", "SET LOCAL search_path = nowhere", ""] {
        assert!(policies().contains(named));
        let policies = policies().replace(named, wrong);
        assert!(house.server.sql(&house.url, &policies).is_err(), "{wrong}");
    }
    house.sql(policies());
    assert_eq!(house.sql(&by(USERS[0], "SELECT id FROM todo")), "7");
}
