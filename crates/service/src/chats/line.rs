//! Who writes to a conversation, and who waits to, in the order in which they came.
//!
//! Who stands first has the turn. Each place is a lease: who doesn't renew it has died, and the next one moves up. A
//! ticket is given once, so that whoever has lost his place can't write under it any more.

use std::time::Duration;

use fourfold_domain::ConversationId;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The most that may stand in one line.
const PLACES_MAX: usize = 64;

/// A place in the line of one conversation; later ones are higher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// In the line of which conversation.
    pub conversation: ConversationId,
    /// Its number there.
    pub number: u64,
}

/// The line of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// How many tickets were given so far.
    pub tickets: u64,
    /// Who stands there, the first first.
    pub places: Vec<Place>,
}

/// One who stands in a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The number of his ticket.
    pub ticket: u64,
    /// Until when he stands there, unless he says that he still does.
    pub until: Timestamp,
}

impl Line {
    /// The places as they are written down; nothing where nobody stands there.
    pub(crate) fn written(&self) -> Option<&Vec<Place>> {
        Some(&self.places).filter(|places| !places.is_empty())
    }

    /// Takes a place, or keeps the one that the ticket is for; nothing where the line is too long. Those whose time is
    /// over are gone before that.
    pub fn enter(&mut self, ticket: Option<u64>, now: Timestamp, lease: Duration) -> Option<u64> {
        self.places.retain(|place| place.until > now || Some(place.ticket) == ticket);
        let until = now.after(lease);
        if let Some(place) = self.places.iter_mut().find(|place| Some(place.ticket) == ticket) {
            place.until = until;
            return ticket;
        }
        if self.places.len() >= PLACES_MAX {
            return None;
        }
        self.tickets += 1;
        self.places.push(Place { ticket: self.tickets, until });
        Some(self.tickets)
    }

    /// Whether somebody stands there whose time isn't over.
    pub fn is_busy(&self, now: Timestamp) -> bool {
        self.places.iter().any(|place| place.until > now)
    }

    /// Whether the turn is this ticket's.
    pub fn is_first(&self, ticket: u64) -> bool {
        self.places.first().is_some_and(|place| place.ticket == ticket)
    }

    /// Stays there for so long from now on; false where the place is lost.
    pub fn renew(&mut self, ticket: u64, now: Timestamp, lease: Duration) -> bool {
        let place = self.places.iter_mut().find(|place| place.ticket == ticket);
        place.map(|place| place.until = now.after(lease)).is_some()
    }

    /// Leaves, if he still stands there.
    pub fn leave(&mut self, ticket: u64) {
        self.places.retain(|place| place.ticket != ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::default().after(Duration::from_secs(seconds))
    }

    #[test]
    fn the_turn_goes_on_in_the_order_of_arrival() {
        let mut line = Line::default();
        let all = [0, 1, 2].map(|second| line.enter(None, at(second), LEASE).unwrap());
        for ticket in all {
            assert_eq!(all.map(|other| line.is_first(other)), all.map(|other| other == ticket));
            line.leave(ticket);
        }
        assert!(!line.is_busy(at(3)));
    }

    #[test]
    fn who_comes_again_keeps_his_place() {
        let mut line = Line::default();
        let [first, second] = [0, 1].map(|second| line.enter(None, at(second), LEASE).unwrap());
        assert_eq!(line.enter(Some(first), at(2), LEASE), Some(first));
        assert!(line.is_first(first) && !line.is_first(second));
        assert_eq!(line.places.len(), 2);
    }

    #[test]
    fn who_has_died_loses_his_place_to_the_next() {
        let mut line = Line::default();
        let [dead, second] = [0, 20].map(|second| line.enter(None, at(second), LEASE).unwrap());
        assert!(line.renew(second, at(29), LEASE));
        assert!(line.is_first(dead));
        assert_eq!(line.enter(Some(second), at(30), LEASE), Some(second));
        assert!(line.is_first(second));
        assert!(!line.renew(dead, at(31), LEASE));
        let again = line.enter(Some(dead), at(31), LEASE).unwrap();
        assert!(again > second, "a ticket is given once");
    }

    #[test]
    fn who_is_late_keeps_his_place_as_long_as_nobody_else_came() {
        let mut line = Line::default();
        let late = line.enter(None, at(0), LEASE).unwrap();
        assert!(!line.is_busy(at(30)));
        assert!(line.is_first(late) && line.renew(late, at(40), LEASE));
    }

    #[test]
    fn a_line_has_an_end() {
        let mut line = Line::default();
        let places = (0..=PLACES_MAX).map(|_| line.enter(None, at(0), LEASE)).filter(Option::is_some);
        assert_eq!(places.count(), PLACES_MAX);
    }
}
