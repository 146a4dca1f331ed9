//! Named places where a build made for tests dies on purpose, as if the machine had lost power there.
//!
//! Without the feature `failpoints` a place compiles to nothing.

/// The places, in the order in which a job passes them, and after them its webhooks.
pub const FAILPOINTS: [&str; 8] = [
    "after_submit",
    "after_claim",
    "after_begin_attempt",
    "after_vendor_accept",
    "after_record",
    "after_store",
    "after_finish",
    "after_webhook_send",
];

/// The places that a call passes, in their order.
pub const CALL_FAILPOINTS: [&str; 4] =
    ["after_open_call", "after_call_sent", "before_end_call", "after_end_call"];

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::Mutex;

    /// The armed place and how often it is still passed before the process aborts.
    static ARMED: Mutex<Option<(String, u32)>> = Mutex::new(None);

    /// Arms a place: the process aborts when it is reached for the `nth` time, from 1.
    pub fn arm(place: &str, nth: u32) {
        *ARMED.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((place.to_owned(), nth));
    }

    pub(crate) fn reach(place: &str) {
        let mut armed = ARMED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((name, left)) = armed.as_mut()
            && name == place
        {
            *left = left.saturating_sub(1);
            if *left == 0 {
                std::process::abort();
            }
        }
    }
}

#[cfg(feature = "failpoints")]
pub use armed::arm;
#[cfg(feature = "failpoints")]
pub(crate) use armed::reach;

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub(crate) fn reach(_place: &str) {}
