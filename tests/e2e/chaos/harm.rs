//! What is done to the processes, to the servers that they use, and to the vendor.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::world::World;
use crate::support::{Random, Reply};

/// The longest pause between two harms.
const PAUSE_MS_MAX: u64 = 800;

/// The longest that anything is taken away.
const GONE_MS_MAX: u64 = 2000;

/// How the vendor misbehaves: it fails, before or after it took the work; it is slow, cut, and it lies.
const FAULTS: [(&str, &str); 15] = [
    ("POST /openai/v1/*", "status=500"),
    ("POST /openai/v1/*", "status=500; accept"),
    ("POST /openai/v1/*", "status=429; retry-after=1"),
    ("POST /openai/v1/*", "status=503; message=overloaded"),
    ("POST /openai/v1/*", "lose"),
    ("POST /openai/v1/*", "cut=100"),
    ("POST /openai/v1/*", "stall=100"),
    ("POST /openai/v1/*", "delay=1s"),
    ("POST /openai/v1/*", "malformed"),
    ("POST /openai/v1/*", "hang=after-body"),
    ("POST /openai/v1/videos", "task=fail"),
    ("GET /openai/v1/*", "status=500"),
    ("GET /openai/v1/*", "status=404"),
    ("GET /openai/v1/*", "cut=50"),
    ("GET /openai/v1/*", "content-type=text/html"),
];

/// How often each was done.
pub(crate) type Harm = BTreeMap<&'static str, usize>;

pub(crate) async fn run(world: &mut World, duration: Duration, random: &mut Random) -> Harm {
    let mut harm = Harm::new();
    let chance = Random::from_seed(random.next());
    world.hooks.answers_by(receiver(chance));
    let until = Instant::now() + duration;
    while Instant::now() < until {
        pause(random, PAUSE_MS_MAX).await;
        world.look();
        let done = match random.below(10) {
            0..4 => kill_one(world, random).await,
            4 => redis(world, random).await,
            5 => postgres(world, random).await,
            6 => storage(world, random).await,
            _ => vendor(world, random).await,
        };
        *harm.entry(done).or_default() += 1;
        for number in 0..world.nodes() {
            world.revive(number).await;
        }
    }
    harm
}

async fn kill_one(world: &mut World, random: &mut Random) -> &'static str {
    let number = usize::try_from(random.below(3)).unwrap();
    world.kill(number).await;
    // Sometimes it stays dead for longer than its leases.
    if random.below(8) == 0 {
        pause(random, 5 * GONE_MS_MAX).await;
    }
    "processes killed"
}

async fn redis(world: &mut World, random: &mut Random) -> &'static str {
    if random.below(2) == 0 {
        world.cluster.redis.lock().unwrap().flush().unwrap();
        return "Redis flushed";
    }
    world.cluster.redis.lock().unwrap().kill().unwrap();
    pause(random, GONE_MS_MAX).await;
    world.cluster.redis.lock().unwrap().start_again().unwrap();
    "Redis killed"
}

async fn postgres(world: &mut World, random: &mut Random) -> &'static str {
    if random.below(2) == 0 {
        world.cluster.postgres.kill().unwrap();
    } else {
        world.cluster.postgres.stop().unwrap();
    }
    // Sometimes for longer than calls have patience with it.
    let times = if random.below(4) == 0 { 10 } else { 1 };
    pause(random, times * GONE_MS_MAX).await;
    world.cluster.postgres.start_again().unwrap();
    "Postgres restarted"
}

async fn storage(world: &mut World, random: &mut Random) -> &'static str {
    world.cluster.s3.refuse(true).unwrap();
    pause(random, GONE_MS_MAX).await;
    world.cluster.s3.refuse(false).unwrap();
    "S3 refusing"
}

async fn vendor(world: &mut World, random: &mut Random) -> &'static str {
    let count = u64::try_from(FAULTS.len()).unwrap();
    let (requests, fault) = FAULTS[usize::try_from(random.below(count)).unwrap()];
    let rule = world.vendor.fault(requests, fault).unwrap();
    pause(random, GONE_MS_MAX).await;
    world.vendor.clear_fault(rule);
    "vendor's faults"
}

/// A receiver of webhooks who refuses some and breaks off over others.
fn receiver(mut random: Random) -> impl FnMut() -> Reply + Send + 'static {
    move || match random.below(10) {
        0..2 => Reply::Status(500),
        2 => Reply::Cut,
        _ => Reply::Status(200),
    }
}

/// Not waiting for anything: the moment is the chance.
async fn pause(random: &mut Random, ms_max: u64) {
    tokio::time::sleep(Duration::from_millis(random.below(ms_max))).await;
}
