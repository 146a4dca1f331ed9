//! The rate limit of a credential that several processes share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourfold_clients::http::{
    AuthScheme, BaseHttpClient, ErrorKind, Permits, PermitsOnTheirWay, RateLimitSettings, SharedRateLimit,
    TakenPermits, WantedPermits,
};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::{Instant, advance, sleep, sleep_until};

use crate::observe::Lines;
use crate::support::{Reply, Server, builder, timeless};

/// What all processes count by.
#[derive(Default)]
struct Others {
    processes: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    manner: Manner,
    /// Until when permits count, and how many.
    taken: Vec<(Instant, u32)>,
    /// What was asked for, by which names.
    asked: Vec<u32>,
    used_within: Vec<Duration>,
    names: Vec<String>,
}

#[derive(Clone, Default)]
enum Manner {
    #[default]
    Answers,
    /// An answer comes once the semaphore lets it.
    Holds(Arc<Semaphore>),
    /// An answer takes so long.
    Slow(Duration),
    Fails,
    Silent,
}

impl Others {
    fn of(processes: u32) -> Arc<Self> {
        Arc::new(Self { processes, ..Self::default() })
    }

    fn set(&self, manner: Manner) {
        self.state.lock().unwrap().manner = manner;
    }

    fn asked(&self) -> Vec<u32> {
        self.state.lock().unwrap().asked.clone()
    }
}

impl SharedRateLimit for Others {
    fn take(&self, credential: &str, wanted: WantedPermits) -> PermitsOnTheirWay {
        let mut state = self.state.lock().unwrap();
        state.asked.push(wanted.most);
        state.used_within.push(wanted.used_within);
        state.names.push(credential.to_owned());
        let now = Instant::now();
        let permits = |state: &mut State| {
            state.taken.retain(|(until, _)| *until > now);
            let used: u32 = state.taken.iter().map(|(_, count)| count).sum();
            if used >= wanted.calls {
                return Permits::After(state.taken[0].0 - now);
            }
            let granted = wanted.most.min(wanted.calls - used);
            state.taken.push((now + wanted.used_within + wanted.per, granted));
            Permits::Granted(granted)
        };
        match state.manner.clone() {
            Manner::Answers => {
                let taken = TakenPermits { permits: permits(&mut state), took: Duration::ZERO };
                Box::pin(std::future::ready(Ok(taken)))
            }
            Manner::Holds(semaphore) => {
                let permits = permits(&mut state);
                Box::pin(async move {
                    semaphore.acquire().await.unwrap().forget();
                    Ok(TakenPermits { permits, took: now.elapsed() })
                })
            }
            Manner::Slow(took) => {
                let permits = permits(&mut state);
                Box::pin(async move {
                    sleep_until(now + took).await;
                    Ok(TakenPermits { permits, took })
                })
            }
            Manner::Fails => Box::pin(std::future::ready(Err("it is gone".into()))),
            Manner::Silent => Box::pin(std::future::pending()),
        }
    }

    fn processes(&self) -> u32 {
        self.processes
    }
}

async fn answering(count: usize) -> Server {
    Server::start((0..count).map(|_| Reply::ok(""))).await
}

fn process(server: &Server, others: &Arc<Others>, calls: u32, wait_max_s: u64) -> BaseHttpClient {
    let (per, wait_max) = (Duration::from_secs(10), Duration::from_secs(wait_max_s));
    process_with(server, others, RateLimitSettings { calls, per, wait_max })
}

fn process_with(server: &Server, others: &Arc<Others>, limit: RateLimitSettings) -> BaseHttpClient {
    let mut settings = timeless();
    settings.rate_limit = Some(limit);
    let client = builder(server).settings(settings).shared_rate_limit(others.clone());
    client.auth(AuthScheme::Bearer("one".to_owned().into())).build().unwrap()
}

async fn call(client: &BaseHttpClient) {
    client.get("/").send().await.unwrap();
}

fn began_ms(server: &Server) -> Vec<u128> {
    let times = server.times();
    times.iter().map(|at| (*at - times[0]).as_millis()).collect()
}

#[tokio::test(start_paused = true)]
async fn no_window_holds_more_calls_of_all_processes_than_allowed() {
    let (server, others) = (answering(8).await, Others::of(2));
    let processes = [process(&server, &others, 3, 60), process(&server, &others, 3, 60)];
    join_all((0..8).map(|number| call(&processes[number % 2]))).await;
    // A permit counts half a second longer than the window, since it may be used that late.
    assert_eq!(began_ms(&server), [0, 0, 0, 10_500, 10_500, 10_500, 21_000, 21_000]);
    let names = others.state.lock().unwrap().names.clone();
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
    assert!(!names[0].contains("one"));
}

#[tokio::test(start_paused = true)]
async fn many_calls_take_their_permits_in_blocks() {
    let (server, others) = (answering(500).await, Others::of(2));
    let client = process(&server, &others, 1000, 0);
    for _ in 0..500 {
        call(&client).await;
    }
    assert_eq!(others.asked(), [1, 2, 4, 8, 16, 32, 64, 100, 100, 100, 100]);
}

#[tokio::test(start_paused = true)]
async fn few_calls_take_no_more_permits_than_they_use() {
    let (server, others) = (answering(20).await, Others::of(2));
    let client = process(&server, &others, 100, 0);
    for _ in 0..20 {
        call(&client).await;
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(others.asked(), [1; 20]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_wait_too_long_for_the_others_fails_and_says_how_long() {
    let (server, others) = (answering(3).await, Others::of(2));
    let (one, other) = (process(&server, &others, 3, 5), process(&server, &others, 3, 5));
    for _ in 0..3 {
        call(&one).await;
    }
    advance(Duration::from_secs(2)).await;
    for _ in 0..2 {
        let error = other.get("/").send().await.unwrap_err();
        let told = (error.kind(), error.retry_after());
        assert_eq!(told, (ErrorKind::RateLimited, Some(Duration::from_millis(8500))));
    }
    assert_eq!(others.asked().len(), 4, "what was told is remembered");
}

#[tokio::test(start_paused = true)]
async fn one_behind_more_than_a_window_fails_at_once() {
    let (server, others) = (answering(3).await, Others::of(1));
    let client = process(&server, &others, 1, 25);
    call(&client).await;
    let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(client.get("/").send())).collect();
    for call in &mut waiting {
        assert!(call.now_or_never().is_none());
    }
    let error = client.get("/").send().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_millis(30_500)));
    join_all(waiting).await.into_iter().for_each(|outcome| _ = outcome.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_by_one_who_left_goes_to_the_next() {
    let (server, others) = (answering(1).await, Others::of(2));
    let client = process(&server, &others, 1, 5);
    let answers = Arc::new(Semaphore::new(0));
    others.set(Manner::Holds(answers.clone()));
    let mut leaver = Box::pin(client.get("/").send());
    let mut stayer = Box::pin(client.get("/").send());
    assert!((&mut leaver).now_or_never().is_none() && (&mut stayer).now_or_never().is_none());
    drop(leaver);
    answers.add_permits(1);
    stayer.await.unwrap();
    assert_eq!(others.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn one_who_leaves_while_it_waits_is_not_waited_for() {
    let (server, others) = (answering(2).await, Others::of(2));
    let client = process(&server, &others, 1, 25);
    call(&client).await;
    let mut leaver = Box::pin(client.get("/").send());
    let mut stayer = Box::pin(client.get("/").send());
    assert!((&mut leaver).now_or_never().is_none() && (&mut stayer).now_or_never().is_none());
    drop(leaver);
    stayer.await.unwrap();
    assert_eq!(began_ms(&server), [0, 10_500]);
}

#[tokio::test(start_paused = true)]
async fn permits_that_nobody_uses_in_time_are_not_used() {
    let (server, others) = (answering(3).await, Others::of(2));
    let client = process(&server, &others, 20, 0);
    call(&client).await;
    call(&client).await;
    sleep(Duration::from_millis(501)).await;
    call(&client).await;
    assert_eq!(others.asked(), [1, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn alone_a_process_keeps_to_its_share_and_asks_once_a_second() {
    let lines = Lines::start();
    let (server, others) = (answering(6).await, Others::of(2));
    let client = process(&server, &others, 4, 60);
    others.set(Manner::Fails);
    // The share is two.
    join_all((0..4).map(|_| call(&client))).await;
    assert_eq!(began_ms(&server), [0, 0, 10_000, 10_000]);
    assert!((10..=12).contains(&others.asked().len()), "{:?}", others.asked());

    others.set(Manner::Answers);
    sleep(Duration::from_secs(1)).await;
    join_all((0..2).map(|_| call(&client))).await;
    assert_eq!(began_ms(&server)[4..], [11_000, 11_000]);
    let (gone, back) = (lines.with("keeps to its share"), lines.with("is shared again"));
    assert_eq!((gone.len(), back.len()), (1, 1), "each change is told once");
    assert!(gone[0].contains("WARN") && gone[0].contains("it is gone"), "{gone:?}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_passed_before_count_for_the_share() {
    let (server, others) = (answering(4).await, Others::of(2));
    let client = process(&server, &others, 6, 60);
    call(&client).await;
    call(&client).await;
    others.set(Manner::Fails);
    join_all((0..2).map(|_| call(&client))).await;
    assert_eq!(began_ms(&server), [0, 0, 0, 10_000]);
}

#[tokio::test(start_paused = true)]
async fn a_share_that_is_used_up_keeps_nobody_out_once_the_others_can_be_asked() {
    let (server, others) = (answering(3).await, Others::of(2));
    let client = process(&server, &others, 4, 5);
    others.set(Manner::Fails);
    // The share is two.
    join_all((0..2).map(|_| call(&client))).await;
    let refused = client.get("/").send().await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::RateLimited), "{refused:?}");
    others.set(Manner::Answers);
    sleep(Duration::from_secs(2)).await;
    call(&client).await;
    assert_eq!(began_ms(&server), [0, 0, 2000]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_answer_that_does_not_come_but_the_first() {
    let (server, others) = (answering(3).await, Others::of(1));
    let client = process(&server, &others, 10, 0);
    others.set(Manner::Silent);
    for _ in 0..3 {
        call(&client).await;
    }
    assert_eq!(began_ms(&server), [0, 0, 0]);
    assert_eq!(others.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn each_credential_is_counted_by_itself() {
    let (server, others) = (answering(2).await, Others::of(2));
    let client = process(&server, &others, 1, 0);
    let other = AuthScheme::Bearer("two".to_owned().into());
    call(&client).await;
    others.state.lock().unwrap().taken.clear();
    client.get("/").auth(&other).send().await.unwrap();
    let state = others.state.lock().unwrap();
    assert_ne!(state.names[0], state.names[1]);
}

#[tokio::test(start_paused = true)]
async fn answers_that_take_longer_than_permits_are_kept_cost_one_wait() {
    let lines = Lines::start();
    let (server, others) = (answering(20).await, Others::of(2));
    let processes = [process(&server, &others, 8, 60), process(&server, &others, 8, 60)];
    let took = Duration::from_millis(600);
    others.set(Manner::Slow(took));
    for number in 0..20 {
        call(&processes[number % 2]).await;
    }
    // The first answer to each is lost: permits are kept for half a second until it is known how long answers take.
    let began = began_ms(&server);
    let mut within = others.state.lock().unwrap().used_within.clone();
    within.dedup();
    assert_eq!(within, [500, 1000, 500, 1000].map(Duration::from_millis));
    for window in began.windows(9) {
        assert!(window[8] - window[0] >= 10_000, "{began:?}");
    }
    assert_eq!(lines.with("keeps to its share"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_asked_in_time_keeps_to_its_share_until_answers_are_fast_again() {
    let lines = Lines::start();
    let (server, others) = (answering(60).await, Others::of(2));
    let per = Duration::from_millis(400);
    let limit = RateLimitSettings { calls: 2, per, wait_max: Duration::from_secs(60) };
    let client = process_with(&server, &others, limit);
    let told = || [lines.with("keeps to its share").len(), lines.with("is shared again").len()];
    // Permits are never kept for longer than the span.
    others.set(Manner::Slow(Duration::from_millis(500)));
    for _ in 0..20 {
        call(&client).await;
    }
    assert_eq!(told(), [1, 0]);
    others.set(Manner::Slow(Duration::from_millis(300)));
    for _ in 0..20 {
        call(&client).await;
    }
    assert_eq!(told(), [1, 0], "what is just in time would be too late the next time");
    others.set(Manner::Slow(Duration::from_millis(150)));
    for _ in 0..20 {
        call(&client).await;
    }
    assert_eq!(told(), [1, 1]);
}
