//! What depends on several fields at once, from the vendor's page.

use fourfold_domain::{ImageRequest, InvalidInput};
use serde_json::Value;

use super::models::Route;

/// Whether the model at this route can do it. The request keeps to the model's table.
pub(super) fn check(image: &ImageRequest, route: Route) -> Result<(), InvalidInput> {
    match route {
        Route::Ultra => strength_goes_with_image(image),
        Route::Sd3 => {
            strength_goes_with_image(image)?;
            if !image.images.is_empty() && image.aspect_ratio.is_some() {
                let allowed = "must be left out with input.image, which has its own";
                return Err(InvalidInput::not_allowed("input.aspect_ratio", allowed));
            }
            Ok(())
        }
        Route::Outpaint => {
            let side = |name| image.extras.get(name).and_then(Value::as_u64).unwrap_or(0);
            if ["left", "right", "up", "down"].into_iter().any(|name| side(name) > 0) {
                return Ok(());
            }
            let allowed = "must be above 0, or one of input.right, input.up and input.down must be";
            Err(InvalidInput::not_allowed("input.left", allowed))
        }
        Route::ReplaceBackgroundAndRelight
            if image.prompt.is_empty() && !image.named_images.contains_key("background_reference") =>
        {
            let allowed = "is required where there is no input.background_reference";
            Err(InvalidInput::malformed("input.prompt", allowed))
        }
        _ => Ok(()),
    }
}

fn strength_goes_with_image(image: &ImageRequest) -> Result<(), InvalidInput> {
    let has_strength = image.extras.get("strength").is_some_and(|value| !value.is_null());
    match (image.images.is_empty(), has_strength) {
        (false, false) => Err(InvalidInput::malformed("input.strength", "is required with input.image")),
        (true, true) => {
            Err(InvalidInput::not_allowed("input.strength", "must be left out where there is no input.image"))
        }
        _ => Ok(()),
    }
}
