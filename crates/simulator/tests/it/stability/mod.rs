//! Stability's wire.

mod account;
mod audio;
mod errors;
mod images;
mod results;
mod three_d;
mod v1;

use axum::body::Body;
use fourfold_simulator::Simulator;
use http::{Method, Request};

use crate::support::{Answered, Form, png, request, send};

/// A form with this prompt and a picture of a quarter of a megapixel.
fn form(prompt: &str) -> Form {
    Form::new().text("prompt", prompt).file("image", "a.png", "image/png", &png(512, 512))
}

/// Sends a form and says what it takes.
async fn post_accepting(simulator: &Simulator, path: &str, accept: &str, form: Form) -> Answered {
    let request =
        request(Method::POST, path).header("content-type", Form::MEDIA_TYPE).header("accept", accept);
    send(simulator, request.body(form.body().into()).unwrap()).await
}

async fn get_accepting(simulator: &Simulator, path: &str, accept: &str) -> Answered {
    send(simulator, request(Method::GET, path).header("accept", accept).body(Body::empty()).unwrap()).await
}

/// A request with another key.
fn get_as(key: &str, path: &str) -> Request<Body> {
    Request::get(path).header("authorization", format!("Bearer {key}")).body(Body::empty()).unwrap()
}
