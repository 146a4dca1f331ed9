//! v2beta 3D: a model from a picture.

use super::rules;
use crate::answer::Answer;
use crate::call::Call;
use crate::media::glb;
use crate::refusal::Refusal;

/// `POST /v2beta/3d/stable-fast-3d` and `…/stable-point-aware-3d`.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Refusal> {
    rules::read(call, rules::THREE_D)?;
    let model = glb();
    Ok(Answer::bytes(model.media_type, model.bytes))
}
