//! Passes one request on to a simulator of OpenAI: `cargo run -p fourfold-forward --example plain`.

use fourfold_forward::{Allow, AuthScheme, ForwardRequest, Forwarder, Target};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::Method;
use http_body_util::BodyExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    let target = Target::new("openai", &simulator.base_url(Vendor::OpenAi))?
        .auth(AuthScheme::Bearer("any-key".into()))
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
