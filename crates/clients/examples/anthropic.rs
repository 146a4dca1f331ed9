//! Asks a model that thinks, shows the answer as it is written, and has it whole in the end.
//!
//! It asks a simulator, or the vendor itself where `ANTHROPIC_API_KEY` is set:
//! `cargo run -p fourfold-clients --features anthropic --example anthropic`

use std::error::Error;
use std::io::Write;

use fourfold_clients::anthropic::{
    AnthropicApi, AnthropicClient, BASE_URL, BlockDelta, Message, MessageEvent, MessageRequest, MessageSoFar,
    Thinking,
};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    #[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
    let (base_url, key) = match std::env::var("ANTHROPIC_API_KEY") {
        Ok(key) => (BASE_URL.to_owned(), key),
        Err(_) => (simulator.base_url(Vendor::Anthropic), "any-key".to_owned()),
    };
    let client = AnthropicClient::new(AnthropicClient::builder(&base_url, key.into()).build()?);

    let question = Message::user("Why is the sky blue?");
    let request = MessageRequest::new("claude-sonnet-5", 2000_u32, [question]).thinking(Thinking::adaptive());
    let mut events = client.create_message_stream(&request).await?;
    let mut so_far = MessageSoFar::default();
    while let Some(event) = events.try_next().await? {
        if let MessageEvent::BlockDelta(event) = &event
            && let BlockDelta::Text(delta) = &event.delta
        {
            print!("{}", delta.text);
            std::io::stdout().flush()?;
        }
        so_far.add(event)?;
    }
    if let Some(usage) = so_far.into_message().and_then(|message| message.usage) {
        println!("\n{} tokens in, {} out", usage.all_input_tokens(), usage.output_tokens.unwrap_or_default());
    }
    Ok(())
}
