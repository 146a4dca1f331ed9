//! Passes one request on to OpenAI: `cargo run --example plain -- <key>`.

use fourfold_forward::{Allow, AuthScheme, ForwardRequest, Forwarder, Target};
use http::Method;
use http_body_util::BodyExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::args().nth(1).unwrap_or_default();
    let target = Target::new("openai", "https://api.openai.com/v1")?
        .auth(AuthScheme::Bearer(key.into()))
        .allow(Allow::only(["GET /models", "GET /models/*"])?);
    let forwarder = Forwarder::new(target)?;

    let request = ForwardRequest::new(Method::GET, "/models").request_id("r1");
    let answer = forwarder.forward(request).await?;
    println!("{}", answer.status());
    let body = answer.into_body().collect().await?.to_bytes();
    println!("{} bytes", body.len());

    let refused = forwarder.forward(ForwardRequest::new(Method::GET, "/files")).await;
    println!("{}", refused.expect_err("the list doesn't have it"));
    Ok(())
}
