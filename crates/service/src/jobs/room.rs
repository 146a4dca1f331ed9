//! Whether the store has room for more results: every process looks, since each takes work or refuses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::JobParts;
use crate::Spawner;
use crate::artifacts::ArtifactsService;

/// Keeps [`JobParts::has_room`] current.
pub struct RoomWatch {
    artifacts: ArtifactsService,
    has_room: Arc<AtomicBool>,
    every: Duration,
}

impl RoomWatch {
    /// Over these parts; it looks as often as the sweep does.
    pub fn new(parts: &JobParts, artifacts: ArtifactsService) -> Self {
        Self { artifacts, has_room: parts.has_room.clone(), every: parts.settings.sweep }
    }

    /// Looks at once, and from then on again and again.
    pub async fn start(self, spawner: &Spawner) {
        self.look().await;
        let stopping = spawner.stopping().clone();
        spawner.start(async move {
            while stopping.run_until_cancelled(tokio::time::sleep(self.every)).await.is_some() {
                self.look().await;
            }
        });
    }

    /// Looks once. A store that can't tell leaves it as it was.
    pub async fn look(&self) {
        match self.artifacts.has_room().await {
            Ok(room) => {
                if self.has_room.swap(room, Ordering::Relaxed) != room {
                    tracing::warn!(room, "whether the store has room for more work has changed");
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the room in the store can't be told"
                );
            }
        }
    }
}
