//! `/images/…`: pictures from words, and from other pictures.

use bytes::Bytes;

use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{File, form, unpacked, wire_type};

wire_type! {
    /// Which pictures are to be made. Which fields a model takes, the vendor decides.
    pub struct ImageRequest {
        must {
            /// The model's name.
            model: String,
            /// What is to be seen, in at most 32 000 characters.
            prompt: String,
        }
        may {
            /// How many, from 1 to 10.
            n: u32,
            /// `auto`, or width and height as in `1024x1024`.
            size: String,
            /// `auto`, `low`, `medium`, `high`, `xhigh`, `max`.
            quality: String,
            /// `auto`, `opaque`, `transparent`.
            background: String,
            /// `png`, `jpeg`, `webp`.
            output_format: String,
            /// From 0 to 100, for formats that lose something.
            output_compression: u32,
            /// How strict the filter is: `auto`, `low`.
            moderation: String,
            /// `vivid` or `natural`, for vendors that still have the older models.
            style: String,
            /// `url` or `b64_json`, for vendors that still have the older models.
            response_format: String,
            /// Stands for the end user, in a way that tells nothing about them.
            safety_identifier: String,
            /// As `safety_identifier`, for vendors that don't know that yet.
            user: String,
        }
    }
}

/// Which pictures are to be made of others.
#[derive(Clone, PartialEq, Debug)]
pub struct ImageEditRequest {
    /// What is to be made of them. Fields that only edits have, such as `input_fidelity`, go in by
    /// [`with`](ImageRequest::with).
    pub request: ImageRequest,
    /// The pictures, at most 16.
    pub images: Vec<File>,
    /// A picture of the same size as the first, which is changed where this one is transparent.
    pub mask: Option<File>,
}

impl ImageEditRequest {
    /// Changes these pictures.
    pub fn new(request: ImageRequest, images: impl Into<Vec<File>>) -> Self {
        Self { request, images: images.into(), mask: None }
    }

    /// Changes only what the mask leaves open.
    #[must_use]
    pub fn mask(mut self, mask: File) -> Self {
        self.mask = Some(mask);
        self
    }
}

wire_type! {
    /// The pictures.
    pub struct Images {
        must {
            /// The pictures.
            data: Vec<Image>,
        }
        may {
            /// When they were made, in Unix seconds.
            created: u64,
            /// The background that they have.
            background: String,
            /// The format that they have.
            output_format: String,
            /// The quality that they have.
            quality: String,
            /// The size that they have.
            size: String,
            /// What is charged for.
            usage: ImageUsage,
        }
    }
}

wire_type! {
    /// A picture: its bytes, or where they are.
    pub struct Image {
        may {
            /// The picture in base64.
            b64_json: String,
            /// Where it is for about an hour, with older models.
            url: String,
            /// The prompt as the vendor has changed it.
            revised_prompt: String,
        }
    }
}

impl Image {
    /// The picture itself, if it came with the answer.
    pub fn bytes(&self) -> Result<Option<Bytes>, ClientError> {
        self.b64_json.as_deref().map(unpacked).transpose()
    }
}

wire_type! {
    /// What is charged for.
    pub struct ImageUsage {
        may {
            /// The tokens of what was asked.
            input_tokens: u64,
            /// The tokens of what was made.
            output_tokens: u64,
            /// Both.
            total_tokens: u64,
            /// What the asked ones are.
            input_tokens_details: TokensByKind,
            /// What the made ones are.
            output_tokens_details: TokensByKind,
        }
    }
}

wire_type! {
    /// Tokens by what they stand for.
    pub struct TokensByKind {
        may {
            /// Words.
            text_tokens: u64,
            /// Pictures.
            image_tokens: u64,
        }
    }
}

pub(super) async fn generate(http: &BaseHttpClient, request: &ImageRequest) -> Result<Images, ClientError> {
    http.post("images/generations").operation("generate_image").json(request).paid().send().await?.json()
}

pub(super) async fn edit(http: &BaseHttpClient, request: &ImageEditRequest) -> Result<Images, ClientError> {
    let mut form = form::of(&request.request)?;
    let name = if request.images.len() == 1 { "image" } else { "image[]" };
    for image in &request.images {
        form = form::with_file(form, name, image);
    }
    if let Some(mask) = &request.mask {
        form = form::with_file(form, "mask", mask);
    }
    http.post("images/edits").operation("edit_image").multipart(form).paid().send().await?.json()
}
