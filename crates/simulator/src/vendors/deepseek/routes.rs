//! What can be asked of DeepSeek: the same list as `routes/deepseek.txt`.

use super::{account, chat, completions, models};
use crate::route::Route;

pub(super) const ROUTES: &[Route] = &[
    Route::post("/chat/completions", chat::complete).paid(),
    Route::post("/v1/chat/completions", chat::complete).paid(),
    Route::post("/beta/chat/completions", chat::complete_beta).paid(),
    Route::post("/beta/completions", completions::complete).paid(),
    Route::get("/models", models::list),
    Route::get("/v1/models", models::list),
    Route::get("/user/balance", account::balance),
    Route::get("/v1/user/balance", account::balance),
];
