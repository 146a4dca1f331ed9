//! How much memory the bodies may take together that are collected before they go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the bodies of requests that are collected may come to together, over as many targets as share it. Clones are one.
#[derive(Clone, Debug)]
pub struct CollectBudget(Arc<Bytes>);

#[derive(Debug)]
struct Bytes {
    held: AtomicUsize,
    most: AtomicUsize,
}

/// What one request holds of it, until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldBytes<'a> {
    budget: Option<&'a CollectBudget>,
    bytes: usize,
}

/// There is no room for more.
#[derive(Debug)]
pub(crate) struct NoRoom;

/// Of any number of bytes.
impl Default for CollectBudget {
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}

impl CollectBudget {
    /// So many bytes at once.
    pub fn new(bytes_max: usize) -> Self {
        Self(Arc::new(Bytes { held: AtomicUsize::new(0), most: AtomicUsize::new(bytes_max) }))
    }

    /// Sets how many bytes there may be. Those above it that are held stay.
    pub fn set_bytes_max(&self, bytes_max: usize) {
        self.0.most.store(bytes_max, Ordering::Relaxed);
    }

    /// The bytes that are held now.
    pub fn held_bytes(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }
}

impl<'a> HeldBytes<'a> {
    /// Nothing yet; without a budget, any number of bytes has room.
    pub(crate) fn of(budget: Option<&'a CollectBudget>) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Holds so many more.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let Some(CollectBudget(all)) = self.budget else { return Ok(()) };
        let before = all.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        // What is too much is given back when this is dropped.
        if before + bytes > all.most.load(Ordering::Relaxed) { Err(NoRoom) } else { Ok(()) }
    }
}

impl Drop for HeldBytes<'_> {
    fn drop(&mut self) {
        if let Some(CollectBudget(all)) = self.budget {
            all.held.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_and_given_back() {
        let budget = CollectBudget::new(10);
        let (mut one, mut other) = (HeldBytes::of(Some(&budget)), HeldBytes::of(Some(&budget)));
        one.hold(4).unwrap();
        other.hold(6).unwrap();
        one.hold(1).unwrap_err();
        drop(one);
        assert_eq!(budget.held_bytes(), 6);
        budget.set_bytes_max(5);
        HeldBytes::of(Some(&budget)).hold(1).unwrap_err();
        drop(other);
        assert_eq!(budget.held_bytes(), 0);
        HeldBytes::of(None).hold(usize::MAX).unwrap();
    }
}
