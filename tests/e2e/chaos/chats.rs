//! Callers who chat, in streams, and count what they were told.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::callers::pick;
use super::world::World;
use crate::support::{Api, Random, run};

/// How many accounts the chats belong to.
const ACCOUNTS: usize = 5;

const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What the callers of one account saw.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Told {
    /// Chats that were asked for.
    pub(crate) asked: usize,
    /// Those whose end was seen: charged, all of them.
    pub(crate) ended: usize,
}

pub(crate) struct Chats {
    tasks: Vec<(usize, JoinHandle<Told>)>,
    stop: watch::Sender<bool>,
}

pub(crate) fn user(number: usize) -> String {
    format!("talker-{number}")
}

pub(crate) async fn start(world: &World, chats: usize) -> Chats {
    for number in 0..ACCOUNTS {
        world.admin().grant(&user(number), "1000000").await;
    }
    let (stop, _) = watch::channel(false);
    let tasks = (0..chats).map(|number| {
        let account = number % ACCOUNTS;
        let talk = talk(world.answering(), stop.subscribe(), user(account), u64::try_from(number).unwrap());
        (account, run(talk))
    });
    Chats { tasks: tasks.collect(), stop }
}

impl Chats {
    /// Lets them begin no more, and gives what each account was told.
    pub(crate) async fn end(self) -> Vec<Told> {
        self.stop.send_replace(true);
        let mut told = vec![Told::default(); ACCOUNTS];
        let (accounts, tasks): (Vec<_>, Vec<_>) = self.tasks.into_iter().unzip();
        for (account, seen) in accounts.into_iter().zip(join_all(tasks).await) {
            let seen = seen.unwrap();
            told[account].asked += seen.asked;
            told[account].ended += seen.ended;
        }
        told
    }
}

async fn talk(
    nodes: watch::Receiver<Vec<Api>>,
    stop: watch::Receiver<bool>,
    user: String,
    seed: u64,
) -> Told {
    let mut random = Random::from_seed(seed);
    let mut told = Told::default();
    while !*stop.borrow() {
        let Some(api) = pick(&nodes, &mut random) else {
            tokio::time::sleep(AGAIN_AFTER).await;
            continue;
        };
        let message = json!({"role": "user", "content": format!("Where do the foxes of {user} live?")});
        let body = json!({"model": "talk", "stream": true, "max_tokens": 200, "messages": [message]});
        let asked = api.user(&user).post("/v1/chat/completions", &body);
        told.asked += 1;
        let Some(mut events) = asked.try_events().await else {
            tokio::time::sleep(AGAIN_AFTER).await;
            continue;
        };
        // Some leave before the end.
        let patience = if random.below(10) == 0 { 3 } else { usize::MAX };
        let mut seen = 0;
        while let Some(Ok(event)) = events.next().await {
            seen += 1;
            if event.is_done() {
                told.ended += 1;
            }
            if seen >= patience {
                break;
            }
        }
    }
    told
}
