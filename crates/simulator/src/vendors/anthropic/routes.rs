//! What can be asked of Anthropic: the same list as `routes/anthropic.txt`.

use super::{messages, models};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/messages", messages::create).paid(),
    Route::post("/v1/messages/count_tokens", messages::count_input_tokens),
    Route::get("/v1/models", models::list),
    Route::get("/v1/models/{model}", models::get),
];
