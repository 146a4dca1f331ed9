//! The last trace of a file goes.

use fourfold_domain::FileId;

use crate::commit::{Needs, Step, World};
use crate::error::Refusal;
use crate::files::FileState;

/// Forgets a file that left and whose object is gone. Again is the same; one that didn't leave is refused.
#[derive(Clone, Copy, Debug)]
pub struct ForgetFile {
    /// Which.
    pub id: FileId,
}

impl Step for ForgetFile {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.files.insert(self.id);
    }

    fn decide(&self, world: &mut World) -> Result<(), Refusal> {
        match world.files.get(&self.id).map(|file| file.state) {
            Some(FileState::Leaving) => world.files.remove(&self.id),
            Some(FileState::Incoming | FileState::Stored) => return Err(Refusal::FileInUse),
            None => {}
        }
        Ok(())
    }
}
