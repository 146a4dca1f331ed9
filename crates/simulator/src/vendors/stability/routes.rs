//! What can be asked of Stability: the same list as `routes/stability.txt`.

use super::images::{self, Picture};
use super::{account, audio, results, rules, three_d, v1, videos};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/generation/{engine_id}/text-to-image", v1::text_to_image).paid(),
    Route::post("/v1/generation/{engine_id}/image-to-image", v1::image_to_image).paid(),
    Route::post("/v1/generation/{engine_id}/image-to-image/upscale", v1::upscale).paid(),
    Route::post("/v1/generation/{engine_id}/image-to-image/masking", v1::masking).paid(),
    Route::get("/v1/engines/list", account::engines),
    Route::get("/v1/user/account", account::account),
    Route::get("/v1/user/balance", account::balance),
    Route::post("/v2beta/stable-image/generate/core", |call| images::make(call, rules::CORE, Picture::New))
        .paid(),
    Route::post("/v2beta/stable-image/generate/ultra", images::ultra).paid(),
    Route::post("/v2beta/stable-image/generate/sd3", images::sd3).paid(),
    Route::post("/v2beta/stable-image/upscale/fast", |call| {
        images::make(call, rules::UPSCALE_FAST, Picture::Scaled)
    })
    .paid(),
    Route::post("/v2beta/stable-image/upscale/conservative", |call| {
        images::make(call, rules::UPSCALE_CONSERVATIVE, Picture::Filled)
    })
    .paid(),
    Route::post("/v2beta/stable-image/upscale/creative", |call| {
        images::start(call, rules::UPSCALE_CREATIVE, Picture::Filled)
    })
    .paid(),
    Route::get("/v2beta/stable-image/upscale/creative/result/{id}", results::picture),
    Route::post("/v2beta/stable-image/edit/erase", |call| images::make(call, rules::ERASE, Picture::Same))
        .paid(),
    Route::post("/v2beta/stable-image/edit/inpaint", |call| {
        images::make(call, rules::INPAINT, Picture::Same)
    })
    .paid(),
    Route::post("/v2beta/stable-image/edit/outpaint", images::outpaint).paid(),
    Route::post("/v2beta/stable-image/edit/search-and-replace", |call| {
        images::make(call, rules::SEARCH_AND_REPLACE, Picture::Same)
    })
    .paid(),
    Route::post("/v2beta/stable-image/edit/search-and-recolor", |call| {
        images::make(call, rules::SEARCH_AND_RECOLOR, Picture::Same)
    })
    .paid(),
    Route::post("/v2beta/stable-image/edit/remove-background", |call| {
        images::make(call, rules::REMOVE_BACKGROUND, Picture::Same)
    })
    .paid(),
    Route::post("/v2beta/stable-image/edit/replace-background-and-relight", images::relight).paid(),
    Route::post("/v2beta/stable-image/control/sketch", |call| {
        images::make(call, rules::CONTROL, Picture::Same)
    })
    .paid(),
    Route::post("/v2beta/stable-image/control/structure", |call| {
        images::make(call, rules::CONTROL, Picture::Same)
    })
    .paid(),
    Route::post("/v2beta/stable-image/control/style", |call| {
        images::make(call, rules::CONTROL_STYLE, Picture::New)
    })
    .paid(),
    Route::post("/v2beta/stable-image/control/style-transfer", |call| {
        images::make(call, rules::STYLE_TRANSFER, Picture::Same)
    })
    .paid(),
    Route::post("/v2beta/3d/stable-fast-3d", three_d::make).paid(),
    Route::post("/v2beta/3d/stable-point-aware-3d", three_d::make).paid(),
    Route::post("/v2beta/audio/stable-audio-2/text-to-audio", |call| audio::make(call, false)).paid(),
    Route::post("/v2beta/audio/stable-audio-2/audio-to-audio", |call| audio::make(call, true)).paid(),
    Route::post("/v2beta/audio/stable-audio-2/inpaint", |call| audio::make(call, true)).paid(),
    Route::post("/v2beta/audio/stable-audio/text-to-audio", |call| audio::start(call, false)).paid(),
    Route::post("/v2beta/audio/stable-audio/audio-to-audio", |call| audio::start(call, true)).paid(),
    Route::get("/v2beta/audio/results/{id}", results::sound),
    Route::get("/v2beta/results/{id}", results::any),
    Route::post("/v2beta/image-to-video", videos::start).paid(),
    Route::get("/v2beta/image-to-video/result/{id}", results::video),
];
