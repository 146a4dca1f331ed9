//! What Stability offers: each of its routes as a model, and what each can be told. From the vendor's page on its API,
//! 2026-11-21.

use fourfold_domain::{Modality, ModelSpec, Parameter, ParameterKind};

use super::words::{
    FORMAT, TEXT_CHARS_MAX, aspect_ratio, format, grow_mask, image, mask, n, negative_prompt, prompt, seed,
    strength, style_preset,
};
use crate::parameters::{choice, number, text, whole};

/// Where a model is at the vendor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Core,
    Ultra,
    /// Of several models, whose name goes along.
    Sd3,
    UpscaleFast,
    UpscaleConservative,
    UpscaleCreative,
    Erase,
    Inpaint,
    Outpaint,
    SearchAndReplace,
    SearchAndRecolor,
    RemoveBackground,
    ReplaceBackgroundAndRelight,
    Sketch,
    Structure,
    Style,
    StyleTransfer,
}

/// A model's name, where it is, and what it can be told.
type Row = (&'static str, Route, fn() -> Vec<Parameter>);

/// Everything that is offered.
const ROWS: [Row; 20] = [
    ("stable-image-core", Route::Core, core),
    ("stable-image-ultra", Route::Ultra, ultra),
    ("sd3.5-large", Route::Sd3, sd3),
    ("sd3.5-large-turbo", Route::Sd3, sd3),
    ("sd3.5-medium", Route::Sd3, sd3),
    ("sd3.5-flash", Route::Sd3, sd3),
    ("upscale-fast", Route::UpscaleFast, upscale_fast),
    ("upscale-conservative", Route::UpscaleConservative, upscale_conservative),
    ("upscale-creative", Route::UpscaleCreative, upscale_creative),
    ("edit-erase", Route::Erase, erase),
    ("edit-inpaint", Route::Inpaint, inpaint),
    ("edit-outpaint", Route::Outpaint, outpaint),
    ("edit-search-and-replace", Route::SearchAndReplace, search_and_replace),
    ("edit-search-and-recolor", Route::SearchAndRecolor, search_and_recolor),
    ("edit-remove-background", Route::RemoveBackground, remove_background),
    ("edit-replace-background-and-relight", Route::ReplaceBackgroundAndRelight, relight),
    ("control-sketch", Route::Sketch, control),
    ("control-structure", Route::Structure, control),
    ("control-style", Route::Style, style),
    ("control-style-transfer", Route::StyleTransfer, style_transfer),
];

/// Everything that is offered, as a provider says it.
pub(super) fn models() -> Vec<ModelSpec> {
    let spec = |(name, _, parameters): &Row| ModelSpec {
        vendor_model: (*name).to_owned(),
        modality: Modality::Image,
        parameters: parameters(),
    };
    ROWS.iter().map(spec).collect()
}

/// Where the model of this name is.
pub(super) fn route(vendor_model: &str) -> Option<Route> {
    ROWS.iter().find(|(name, _, _)| *name == vendor_model).map(|(_, route, _)| *route)
}

fn core() -> Vec<Parameter> {
    vec![prompt().required(), aspect_ratio(), negative_prompt(), style_preset(), seed(), format(), n()]
}

fn ultra() -> Vec<Parameter> {
    let mut parameters = core();
    parameters.extend([image("a picture to begin with, together with strength"), strength()]);
    parameters
}

fn sd3() -> Vec<Parameter> {
    let mut parameters = ultra();
    parameters.push(number("cfg_scale", 1.0, 10.0, "how much it keeps to the prompt"));
    parameters
}

fn upscale_fast() -> Vec<Parameter> {
    vec![
        image(
            "what becomes four times as wide and high: each side of 32 to 1536 pixels, a megapixel at most",
        )
        .required(),
        format(),
        n(),
    ]
}

fn upscale_conservative() -> Vec<Parameter> {
    vec![
        image("what becomes four megapixels large, with little that is new").required(),
        prompt().required(),
        negative_prompt(),
        number("creativity", 0.2, 0.5, "how much is new; 0.35 where it is left out"),
        seed(),
        format(),
        n(),
    ]
}

fn upscale_creative() -> Vec<Parameter> {
    vec![
        image("what becomes four megapixels large, with much that is new; a megapixel at most").required(),
        prompt().required(),
        negative_prompt(),
        number("creativity", 0.1, 0.5, "how much is new; 0.3 where it is left out"),
        style_preset(),
        seed(),
        format(),
        n(),
    ]
}

fn erase() -> Vec<Parameter> {
    vec![image("what something is to go from").required(), mask(), grow_mask(20, 5), seed(), format(), n()]
}

fn inpaint() -> Vec<Parameter> {
    vec![
        image("what is to change").required(),
        prompt().required(),
        mask(),
        grow_mask(100, 5),
        negative_prompt(),
        style_preset(),
        seed(),
        format(),
        n(),
    ]
}

fn outpaint() -> Vec<Parameter> {
    let side = |name, where_to| {
        whole(name, 0, 2000, &format!("how many pixels it goes on {where_to}; at least one side must"))
    };
    vec![
        image("what is to go on at its sides").required(),
        side("left", "to the left"),
        side("right", "to the right"),
        side("up", "upwards"),
        side("down", "downwards"),
        prompt(),
        number("creativity", 0.0, 1.0, "how free it is; 0.5 where it is left out"),
        style_preset(),
        seed(),
        format(),
        n(),
    ]
}

fn search_and_replace() -> Vec<Parameter> {
    vec![
        image("what is to change").required(),
        prompt().required(),
        text("search_prompt", TEXT_CHARS_MAX, "what of it goes, in a few words").required(),
        grow_mask(20, 3),
        negative_prompt(),
        style_preset(),
        seed(),
        format(),
        n(),
    ]
}

fn search_and_recolor() -> Vec<Parameter> {
    vec![
        image("what is to change").required(),
        text("prompt", TEXT_CHARS_MAX, "which colours, in English").required(),
        text("select_prompt", TEXT_CHARS_MAX, "what of it gets them, in a few words").required(),
        // The vendor's page names no bounds; these are those of its sibling.
        whole("grow_mask", 0, 20, "by how many pixels what was found grows"),
        negative_prompt(),
        style_preset(),
        seed(),
        format(),
        n(),
    ]
}

fn remove_background() -> Vec<Parameter> {
    vec![
        image("what is to have nothing behind; 4 194 304 pixels at most").required(),
        choice("format", &["png", "webp"], FORMAT).default("png"),
        n(),
    ]
}

fn relight() -> Vec<Parameter> {
    let picture = |name, about| Parameter::new(name, ParameterKind::Media, about);
    let directions = ["left", "right", "above", "below"];
    vec![
        image("what gets something else behind, and its light").required(),
        text(
            "prompt",
            TEXT_CHARS_MAX,
            "what is behind, in English; this or background_reference must be there",
        ),
        picture("background_reference", "a picture of what is behind"),
        text("foreground_prompt", TEXT_CHARS_MAX, "what stands before it"),
        negative_prompt(),
        number(
            "preserve_original_subject",
            0.0,
            1.0,
            "how much what stands before it stays; 0.6 where it is left out",
        ),
        number(
            "original_background_depth",
            0.0,
            1.0,
            "how much the depth behind stays; 0.5 where it is left out",
        ),
        Parameter::new(
            "keep_original_background",
            ParameterKind::Boolean,
            "whether what is behind stays, and only the light changes",
        ),
        choice("light_source_direction", &directions, "where the light comes from"),
        picture("light_reference", "a picture with such a light"),
        number("light_source_strength", 0.0, 1.0, "how strong the light is; 0.3 where it is left out"),
        seed(),
        format(),
        n(),
    ]
}

fn control() -> Vec<Parameter> {
    vec![
        image("the sketch, or the picture whose structure is kept").required(),
        prompt().required(),
        number("control_strength", 0.0, 1.0, "how much of it is kept; 0.7 where it is left out"),
        negative_prompt(),
        style_preset(),
        seed(),
        format(),
        n(),
    ]
}

fn style() -> Vec<Parameter> {
    vec![
        image("the picture whose style is kept").required(),
        prompt().required(),
        number("fidelity", 0.0, 1.0, "how much of its style is kept; 0.5 where it is left out"),
        aspect_ratio(),
        negative_prompt(),
        seed(),
        format(),
        n(),
    ]
}

fn style_transfer() -> Vec<Parameter> {
    vec![
        image("what gets another style").required(),
        Parameter::new("style_image", ParameterKind::Media, "a picture of that style").required(),
        prompt(),
        negative_prompt(),
        number("style_strength", 0.0, 1.0, "how much of the style comes over; 1 where it is left out"),
        number("composition_fidelity", 0.0, 1.0, "how much of its order is kept; 0.9 where it is left out"),
        number("change_strength", 0.1, 1.0, "how much is changed; 0.9 where it is left out"),
        seed(),
        format(),
        n(),
    ]
}
