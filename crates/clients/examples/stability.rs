//! Draws a picture, and shows what came.
//!
//! It asks a simulator, or the vendor itself where `STABILITY_API_KEY` is set:
//! `cargo run -p fourfold-clients --features stability --example stability`

use std::error::Error;

use fourfold_clients::stability::{BASE_URL, CoreRequest, ImageRequest, StabilityApi, StabilityClient};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    #[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
    let (base_url, key) = match std::env::var("STABILITY_API_KEY") {
        Ok(key) => (BASE_URL.to_owned(), key),
        Err(_) => (simulator.base_url(Vendor::Stability), "any-key".to_owned()),
    };
    let client = StabilityClient::new(StabilityClient::builder(&base_url, key.into()).build()?);
    println!("{} credits", client.balance().await?.credits);

    let request = CoreRequest::new("a fox in the snow").aspect_ratio("3:2").output_format("webp");
    let generated = client.generate_image(&ImageRequest::Core(request)).await?;
    let ended = generated.finish_reason.as_ref().map_or("without a word", |reason| reason.as_str());
    println!("ended {ended}, of {}", generated.media.media_type.as_deref().unwrap_or("an unknown kind"));
    let mut size_bytes = 0;
    let mut pieces = generated.media.body.into_data_stream();
    while let Some(piece) = pieces.try_next().await? {
        size_bytes += piece.len();
    }
    println!("{size_bytes} bytes");
    Ok(())
}
