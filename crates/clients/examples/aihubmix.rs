//! Makes a video, shows how it comes along, and gets it.
//!
//! It asks a simulator, or the vendor itself where `AIHUBMIX_API_KEY` is set, which then charges for the video:
//! `cargo run -p fourfold-clients --features aihubmix --example aihubmix`

use std::error::Error;

use fourfold_clients::Wait;
use fourfold_clients::aihubmix::{
    AihubmixApi, AihubmixClient, BASE_URL, CatalogFilter, ModelType, VideoRequest,
};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(SimulatorSettings::default());
    #[expect(clippy::disallowed_methods, reason = "an example is a program of its own")]
    let (base_url, key) = match std::env::var("AIHUBMIX_API_KEY") {
        Ok(key) => (BASE_URL.to_owned(), key),
        Err(_) => (simulator.base_url(Vendor::AiHubMix), "any-key".to_owned()),
    };
    let client = AihubmixClient::new(AihubmixClient::builder(&base_url, key.into()).build()?);

    let filter = CatalogFilter::default().model_type(ModelType::Video);
    println!("{} models make videos", client.list_catalog(&filter).await?.data.len());

    let request = VideoRequest::new("wan2.6-t2v", "waves at dawn").seconds("5").size("1280x720");
    let id = client.generate_video(&request).await?.id;
    let wait = Wait::default().on_progress(|percent| println!("{percent} %"));
    let video = client.wait_for_video_completion(&id, &wait).await?;

    let film = client.download_video(&video).await?;
    let media_type = film.media_type.unwrap_or_default();
    let (mut pieces, mut size_bytes) = (film.body.into_data_stream(), 0);
    while let Some(piece) = pieces.try_next().await? {
        size_bytes += piece.len();
    }
    println!("{size_bytes} bytes of {media_type}");
    Ok(())
}
