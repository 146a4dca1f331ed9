//! When a delivery that failed is tried again.

use std::time::Duration;

/// The longest that a receiver may ask to be left alone.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How much longer than planned a wait may be by chance, so that what failed together doesn't come back together.
const JITTER: f64 = 0.1;

/// How long after its `failures`th failure in a row a delivery is tried again; nothing where the schedule has come
/// to its end. A receiver who asks for a longer wait gets it, up to a day. `random` is from 0 to 1.
pub(super) fn next_wait(
    schedule: &[Duration],
    failures: u32,
    retry_after: Option<Duration>,
    random: f64,
) -> Option<Duration> {
    let index = usize::try_from(failures.checked_sub(1)?).ok()?;
    let wait = schedule.get(index)?.mul_f64(1.0 + JITTER * random.clamp(0.0, 1.0));
    Some(wait.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::WebhookSettings;

    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    #[test]
    fn the_waits_grow_to_a_day_and_end() {
        let schedule = WebhookSettings::default().schedule;
        let waits: Vec<_> = (1..=10).map(|failures| next_wait(&schedule, failures, None, 0.0)).collect();
        let planned = [
            5 * SECOND,
            300 * SECOND,
            1800 * SECOND,
            2 * HOUR,
            5 * HOUR,
            10 * HOUR,
            14 * HOUR,
            20 * HOUR,
            24 * HOUR,
        ];
        let expected: Vec<_> = planned.into_iter().map(Some).chain([None]).collect();
        assert_eq!(waits, expected);
        assert_eq!(next_wait(&schedule, 0, None, 0.0), None);
    }

    #[test]
    fn chance_makes_a_wait_at_most_a_tenth_longer() {
        for (random, expected) in
            [(0.0, 100 * SECOND), (0.5, 105 * SECOND), (1.0, 110 * SECOND), (7.0, 110 * SECOND)]
        {
            assert_eq!(next_wait(&[100 * SECOND], 1, None, random), Some(expected), "{random}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_but_not_for_more_than_a_day() {
        for (retry_after, expected) in
            [(SECOND, 10 * SECOND), (60 * SECOND, 60 * SECOND), (1000 * HOUR, 24 * HOUR)]
        {
            assert_eq!(
                next_wait(&[10 * SECOND], 1, Some(retry_after), 0.0),
                Some(expected),
                "{retry_after:?}"
            );
        }
    }
}
