//! Asks a model, shows the answer as it is written, and has a video made of it.
//!
//! It asks a simulator, or the vendor itself where `GEMINI_API_KEY` is set:
//! `cargo run -p fourfold-clients --features gemini --example gemini`

use std::error::Error;
use std::io::Write;

use fourfold_clients::Wait;
use fourfold_clients::gemini::{
    BASE_URL, Content, GeminiApi, GeminiClient, GenerateContentRequest, InteractionRequest, ResponseFormat,
};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    #[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
    let (base_url, key) = match std::env::var("GEMINI_API_KEY") {
        Ok(key) => (BASE_URL.to_owned(), key),
        Err(_) => (simulator.base_url(Vendor::Gemini), "any-key".to_owned()),
    };
    let client = GeminiClient::new(GeminiClient::builder(&base_url, key.into()).build()?);

    let request =
        GenerateContentRequest::new("gemini-3.8-flash", [Content::user("Tell of a marble on a track.")]);
    let mut chunks = client.generate_content_stream(&request).await?;
    let mut told = String::new();
    while let Some(chunk) = chunks.try_next().await? {
        print!("{}", chunk.text());
        std::io::stdout().flush()?;
        told.push_str(&chunk.text());
    }

    let format = ResponseFormat::of_video().aspect_ratio("16:9").duration("4s").delivery("uri");
    let request = InteractionRequest::new("gemini-omni-1.1-flash", &*told).response_format(format);
    let begun = client.create_interaction(&request.background(true)).await?;
    let id = begun.id.ok_or("the interaction isn't kept")?;
    let interaction = client.wait_for_interaction(&id, &Wait::default()).await?;
    for film in interaction.media() {
        let media = client.download_file(film.uri.as_deref().ok_or("the film came inline")?).await?;
        let bytes: Vec<_> = media.body.into_data_stream().try_collect().await?;
        println!("\n{}: {} bytes", media.media_type.unwrap_or_default(), bytes.concat().len());
    }
    Ok(())
}
