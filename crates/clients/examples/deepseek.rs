//! Asks a model that thinks, shows its thoughts and its answer as they are written, and looks at the balance.
//!
//! It asks a simulator, or the vendor itself where `DEEPSEEK_API_KEY` is set:
//! `cargo run -p fourfold-clients --features deepseek --example deepseek`

use std::error::Error;
use std::io::Write;

use fourfold_clients::deepseek::{BASE_URL, DeepSeekApi, DeepSeekClient, DeepSeekUsage};
use fourfold_clients::openai::{ChatRequest, Message, StreamOptions};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    #[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
    let (base_url, key) = match std::env::var("DEEPSEEK_API_KEY") {
        Ok(key) => (BASE_URL.to_owned(), key),
        Err(_) => (simulator.base_url(Vendor::DeepSeek), "any-key".to_owned()),
    };
    let client = DeepSeekClient::new(DeepSeekClient::builder(&base_url, key.into()).build()?);

    let request = ChatRequest::new("deepseek-flash", [Message::user("Why is the sky blue?")])
        .stream_options(StreamOptions::default().include_usage(true));
    let mut chunks = client.chat_completion_stream(&request).await?;
    let mut is_answering = false;
    while let Some(chunk) = chunks.try_next().await? {
        for choice in &chunk.choices {
            print!("{}", choice.delta.reasoning_content.as_deref().unwrap_or_default());
            if let Some(text) = &choice.delta.content {
                print!("{}{text}", if is_answering { "" } else { "\n\n" });
                is_answering = true;
            }
            std::io::stdout().flush()?;
        }
        if let Some(usage) = &chunk.usage {
            let cached = usage.prompt_cache_hit_tokens().unwrap_or_default();
            println!("\n{} tokens, {cached} of them cached", usage.total_tokens.unwrap_or_default());
        }
    }
    for info in client.balance().await?.balance_infos {
        println!("{} {} left", info.total_balance, info.currency);
    }
    Ok(())
}
