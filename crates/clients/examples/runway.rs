//! Asks for a picture, waits until it is made, and fetches it.
//!
//! It asks a simulator, or the vendor itself where `RUNWAYML_API_SECRET` is set:
//! `cargo run -p fourfold-clients --features runway --example runway`

use std::error::Error;

use fourfold_clients::Wait;
use fourfold_clients::runway::{BASE_URL, RunwayApi, RunwayClient, TextToImageRequest};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    #[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
    let (base_url, key) = match std::env::var("RUNWAYML_API_SECRET") {
        Ok(key) => (BASE_URL.to_owned(), key),
        Err(_) => (simulator.base_url(Vendor::Runway), "any-key".to_owned()),
    };
    let client = RunwayClient::new(RunwayClient::builder(&base_url, key.into()).build()?);

    let fox = TextToImageRequest::new("gen4_image", "a fox by the sea").ratio("1280:720");
    let task = client.create_generation(&fox.into()).await?;
    let wait = Wait::default().on_progress(|percent| println!("{percent:.0} %"));
    let task = client.wait_for_completion(&task.id, &wait).await?;

    for url in task.output.unwrap_or_default() {
        let picture = client.download(&url).await?;
        let media_type = picture.media_type.unwrap_or_default();
        let pieces = picture.body.into_data_stream().map_ok(|piece| piece.len());
        let size_bytes: usize = pieces.try_fold(0, |sum, len| async move { Ok(sum + len) }).await?;
        println!("{media_type}, {size_bytes} bytes");
    }
    if let Some(cost) = task.cost {
        println!("{} credits", cost.credits);
    }
    Ok(())
}
