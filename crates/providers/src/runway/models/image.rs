//! What a model of pictures can be told.

use fourfold_domain::{ImageRequest, InvalidInput, Modality, ModelSpec, Parameter, ParameterKind};

use super::{check_length, first, public_figures, seed, sizes, words};
use crate::parameters::{text, whole};

/// A model that makes pictures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImageModel {
    pub(crate) name: &'static str,
    /// The longest prompt, in UTF-16 code units.
    pub(super) prompt_units_max: usize,
    pub(super) size: Sizes,
    /// How many pictures it works from.
    pub(super) images_max: usize,
    pub(super) needs_image: bool,
    /// Whether the prompt may name the pictures, by tags that we give them.
    pub(crate) has_tags: bool,
    pub(super) qualities: &'static str,
    pub(super) counts: Counts,
    /// The formats that may be asked for, the first by default.
    pub(super) formats: &'static str,
    /// What its files are where it writes only one format.
    pub(super) only_format: &'static str,
    pub(super) backgrounds: &'static str,
    /// What else it takes, by our names.
    pub(super) others: &'static [&'static str],
}

/// The sizes of a model.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sizes {
    /// One of these, the first by default.
    Of(&'static str),
    /// One of these; left out, the model's own choice.
    OfOrNone(&'static str),
    /// So many pixels in all, from and to.
    Pixels(u64, u64),
}

/// How many pictures may be asked for at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counts {
    One,
    UpTo(i64),
    OneOf(&'static [i64]),
}

impl ImageModel {
    /// The model of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        super::image_table::MODELS.iter().find(|model| model.name == name)
    }

    /// Its row of the table.
    pub(super) fn spec(&self) -> ModelSpec {
        let mut rows = vec![text("prompt", self.prompt_units_max, "what to draw").required()];
        rows.extend(self.images_row());
        rows.push(self.size_row());
        if !self.qualities.is_empty() {
            rows.push(words("quality", self.qualities, "how well").default(first(self.qualities)));
        }
        match self.counts {
            Counts::One => {}
            Counts::UpTo(most) => rows.push(whole("n", 1, most, "how many pictures").default(1)),
            Counts::OneOf(counts) => {
                let kind = ParameterKind::IntegerChoice(counts.to_vec());
                rows.push(Parameter::new("n", kind, "how many pictures").default(1));
            }
        }
        if !self.formats.is_empty() {
            let row = words("format", self.formats, "the format of the pictures");
            rows.push(row.default(first(self.formats)));
        }
        if !self.backgrounds.is_empty() {
            rows.push(words("background", self.backgrounds, "what is behind"));
        }
        rows.extend(self.others.iter().map(|name| other(name)));
        ModelSpec { vendor_model: self.name.to_owned(), modality: Modality::Image, parameters: rows }
    }

    /// Refuses what this model can't do together, which its row can't say.
    pub(crate) fn check(&self, image: &ImageRequest) -> Result<(), InvalidInput> {
        check_length("input.prompt", &image.prompt, self.prompt_units_max)?;
        let not_allowed = |field: &'static str, allowed: &str| Err(InvalidInput::not_allowed(field, allowed));
        if let (Sizes::Pixels(least, most), Some(size)) = (self.size, image.size)
            && !(least..=most).contains(&(u64::from(size.width) * u64::from(size.height)))
        {
            return not_allowed("input.size", &format!("must have from {least} to {most} pixels in all"));
        }
        let is_on = |name: &str| image.extras.get(name).is_some_and(|value| value == true);
        let (has_image, has_size) = (!image.images.is_empty(), image.size.is_some());
        let is_edit = is_on("edit") || is_on("precise_edit") || image.mask.is_some();
        match self.name {
            "grok_imagine_image_2" | "ideogram_4_5" if is_edit && !has_image => {
                Err(InvalidInput::malformed("input.image", "is required for an edit"))
            }
            "ideogram_4_5" if is_edit && has_size => {
                not_allowed("input.size", "isn't taken with an edit, which keeps the size of its picture")
            }
            "bria_fibo_edit_1_5" if has_size && image.images.len() < 2 => {
                not_allowed("input.size", "is only taken with two pictures or more: one keeps its own")
            }
            _ => Ok(()),
        }
    }

    /// The size to ask for where a request names none.
    pub(crate) fn usual_size(&self) -> Option<&'static str> {
        match self.size {
            Sizes::Of(sizes) => Some(first(sizes)),
            Sizes::OfOrNone(_) => None,
            Sizes::Pixels(..) => Some(SQUARE),
        }
    }

    /// What its files are, as far as is known before they are there.
    pub(crate) fn format(&self, image: &ImageRequest) -> String {
        let usual = if self.formats.is_empty() { self.only_format } else { first(self.formats) };
        image.format.as_deref().unwrap_or(usual).to_owned()
    }

    fn images_row(&self) -> Option<Parameter> {
        let about = match self.has_tags {
            true => "pictures to go by; the prompt may name them as @image_1, @image_2 and so on",
            false => "pictures to work from",
        };
        let row = Parameter::new("image", ParameterKind::MediaList { max: self.images_max }, about);
        match (self.images_max, self.needs_image) {
            (0, _) => None,
            (_, true) => Some(row.required()),
            (_, false) => Some(row),
        }
    }

    fn size_row(&self) -> Parameter {
        match self.size {
            Sizes::Of(choices) => sizes(choices, "how large").default(first(choices).replace(':', "x")),
            Sizes::OfOrNone(choices) => sizes(choices, "how large; left out, as the model finds right"),
            Sizes::Pixels(least, most) => {
                let about = format!("how large, from {least} to {most} pixels in all");
                let kind = ParameterKind::Size { min: 256, max: 16_384, step: 1 };
                Parameter::new("size", kind, &about).default(SQUARE.replace(':', "x"))
            }
        }
    }
}

const SQUARE: &str = "2048:2048";

fn other(name: &str) -> Parameter {
    let flag = |about: &str| Parameter::new(name, ParameterKind::Boolean, about);
    match name {
        "seed" => seed(),
        "mask" => Parameter::new(name, ParameterKind::Media, "a picture of what may be changed of the first"),
        "edit" => flag("whether the first picture is changed, and not only gone by"),
        "precise_edit" => flag("whether the first picture is changed, with all else left as it is"),
        "grounding" => flag("whether the model looks things up before"),
        "thinking_level" => words(name, "minimal medium high", "how much the model thinks before"),
        "background_color" => text(name, 7, "the colour behind, as six hexadecimal digits"),
        "colors" => {
            let about = "the colours that it has, each as six hexadecimal digits";
            Parameter::new(name, ParameterKind::Texts { max: 10 }, about)
        }
        _ => public_figures(),
    }
}
