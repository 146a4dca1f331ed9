//! What can be asked of Anthropic: the same list as `routes/anthropic.txt`.

use super::{batches, messages, models};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/messages", messages::create).paid(),
    Route::post("/v1/messages/count_tokens", messages::count_input_tokens),
    Route::post("/v1/messages/batches", batches::create).paid(),
    Route::get("/v1/messages/batches", batches::list),
    Route::get("/v1/messages/batches/{id}", batches::get),
    Route::delete("/v1/messages/batches/{id}", batches::delete),
    Route::post("/v1/messages/batches/{id}/cancel", batches::cancel),
    Route::get("/v1/messages/batches/{id}/results", batches::results),
    Route::get("/v1/models", models::list),
    Route::get("/v1/models/{model}", models::get),
];
