//! The media that a request names: what came in the request itself is taken out of it, to become files; what names
//! a file already must be the caller's.

use fourfold_domain::{FileId, InvalidInput, MediaPlace, Parameter};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::files::InlineFile;

/// The media of one request.
pub(super) struct NamedMedia {
    /// What came in the request itself. Its place names the file now that it is to become.
    pub(super) inline: Vec<InlineFile>,
    /// The files that are named, each once.
    pub(super) files: Vec<FileId>,
    /// Where each file is named.
    fields: Vec<(FileId, String)>,
    /// The addresses that are named, each with where.
    pub(super) urls: Vec<(String, String)>,
}

impl NamedMedia {
    /// Finds the media of an `input` by its model's table, and takes the data URIs out of it.
    pub(super) fn take(table: &[Parameter], input: &mut Map<String, Value>) -> Self {
        let mut media = Self { inline: Vec::new(), files: Vec::new(), fields: Vec::new(), urls: Vec::new() };
        for mut place in MediaPlace::all(table, input) {
            let field = place.field().to_owned();
            if let Some(id) = place.file() {
                if !media.files.contains(&id) {
                    media.files.push(id);
                }
                media.fields.push((id, field));
                continue;
            }
            if let Some(url) = place.url() {
                media.urls.push((field, url.to_owned()));
                continue;
            }
            let id = FileId::new(Uuid::now_v7());
            if let Some(data) = place.take_data(id) {
                media.fields.push((id, field.clone()));
                media.inline.push(InlineFile { id, field, data });
            }
        }
        media
    }

    /// The mistake of naming this file, which isn't there.
    pub(super) fn missing(&self, file: FileId) -> InvalidInput {
        let known = self.fields.iter().find(|(id, _)| *id == file);
        let field = known.map_or_else(|| "input".to_owned(), |(_, field)| field.clone());
        InvalidInput::not_allowed(field, format!("must name a file of yours; there is no file:{file}"))
    }
}
