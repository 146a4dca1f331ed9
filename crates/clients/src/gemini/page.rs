//! Lists in pages.

use crate::http::Call;

/// Which page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// How many at most. The vendor's default is 50 models, 10 files.
    pub size: Option<u32>,
    /// The `next_page_token` of the page before.
    pub token: Option<String>,
}

impl Page {
    pub(super) fn ask<'c>(&self, mut call: Call<'c>) -> Call<'c> {
        if let Some(size) = self.size {
            call = call.query("pageSize", size);
        }
        if let Some(token) = &self.token {
            call = call.query("pageToken", token);
        }
        call
    }
}
