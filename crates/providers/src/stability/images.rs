//! Pictures on Stability's wire: each route has a request of its own, which goes up as a form.

use fourfold_clients::stability::{
    ConservativeUpscaleRequest, ControlRequest, ControlStyleRequest, CoreRequest, CreativeUpscaleRequest,
    EraseRequest, FastUpscaleRequest, ImageRequest as Picture, ImageTaskRequest as Task, InpaintRequest,
    OutpaintRequest, RelightRequest, RemoveBackgroundRequest, Sd3Request, SearchAndRecolorRequest,
    SearchAndReplaceRequest, StyleTransferRequest, UltraRequest,
};
use fourfold_domain::{ImageRequest, MediaReader, ProviderError};
use serde_json::{Map, Value, json};

use super::models::Route;
use super::pictures::Pictures;
use crate::classify::invalid;

/// What the vendor is asked for.
pub(super) enum Asked {
    /// A picture that comes with the answer.
    Picture(Picture),
    /// A picture that takes a while.
    Task(Task),
}

/// The request on the wire, with the pictures that it works from.
pub(super) async fn request(
    image: &ImageRequest,
    route: Route,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<Asked, ProviderError> {
    let Pictures { first, mask, mut named } = Pictures::read(image, media).await?;
    let words = (!image.prompt.is_empty()).then(|| image.prompt.clone());
    let prompt = || required(words.clone(), "prompt");
    let mut extra = fields(image);
    Ok(Asked::Picture(match route {
        Route::Core => Picture::Core(CoreRequest { extra, ..CoreRequest::new(prompt()?) }),
        Route::Ultra => Picture::Ultra(UltraRequest { image: first, extra, ..UltraRequest::new(prompt()?) }),
        Route::Sd3 => {
            let mode = if first.is_some() { "image-to-image" } else { "text-to-image" };
            let request = Sd3Request::new(prompt()?).model(vendor_model).mode(mode);
            Picture::Sd3(Sd3Request { image: first, extra, ..request })
        }
        Route::UpscaleFast => {
            let request = FastUpscaleRequest::new(required(first, "image")?);
            Picture::UpscaleFast(FastUpscaleRequest { extra, ..request })
        }
        Route::UpscaleConservative => {
            let request = ConservativeUpscaleRequest::new(required(first, "image")?, prompt()?);
            Picture::UpscaleConservative(ConservativeUpscaleRequest { extra, ..request })
        }
        Route::UpscaleCreative => {
            let request = CreativeUpscaleRequest::new(required(first, "image")?, prompt()?);
            return Ok(Asked::Task(Task::UpscaleCreative(CreativeUpscaleRequest { extra, ..request })));
        }
        Route::Erase => {
            let request = EraseRequest::new(required(first, "image")?);
            Picture::Erase(EraseRequest { mask, extra, ..request })
        }
        Route::Inpaint => {
            let request = InpaintRequest::new(required(first, "image")?, prompt()?);
            Picture::Inpaint(InpaintRequest { mask, extra, ..request })
        }
        Route::Outpaint => {
            let request = OutpaintRequest::new(required(first, "image")?);
            Picture::Outpaint(OutpaintRequest { prompt: words, extra, ..request })
        }
        Route::SearchAndReplace => {
            let search = text(&mut extra, "search_prompt")?;
            let request = SearchAndReplaceRequest::new(required(first, "image")?, prompt()?, search);
            Picture::SearchAndReplace(SearchAndReplaceRequest { extra, ..request })
        }
        Route::SearchAndRecolor => {
            let select = text(&mut extra, "select_prompt")?;
            let request = SearchAndRecolorRequest::new(required(first, "image")?, prompt()?, select);
            Picture::SearchAndRecolor(SearchAndRecolorRequest { extra, ..request })
        }
        Route::RemoveBackground => {
            let request = RemoveBackgroundRequest::new(required(first, "image")?);
            Picture::RemoveBackground(RemoveBackgroundRequest { extra, ..request })
        }
        Route::ReplaceBackgroundAndRelight => {
            return Ok(Asked::Task(Task::ReplaceBackgroundAndRelight(RelightRequest {
                background_prompt: words,
                background_reference: named.remove("background_reference"),
                light_reference: named.remove("light_reference"),
                extra,
                ..RelightRequest::new(required(first, "image")?)
            })));
        }
        Route::Sketch | Route::Structure => {
            let request = ControlRequest::new(required(first, "image")?, prompt()?);
            let request = ControlRequest { extra, ..request };
            if route == Route::Sketch { Picture::Sketch(request) } else { Picture::Structure(request) }
        }
        Route::Style => {
            let request = ControlStyleRequest::new(required(first, "image")?, prompt()?);
            Picture::Style(ControlStyleRequest { extra, ..request })
        }
        Route::StyleTransfer => {
            let style = required(named.remove("style_image"), "style_image")?;
            let request = StyleTransferRequest::new(required(first, "image")?, style);
            Picture::StyleTransfer(StyleTransferRequest { prompt: words, extra, ..request })
        }
    }))
}

/// What goes up as text, by the vendor's names. The model's table has held it to what the route takes.
fn fields(image: &ImageRequest) -> Map<String, Value> {
    let named = [
        ("negative_prompt", json!(image.negative_prompt)),
        ("aspect_ratio", json!(image.aspect_ratio)),
        ("seed", json!(image.seed)),
        ("output_format", json!(image.format)),
    ];
    let named = named.into_iter().map(|(name, value)| (name.to_owned(), value));
    let all = named.chain(image.extras.clone());
    all.filter(|(_, value)| !value.is_null()).collect()
}

/// Takes out a text that the request has a place of its own for.
fn text(fields: &mut Map<String, Value>, name: &str) -> Result<String, ProviderError> {
    let text = fields.remove(name);
    required(text.as_ref().and_then(Value::as_str).map(str::to_owned), name)
}

fn required<T>(given: Option<T>, name: &str) -> Result<T, ProviderError> {
    given.ok_or_else(|| invalid(format!("input.{name} is required by this model")))
}
