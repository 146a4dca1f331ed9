//! Passes requests on to simulators of two vendors, by name: `cargo run -p fourfold-forward --example plain`.

use fourfold_forward::{Allow, AuthScheme, ForwardRequest, Forwarder, Forwarders, Target};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::{HeaderName, Method};
use http_body_util::BodyExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    let openai = Target::new("openai", &simulator.base_url(Vendor::OpenAi))?
        .auth(AuthScheme::Bearer("any-key".into()))
        .allow(Allow::only(["GET /models", "GET /models/*"])?);
    let anthropic = Target::new("anthropic", &simulator.base_url(Vendor::Anthropic))?
        .auth(AuthScheme::Header(HeaderName::from_static("x-api-key"), "any-key".into()))
        .allow(Allow::only(["GET /v1/models"])?);
    let forwarders = Forwarders::new([Forwarder::new(openai)?, Forwarder::new(anthropic)?])?;

    for (target, path) in [("openai", "/models"), ("anthropic", "/v1/models")] {
        let request = ForwardRequest::new(Method::GET, path)
            .target(target)
            .header("anthropic-version", "2023-06-01")
            .request_id("r1");
        let answer = forwarders.forward(request).await?;
        println!("{target}: {}", answer.status());
        let body = answer.into_body().collect().await?.to_bytes();
        println!("{} bytes", body.len());
    }

    let request = ForwardRequest::new(Method::GET, "/files").target("openai");
    println!("{}", forwarders.forward(request).await.expect_err("the list doesn't have it"));
    let request = ForwardRequest::new(Method::GET, "/models").target("elsewhere");
    println!("{}", forwarders.forward(request).await.expect_err("nobody named such a target"));
    Ok(())
}
