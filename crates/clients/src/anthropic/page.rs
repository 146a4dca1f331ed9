//! Pages of lists.

use crate::http::Call;

/// Which page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// How many items at most, from 1 to 1000. The vendor's default is 20.
    pub limit: Option<u32>,
    /// The id after which it begins.
    pub after_id: Option<String>,
    /// The id before which it ends.
    pub before_id: Option<String>,
}

impl Page {
    pub(super) fn ask<'c>(&self, mut call: Call<'c>) -> Call<'c> {
        if let Some(limit) = self.limit {
            call = call.query("limit", limit);
        }
        if let Some(after_id) = &self.after_id {
            call = call.query("after_id", after_id);
        }
        if let Some(before_id) = &self.before_id {
            call = call.query("before_id", before_id);
        }
        call
    }
}
