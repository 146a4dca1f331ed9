//! Follows a chat as it is written: `cargo run -p fourfold-forward --example events`.

use fourfold_forward::{Allow, AuthScheme, EventStream, ForwardRequest, Forwarder, Target};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::StreamExt as _;
use http::Method;

const EVENT_BYTES_MAX: usize = 1024 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    let target = Target::new("openai", &simulator.base_url(Vendor::OpenAi))?
        .auth(AuthScheme::Bearer("any-key".into()))
        .allow(Allow::only(["POST /chat/completions"])?);
    let forwarder = Forwarder::new(target)?;

    let question =
        r#"{"model": "gpt-5-mini", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}"#;
    let request = ForwardRequest::new(Method::POST, "/chat/completions")
        .header("content-type", "application/json")
        .body(question);
    let answer = forwarder.forward(request).await?;
    println!("{}", answer.status());

    // Who passes the answer on takes its body as it is; who wants the events reads them from it.
    let mut events = EventStream::new(answer.into_body(), EVENT_BYTES_MAX);
    while let Some(event) = events.next().await {
        let event = event?;
        println!("{}: {}", event.name(), event.text());
        if event.is_done() {
            break;
        }
    }
    Ok(())
}
