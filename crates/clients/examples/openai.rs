//! Asks a chat model, and shows the answer as it is written.
//!
//! It asks a simulator, or the vendor itself where `OPENAI_API_KEY` is set:
//! `cargo run -p fourfold-clients --features openai --example openai`

use std::error::Error;
use std::io::Write;

use fourfold_clients::openai::{BASE_URL, ChatRequest, Message, OpenAiApi, OpenAiClient, StreamOptions};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    #[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
    let (base_url, key) = match std::env::var("OPENAI_API_KEY") {
        Ok(key) => (BASE_URL.to_owned(), key),
        Err(_) => (simulator.base_url(Vendor::OpenAi), "any-key".to_owned()),
    };
    let client = OpenAiClient::new(OpenAiClient::builder(&base_url, key.into()).build()?);

    let request = ChatRequest::new("gpt-5-mini", [Message::user("Why is the sky blue?")])
        .stream_options(StreamOptions::default().include_usage(true));
    let mut chunks = client.chat_completion_stream(&request).await?;
    while let Some(chunk) = chunks.try_next().await? {
        for choice in &chunk.choices {
            print!("{}", choice.delta.content.as_deref().unwrap_or_default());
            std::io::stdout().flush()?;
        }
        if let Some(tokens) = chunk.usage.and_then(|usage| usage.total_tokens) {
            println!("\n{tokens} tokens");
        }
    }
    Ok(())
}
