//! What can be asked of Runway: the same list as `routes/runway.txt`.

use super::create::{Makes, start};
use super::models::{
    character, enhance, image_to_video, sound, speech, text_to_image, text_to_video, video_to_video,
};
use super::{organization, tasks, uploads};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/v1/image_to_video", |call| start(call, Makes::Video, image_to_video::VARIANTS)).paid(),
    Route::post("/v1/text_to_video", |call| start(call, Makes::Video, text_to_video::VARIANTS)).paid(),
    Route::post("/v1/video_to_video", |call| start(call, Makes::Video, video_to_video::VARIANTS)).paid(),
    Route::post("/v1/character_performance", |call| start(call, Makes::Video, character::VARIANTS)).paid(),
    Route::post("/v1/text_to_image", |call| start(call, Makes::Picture, text_to_image::VARIANTS)).paid(),
    Route::post("/v1/text_to_speech", |call| start(call, Makes::Speech, speech::TEXT_TO_SPEECH)).paid(),
    Route::post("/v1/speech_to_speech", |call| start(call, Makes::Sound, speech::SPEECH_TO_SPEECH)).paid(),
    Route::post("/v1/voice_isolation", |call| start(call, Makes::Sound, speech::ISOLATION)).paid(),
    Route::post("/v1/voice_dubbing", |call| start(call, Makes::Sound, speech::DUBBING)).paid(),
    Route::post("/v1/sound_effect", |call| start(call, Makes::Sound, sound::EFFECTS)).paid(),
    Route::post("/v1/video_to_audio", |call| start(call, Makes::Sound, sound::OF_VIDEOS)).paid(),
    Route::post("/v1/video_upscale", |call| start(call, Makes::Video, enhance::VIDEOS)).paid(),
    Route::post("/v1/video_to_hdr", |call| start(call, Makes::Video, enhance::HDR)).paid(),
    Route::post("/v1/image_upscale", |call| start(call, Makes::Picture, enhance::IMAGES)).paid(),
    Route::get("/v1/tasks/{id}", tasks::get),
    Route::delete("/v1/tasks/{id}", tasks::delete),
    Route::post("/v1/uploads", uploads::create),
    Route::get("/v1/organization", organization::get),
    Route::post("/v1/organization/usage", organization::usage),
];
