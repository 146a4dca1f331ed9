//! `POST /v1/responses`.

mod answer;
mod body;
pub(crate) mod create;
mod items;
mod request;
mod said;
