//! What can be asked of OpenAI: the same list as `routes/openai.txt`.

use super::{chat, embeddings, files, images, models, responses, speech, transcriptions, videos};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/chat/completions", chat::complete).paid(),
    Route::post("/v1/embeddings", embeddings::embed).paid(),
    Route::post("/v1/images/generations", images::generate).paid(),
    Route::post("/v1/images/edits", images::edit).paid(),
    Route::post("/v1/audio/speech", speech::speak).paid(),
    Route::post("/v1/audio/transcriptions", transcriptions::transcribe).paid(),
    Route::post("/v1/audio/translations", transcriptions::translate).paid(),
    Route::post("/v1/videos", videos::create).paid(),
    Route::get("/v1/videos", videos::list),
    Route::get("/v1/videos/{id}", videos::get),
    Route::delete("/v1/videos/{id}", videos::delete),
    Route::get("/v1/videos/{id}/content", videos::content),
    Route::post("/v1/videos/{id}/remix", videos::remix).paid(),
    Route::post("/v1/videos/edits", videos::edit).paid(),
    Route::post("/v1/videos/extensions", videos::extend).paid(),
    Route::post("/v1/files", files::create),
    Route::get("/v1/files", files::list),
    Route::get("/v1/files/{id}", files::get),
    Route::get("/v1/files/{id}/content", files::content),
    Route::delete("/v1/files/{id}", files::delete),
    Route::get("/v1/models", models::list),
    Route::get("/v1/models/{model}", models::get),
    Route::post("/v1/responses", responses::create).paid(),
    Route::get("/v1/responses/{id}", responses::get),
    Route::delete("/v1/responses/{id}", responses::delete),
    Route::post("/v1/responses/{id}/cancel", responses::cancel),
];
