//! Follows a chat as it is written: `cargo run --example events -- <key>`.

use fourfold_forward::{Allow, AuthScheme, EventStream, ForwardRequest, Forwarder, Target};
use futures_util::StreamExt as _;
use http::Method;

const EVENT_BYTES_MAX: usize = 1024 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::args().nth(1).unwrap_or_default();
    let target = Target::new("openai", "https://api.openai.com/v1")?
        .auth(AuthScheme::Bearer(key.into()))
        .allow(Allow::only(["POST /chat/completions"])?);
    let forwarder = Forwarder::new(target)?;

    let question =
        r#"{"model": "gpt-5", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}"#;
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
