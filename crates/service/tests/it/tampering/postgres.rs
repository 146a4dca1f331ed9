//! Tampering with Postgres.

use fourfold_servers::Postgres;
use fourfold_service::backends::{PostgresSettings, PostgresStore};
use fourfold_service::ports::{AccountStore as _, Audit};

use super::{AMOUNTS, GUARDED, busy, check};

/// Takes every check away. Triggers and foreign keys are passed by a setting.
const NO_CHECKS: &str = "DO $$ DECLARE found record; BEGIN
    FOR found IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
                 WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.place, found.conname);
    END LOOP;
  END $$; SET session_replication_role = replica;";

/// A server with a clean database that nobody is connected to.
struct House {
    server: Postgres,
    clean: String,
}

impl House {
    async fn new() -> Self {
        let server = Postgres::start(Postgres::FAST).unwrap();
        let clean = server.create_database().unwrap();
        assert_eq!(busy(&open(&clean).await).await.findings, Vec::new());
        Self { server, clean }
    }

    /// A copy on which this was done, and what was printed.
    fn changed(&self, sql: &str) -> (String, String) {
        let copy = self.server.copy_database(&self.clean).unwrap();
        let printed = self.server.sql(&copy, sql).unwrap();
        (copy, printed)
    }

    /// A copy on which this was done past triggers, foreign keys and checks, and to how many rows.
    fn tampered(&self, sql: &str) -> (String, usize) {
        let counted = format!("{NO_CHECKS} WITH changed AS ({sql} RETURNING 1) SELECT count(*) FROM changed");
        let (copy, changed) = self.changed(&counted);
        (copy, changed.parse().unwrap())
    }
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(&PostgresSettings::new(url).unwrap()).await.unwrap()
}

async fn audit(url: &str) -> Audit {
    open(url).await.audit().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tampering_is_named_over_postgres() {
    let house = House::new().await;
    check(async |sql| {
        let (copy, changed) = house.tampered(sql);
        (changed, audit(&copy).await)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_in_postgres_whose_guards_are_gone_is_named() {
    let house = House::new().await;
    for guard in ["entry_never_changes", "entry_never_goes"] {
        for gone in
            [format!("DROP TRIGGER {guard} ON entry"), format!("ALTER TABLE entry DISABLE TRIGGER {guard}")]
        {
            let findings = audit(&house.changed(&gone).0).await.findings;
            let [finding] = &findings[..] else { panic!("{gone}: {findings:#?}") };
            assert_eq!((finding.rule, finding.id.as_str()), (GUARDED, guard), "{gone}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_in_postgres_name_the_account_and_the_row() {
    let house = House::new().await;
    let (copy, _changed) = house.tampered("UPDATE entry SET amount = 1 WHERE kind = 'grant'");
    let row = house.server.sql(&copy, "SELECT account || '|' || id FROM entry WHERE kind = 'grant'").unwrap();
    let findings = audit(&copy).await.findings;
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    assert_eq!((finding.rule, format!("{}|{}", finding.account, finding.id)), (AMOUNTS, row));
}
