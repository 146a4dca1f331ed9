//! Who writes to a conversation, and who waits to, in the order in which they came.
//!
//! Who stands first has the turn. Each place is a lease: who doesn't renew it has died, and the next one moves up. A
//! ticket is given once, so that whoever has lost his place can't write under it any more.

use std::time::Duration;

use fourfold_domain::{CallId, ConversationId};
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
    /// The call of his turn.
    pub call: CallId,
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
    pub fn enter(
        &mut self,
        call: CallId,
        ticket: Option<u64>,
        now: Timestamp,
        lease: Duration,
    ) -> Option<u64> {
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
        self.places.push(Place { ticket: self.tickets, call, until });
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

    /// Whether the turn may be this ticket's: nobody stands before it whose time isn't over.
    pub fn may_be_next(&self, ticket: u64, now: Timestamp) -> bool {
        self.places.iter().take_while(|place| place.ticket != ticket).all(|place| place.until <= now)
    }

    /// Whether somebody stands before this place, or before one that is taken now, whose time isn't over.
    pub fn has_before(&self, ticket: Option<Ticket>, now: Timestamp) -> bool {
        match ticket {
            Some(ticket) => !self.may_be_next(ticket.number, now),
            None => self.is_busy(now),
        }
    }

    /// Whether this call has a place.
    pub fn has_place_of(&self, call: CallId) -> bool {
        self.places.iter().any(|place| place.call == call)
    }

    /// The place of this call is free, if it has one.
    pub fn leave_of(&mut self, call: CallId) {
        self.places.retain(|place| place.call != call);
    }

    /// Leaves, if he still stands there.
    pub fn leave(&mut self, ticket: u64) {
        self.places.retain(|place| place.ticket != ticket);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn enter(line: &mut Line, ticket: Option<u64>, now: Timestamp, lease: Duration) -> Option<u64> {
        line.enter(CallId::new(Uuid::now_v7()), ticket, now, lease)
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::default().after(Duration::from_secs(seconds))
    }

    #[test]
    fn the_turn_goes_on_in_the_order_of_arrival() {
        let mut line = Line::default();
        let all = [0, 1, 2].map(|second| enter(&mut line, None, at(second), LEASE).unwrap());
        for ticket in all {
            assert_eq!(all.map(|other| line.is_first(other)), all.map(|other| other == ticket));
            line.leave(ticket);
        }
        assert!(!line.is_busy(at(3)));
    }

    #[test]
    fn who_comes_again_keeps_his_place() {
        let mut line = Line::default();
        let [first, second] = [0, 1].map(|second| enter(&mut line, None, at(second), LEASE).unwrap());
        assert_eq!(enter(&mut line, Some(first), at(2), LEASE), Some(first));
        assert!(line.is_first(first) && !line.is_first(second));
        assert_eq!(line.places.len(), 2);
    }

    #[test]
    fn who_has_died_loses_his_place_to_the_next() {
        let mut line = Line::default();
        let [dead, second] = [0, 20].map(|second| enter(&mut line, None, at(second), LEASE).unwrap());
        assert!(line.renew(second, at(29), LEASE));
        assert!(line.is_first(dead));
        assert_eq!(enter(&mut line, Some(second), at(30), LEASE), Some(second));
        assert!(line.is_first(second));
        assert!(!line.renew(dead, at(31), LEASE));
        let again = enter(&mut line, Some(dead), at(31), LEASE).unwrap();
        assert!(again > second, "a ticket is given once");
    }

    #[test]
    fn who_is_late_keeps_his_place_as_long_as_nobody_else_came() {
        let mut line = Line::default();
        let late = enter(&mut line, None, at(0), LEASE).unwrap();
        assert!(!line.is_busy(at(30)));
        assert!(line.is_first(late) && line.renew(late, at(40), LEASE));
    }

    #[test]
    fn who_looks_sees_when_it_may_be_his_turn() {
        let mut line = Line::default();
        let [first, second, third] =
            [0, 1, 2].map(|second| enter(&mut line, None, at(second), LEASE).unwrap());
        assert!(line.may_be_next(first, at(3)) && !line.may_be_next(second, at(3)));
        assert!(line.may_be_next(second, at(30)) && !line.may_be_next(third, at(30)));
        line.leave(first);
        assert!(line.may_be_next(second, at(3)) && !line.may_be_next(third, at(3)));
    }

    #[test]
    fn a_call_gives_its_place_up_whatever_its_ticket_is() {
        let mut line = Line::default();
        let call = CallId::new(Uuid::now_v7());
        let ticket = line.enter(call, None, at(0), LEASE).unwrap();
        let next = enter(&mut line, None, at(0), LEASE).unwrap();
        line.leave_of(call);
        assert!(!line.is_first(ticket) && line.is_first(next));
    }

    #[test]
    fn a_line_has_an_end() {
        let mut line = Line::default();
        let places = (0..=PLACES_MAX).map(|_| enter(&mut line, None, at(0), LEASE)).filter(Option::is_some);
        assert_eq!(places.count(), PLACES_MAX);
    }
}
