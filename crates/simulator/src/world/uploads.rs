//! Files that are sent beside a vendor's API: to a URL made for one file, as a form, without a key.

use std::time::SystemTime;

use http::StatusCode;

use super::bounded::Bounded;
use crate::Vendor;
use crate::answer::Answer;
use crate::call::{FilePart, Form};
use crate::media::{PictureFormat, Size};

/// A file that is awaited or came.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) vendor: Vendor,
    /// Who may use the file.
    pub(crate) credential: String,
    /// What the form must bring before the file.
    pub(crate) fields: Vec<(String, String)>,
    /// How long the file may be.
    pub(crate) bytes_max: u64,
    /// Until when the URL and the file work.
    pub(crate) expires_at: SystemTime,
    pub(crate) file: Option<UploadedFile>,
}

/// What is remembered of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UploadedFile {
    pub(crate) media_type: String,
    /// Where it is a picture.
    pub(crate) picture_size: Option<Size>,
}

/// The newest uploads by their name.
pub(crate) struct Uploads(Bounded<Upload>);

impl Uploads {
    /// Where files are sent.
    pub(crate) const PATH: &str = "/_uploads/";
    const UPLOADS_MAX: usize = 10_000;

    pub(crate) fn add(&mut self, name: String, upload: Upload) {
        self.0.insert(name, upload);
    }

    /// The file of this name that came, if it was this key's and still works.
    pub(crate) fn file(
        &self,
        name: &str,
        vendor: Vendor,
        credential: &str,
        now: SystemTime,
    ) -> Option<UploadedFile> {
        let upload = self.0.get(name)?;
        let is_theirs = upload.vendor == vendor && upload.credential == credential;
        upload.file.clone().filter(|_file| is_theirs && now <= upload.expires_at)
    }

    /// Takes the file of a form, as the vendors' storage does. A second one takes the place of the first.
    pub(crate) fn receive(&mut self, name: &str, form: &Form, now: SystemTime) -> Answer {
        let Some(upload) = self.0.get_mut(name) else {
            return refusal(StatusCode::NOT_FOUND, "NoSuchKey", "There is no such upload.");
        };
        if now > upload.expires_at {
            return refusal(
                StatusCode::FORBIDDEN,
                "AccessDenied",
                "Invalid according to Policy: Policy expired.",
            );
        }
        let Some(file) = form.files("file").into_iter().next() else {
            let problem = "POST requires exactly one file upload per request.";
            return refusal(StatusCode::BAD_REQUEST, "InvalidArgument", problem);
        };
        // Storage reads a form as it comes, so what follows the file isn't seen.
        let before = form.texts_before(file);
        let is_there = |(field, value): &(String, String)| before.contains(&(field.as_str(), value.as_str()));
        if !upload.fields.iter().all(is_there) {
            let problem = "Invalid according to Policy: a field is missing, wrong, or behind the file.";
            return refusal(StatusCode::FORBIDDEN, "AccessDenied", problem);
        }
        if u64::try_from(file.bytes.len()).unwrap_or(u64::MAX) > upload.bytes_max {
            let problem = "Your proposed upload exceeds the maximum allowed size.";
            return refusal(StatusCode::BAD_REQUEST, "EntityTooLarge", problem);
        }
        upload.file = Some(UploadedFile::of(file));
        Answer::empty(StatusCode::NO_CONTENT)
    }
}

impl UploadedFile {
    fn of(file: &FilePart) -> Self {
        let picture = PictureFormat::measure(&file.bytes);
        Self {
            media_type: file.media_type.clone().unwrap_or_else(|| "application/octet-stream".into()),
            picture_size: picture.map(|(_, size)| size),
        }
    }
}

impl Default for Uploads {
    fn default() -> Self {
        Self(Bounded::new(Self::UPLOADS_MAX))
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Answer {
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Answer::bytes("application/xml", error).with_status(status)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use bytes::Bytes;
    use http::HeaderMap;
    use http::header::CONTENT_TYPE;

    use super::*;

    async fn form(bytes: &str) -> Form {
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, "multipart/form-data; boundary=b".parse().unwrap())]);
        let head = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
        let body = Bytes::from(format!("{head}{bytes}\r\n--b--\r\n"));
        Form::read(&headers, &body).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_file_may_be_so_long_and_no_longer() {
        let mut uploads = Uploads::default();
        let upload = Upload {
            vendor: Vendor::Runway,
            credential: "mine".into(),
            fields: Vec::new(),
            bytes_max: 3,
            expires_at: UNIX_EPOCH,
            file: None,
        };
        uploads.add("a".into(), upload);
        let refused = uploads.receive("a", &form("1234").await, UNIX_EPOCH);
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(uploads.file("a", Vendor::Runway, "mine", UNIX_EPOCH), None);
        assert_eq!(uploads.receive("a", &form("123").await, UNIX_EPOCH).status, StatusCode::NO_CONTENT);
        assert!(uploads.file("a", Vendor::Runway, "mine", UNIX_EPOCH).is_some());
    }
}
