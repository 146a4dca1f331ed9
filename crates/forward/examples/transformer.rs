//! Asks a target for each tenant's own project, by a transformer: `cargo run -p fourfold-forward --example transformer`.

use std::sync::Arc;

use async_trait::async_trait;
use fourfold_forward::{
    Allow, AuthScheme, CallContext, ForwardRequest, Forwarder, HEADER_PRIORITY, RequestDraft,
    RequestTransformer, Target, TransformError,
};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use http::{HeaderValue, Method};

/// Who makes the call, as the embedding program knows.
#[derive(Clone)]
struct Tenant(&'static str);

/// Names the tenant's project to the target.
#[derive(Debug)]
struct ProjectOfTenant;

#[async_trait]
impl RequestTransformer for ProjectOfTenant {
    fn name(&self) -> &str {
        "project"
    }

    fn priority(&self) -> i32 {
        HEADER_PRIORITY + 1
    }

    async fn transform(&self, request: &mut RequestDraft, call: &CallContext) -> Result<(), TransformError> {
        let Some(Tenant(name)) = call.extensions.get() else {
            return Err(TransformError { message: "the call has no tenant".to_owned(), source: None });
        };
        request.headers.insert("openai-project", HeaderValue::from_static(name));
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    let target = Target::new("openai", &simulator.base_url(Vendor::OpenAi))?
        .auth(AuthScheme::Bearer("any-key".into()))
        .allow(Allow::only(["GET /models"])?);
    let forwarder = Forwarder::builder(target).request_transformer(Arc::new(ProjectOfTenant)).build()?;

    let request = || ForwardRequest::new(Method::GET, "/models");
    let refused = forwarder.forward(request()).await;
    println!("{}", refused.expect_err("it has no tenant"));
    let answer = forwarder.forward(request().extension(Tenant("proj_one"))).await?;
    println!("{}", answer.status());
    Ok(())
}
