//! What can be asked of OpenAI: the same list as `routes/openai.txt`.

use super::{chat, images};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/chat/completions", chat::complete).paid(),
    Route::post("/v1/images/generations", images::generate).paid(),
    Route::post("/v1/images/edits", images::edit).paid(),
];
