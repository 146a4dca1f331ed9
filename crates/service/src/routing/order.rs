//! The order in which the choices of a route are asked, and when those who wait come again.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Route, RouteChoice};
use uuid::Uuid;

/// The most by which a wait is made longer.
const SPREAD_MAX: Duration = Duration::from_secs(10);

/// The choices by their ranks; those of one rank by lot, each first as often as its weight says. The same lot
/// gives the same order.
pub(super) fn in_order(route: &Route, lot: Uuid) -> Vec<&Arc<RouteChoice>> {
    let mut drawn: Vec<_> = (0u64..)
        .zip(route.choices())
        .map(|(index, choice)| (choice.rank, wait(lot, index) / f64::from(choice.weight.max(1)), choice))
        .collect();
    drawn.sort_by(|(rank, wait, _), (other_rank, other_wait, _)| {
        rank.cmp(other_rank).then(wait.total_cmp(other_wait))
    });
    drawn.into_iter().map(|(_, _, choice)| choice).collect()
}

/// Where among so many a lot begins.
pub(super) fn first_of(lot: Uuid, count: usize) -> usize {
    let drawn = mix(lot, u64::MAX) % u64::try_from(count.max(1)).unwrap_or(1);
    usize::try_from(drawn).unwrap_or(0)
}

/// A wait that is up to a tenth longer, at most [`SPREAD_MAX`]: those who wait for the same don't come at once.
pub(crate) fn spread(wait: Duration, lot: Uuid) -> Duration {
    wait + (wait / 10).min(SPREAD_MAX).mul_f64(share(lot, u64::MAX))
}

/// How long one of exponentially distributed waits takes: of several, divided by their weights, each is the
/// shortest as often as its weight says.
fn wait(lot: Uuid, index: u64) -> f64 {
    -(1.0 - share(lot, index)).ln()
}

/// From 0 to 1, evenly.
fn share(lot: Uuid, index: u64) -> f64 {
    (mix(lot, index) >> 11) as f64 / (1u64 << 53) as f64
}

/// Even bits from a lot: splitmix64's finish over both halves.
fn mix(lot: Uuid, index: u64) -> u64 {
    let (high, low) = lot.as_u64_pair();
    let mut bits = high.rotate_left(32) ^ low ^ (index.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(name: &str, rank: u32, weight: u32) -> RouteChoice {
        RouteChoice {
            provider: name.parse().unwrap(),
            vendor_model: "m".to_owned(),
            parameters: Vec::new(),
            rank,
            weight,
            cost: None,
        }
    }

    fn order(route: &Route, lot: u128) -> Vec<&str> {
        in_order(route, Uuid::from_u128(lot)).iter().map(|choice| choice.provider.as_str()).collect()
    }

    #[test]
    fn ranks_go_before_lots_and_a_lot_stays() {
        let route = Route::new(choice("c", 3, 1000), vec![choice("a", 1, 1), choice("b", 2, 1)]);
        for lot in 0..100 {
            assert_eq!(order(&route, lot), ["a", "b", "c"]);
        }
        let even = Route::new(choice("a", 1, 1), vec![choice("b", 1, 1)]);
        assert_eq!(order(&even, 7), order(&even, 7));
    }

    #[test]
    fn within_a_rank_each_is_first_as_often_as_its_weight_says() {
        let route = Route::new(choice("a", 1, 3), vec![choice("b", 1, 1)]);
        let lots = 10_000;
        let first = (0..lots).filter(|lot| order(&route, *lot)[0] == "a").count();
        assert!((7_300..7_700).contains(&first), "{first} of {lots}");
    }

    #[test]
    fn credentials_share_evenly() {
        let firsts = (0..10_000).filter(|lot| first_of(Uuid::from_u128(*lot), 2) == 0).count();
        assert!((4_800..5_200).contains(&firsts), "{firsts}");
        assert_eq!(first_of(Uuid::from_u128(5), 0), 0);
    }
}
