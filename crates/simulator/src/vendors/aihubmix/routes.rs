//! What can be asked of AIHubMix: the same list as `routes/aihubmix.txt`.

use super::super::openai::{embeddings, models, responses, transcriptions::translate};
use super::{catalog, chat, images, messages, speech, transcriptions, videos};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/chat/completions", chat::complete).paid(),
    Route::post("/v1/responses", responses::create).paid(),
    Route::post("/v1/messages", messages::create).paid(),
    Route::post("/v1/embeddings", embeddings::embed).paid(),
    Route::post("/v1/images/generations", images::generate).paid(),
    Route::post("/v1/images/edits", images::edit).paid(),
    Route::post("/v1/models/{vendor}/{model}/predictions", images::predict).paid(),
    Route::get("/v1/tasks/{id}", images::task),
    Route::post("/v1/videos", videos::create).paid(),
    Route::get("/v1/videos/{id}", videos::get),
    Route::delete("/v1/videos/{id}", videos::delete),
    Route::get("/v1/videos/{id}/content", videos::content),
    Route::post("/v1/videos/{id}/remix", videos::remix).paid(),
    Route::post("/v1/audio/speech", speech::speak).paid(),
    Route::post("/v1/audio/transcriptions", transcriptions::transcribe).paid(),
    Route::post("/v1/audio/translations", translate).paid(),
    Route::get("/v1/models", models::list),
    Route::get("/api/v1/models", catalog::list).open(),
];
