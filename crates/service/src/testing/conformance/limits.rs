//! What shared limits must do. Time is real here, and short: whoever is told to wait waits as long as it was told.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::suite::{Broken, Failures, Rule, Verdict, broken, holds, rules, run, same};
use crate::ports::{Permits, Rate, SharedLimits, Taking};

/// Two handles on the same limits, as two processes have them; of one process it may be the same twice.
pub type Handles = [Arc<dyn SharedLimits>; 2];

/// Runs every rule, each over limits of which nothing is taken.
pub async fn shared_limits(make: impl AsyncFn() -> Handles) -> Result<usize, Failures> {
    run(rules(), make).await
}

fn rules() -> Vec<Rule<Handles>> {
    rules!(
        no_more_are_granted_than_there_are,
        what_was_taken_is_free_again_when_it_was_told,
        what_was_taken_for_longer_counts_for_longer,
        keys_know_nothing_of_each_other,
        fewer_than_the_least_are_not_taken,
        nobody_waits_for_more_than_there_can_ever_be,
        who_takes_learns_what_is_left,
        what_is_given_back_can_be_taken_again,
        no_span_holds_more_than_allowed_whoever_takes,
        they_say_that_they_are_there,
    )
}

/// Long enough that nothing is free again before a rule has ended.
const LONG: Rate = Rate { count: 10, per: Duration::from_secs(600) };

/// Short enough to be waited for.
const SHORT: Rate = Rate { count: 10, per: Duration::from_secs(1) };

/// What a permit may count longer than the span: the time to use it in, a hundredth, and the milliseconds' rounding.
const WITHIN: Duration = Duration::from_millis(50);

fn up_to(rate: Rate, most: u32) -> Taking {
    Taking { rate, least: 1, most, used_within: WITHIN }
}

async fn taken(limits: &Arc<dyn SharedLimits>, taking: Taking) -> Result<u32, Broken> {
    match limits.take("a", taking).await? {
        Permits::Granted { count, .. } => Ok(count),
        Permits::After(wait) => broken(format!("none is free for {wait:?}")),
    }
}

async fn refused(limits: &Arc<dyn SharedLimits>, taking: Taking) -> Result<Duration, Broken> {
    match limits.take("a", taking).await? {
        Permits::After(wait) => Ok(wait),
        Permits::Granted { count, .. } => broken(format!("{count} were granted")),
    }
}

/// Takes as soon as it may; tells when it asked for them, and how many it got.
async fn await_permits(limits: &Arc<dyn SharedLimits>, taking: Taking) -> Result<(Instant, u32), Broken> {
    loop {
        let asked_at = Instant::now();
        match limits.take("a", taking).await? {
            Permits::Granted { count, .. } => return Ok((asked_at, count)),
            Permits::After(wait) => sleep(wait).await,
        }
    }
}

/// Whoever asks, and however many are wanted.
pub async fn no_more_are_granted_than_there_are([one, other]: Handles) -> Verdict {
    same("the first", taken(&one, up_to(LONG, 4)).await?, 4)?;
    same("of the other", taken(&other, up_to(LONG, 4)).await?, 4)?;
    same("what is left", taken(&one, up_to(LONG, 4)).await?, 2)?;
    refused(&one, up_to(LONG, 1)).await?;
    refused(&other, up_to(LONG, 4)).await?;
    Ok(())
}

/// And no earlier than the span asks for.
pub async fn what_was_taken_is_free_again_when_it_was_told([one, other]: Handles) -> Verdict {
    let before = Instant::now();
    taken(&one, up_to(SHORT, 10)).await?;
    let wait = refused(&other, up_to(SHORT, 1)).await?;
    let most = SHORT.per + WITHIN + SHORT.per / 100 + Duration::from_millis(2);
    holds(&format!("{wait:?} is too long"), wait <= most)?;
    let free_after = before.elapsed() + wait;
    holds(&format!("{free_after:?} is too early"), free_after >= SHORT.per + WITHIN)?;
    sleep(wait).await;
    same("after that", taken(&other, up_to(SHORT, 10)).await?, 10)
}

/// Whatever is taken after it for a shorter time.
pub async fn what_was_taken_for_longer_counts_for_longer([one, other]: Handles) -> Verdict {
    let before = Instant::now();
    taken(&one, Taking { used_within: SHORT.per, ..up_to(SHORT, 6) }).await?;
    taken(&one, Taking { used_within: Duration::ZERO, ..up_to(SHORT, 3) }).await?;
    sleep(SHORT.per + SHORT.per / 10).await;
    let free = taken(&other, up_to(SHORT, 10)).await?;
    holds(
        &format!("{free} were free after {:?}", before.elapsed()),
        free == 4 || before.elapsed() > SHORT.per * 2,
    )
}

/// However alike they are.
pub async fn keys_know_nothing_of_each_other([one, _other]: Handles) -> Verdict {
    taken(&one, up_to(LONG, 10)).await?;
    for key in ["b", "a:", "A"] {
        same(key, one.take(key, up_to(LONG, 10)).await?, Permits::Granted { count: 10, left: 0 })?;
    }
    Ok(())
}

/// So that what weighs more than is left waits, and takes nothing from what weighs less.
pub async fn fewer_than_the_least_are_not_taken([one, other]: Handles) -> Verdict {
    taken(&one, up_to(SHORT, 3)).await?;
    let later = taken(&one, up_to(SHORT, 3)).await?;
    let heavy = Taking { least: 8, ..up_to(SHORT, 8) };
    refused(&other, heavy).await?;
    same("what weighs less", taken(&one, up_to(SHORT, 4)).await? + later, 7)?;
    same("what weighs more", await_permits(&other, heavy).await?.1, 8)
}

/// The whole is the most that anything weighs.
pub async fn nobody_waits_for_more_than_there_can_ever_be([one, _other]: Handles) -> Verdict {
    same("the whole", taken(&one, Taking { least: 50, ..up_to(LONG, 50) }).await?, 10)
}

/// To the others too.
pub async fn who_takes_learns_what_is_left([one, other]: Handles) -> Verdict {
    same("the first", one.take("a", up_to(LONG, 3)).await?, Permits::Granted { count: 3, left: 7 })?;
    same("the other", other.take("a", up_to(LONG, 2)).await?, Permits::Granted { count: 2, left: 5 })
}

/// By whom it may be, and never more than was taken.
pub async fn what_is_given_back_can_be_taken_again([one, other]: Handles) -> Verdict {
    taken(&one, up_to(LONG, 6)).await?;
    taken(&other, up_to(LONG, 4)).await?;
    one.give_back("a", LONG, 3).await?;
    same("what came back", taken(&other, up_to(LONG, 10)).await?, 3)?;
    one.give_back("a", LONG, 100).await?;
    one.give_back("b", LONG, 5).await?;
    same("all of it", taken(&other, up_to(LONG, 100)).await?, 10)?;
    refused(&one, up_to(LONG, 1)).await.map(drop)
}

/// As those see it who use what they took, at any time while they may.
pub async fn no_span_holds_more_than_allowed_whoever_takes(handles: Handles) -> Verdict {
    const TAKERS: usize = 8;
    const USES: usize = 40;
    let takers: JoinSet<Result<Vec<Instant>, Broken>> = (0..TAKERS)
        .map(|taker| {
            let limits = handles[taker % 2].clone();
            async move {
                let mut uses = Vec::new();
                while uses.len() < USES / TAKERS {
                    let (asked_at, count) =
                        await_permits(&limits, up_to(SHORT, 1 + taker as u32 % 3)).await?;
                    let (now, last) = (Instant::now(), asked_at + WITHIN);
                    // Some use them at once, others as late as they may; too late nobody does.
                    let used_at = if taker % 3 == 0 { last } else { now };
                    if now <= last {
                        uses.extend((0..count).map(|_| used_at));
                    }
                }
                Ok(uses)
            }
        })
        .collect();
    let mut uses = Vec::new();
    for taker in takers.join_all().await {
        uses.extend(taker?);
    }
    uses.sort_unstable();
    holds(&format!("only {} were used", uses.len()), uses.len() >= USES / TAKERS * TAKERS)?;
    for span in uses.windows(SHORT.count as usize + 1) {
        let length = span[SHORT.count as usize] - span[0];
        holds(&format!("{} uses within {length:?}", span.len()), length >= SHORT.per)?;
    }
    Ok(())
}

/// As readiness asks.
pub async fn they_say_that_they_are_there([one, other]: Handles) -> Verdict {
    same("one's health", one.health().await, Ok(()))?;
    same("the other's", other.health().await, Ok(()))
}
