//! Bodies of `multipart/form-data`.

pub(crate) struct Form(Vec<u8>);

impl Form {
    pub(crate) const MEDIA_TYPE: &str = "multipart/form-data; boundary=fourfold";

    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn text(self, field: &str, text: &str) -> Self {
        self.part(&format!("form-data; name=\"{field}\""), None, text.as_bytes())
    }

    pub(crate) fn file(self, field: &str, name: &str, media_type: &str, bytes: &[u8]) -> Self {
        self.part(&format!("form-data; name=\"{field}\"; filename=\"{name}\""), Some(media_type), bytes)
    }

    pub(crate) fn body(mut self) -> Vec<u8> {
        self.0.extend(b"--fourfold--\r\n");
        self.0
    }

    fn part(mut self, disposition: &str, media_type: Option<&str>, bytes: &[u8]) -> Self {
        let media_type = media_type.map(|kind| format!("content-type: {kind}\r\n")).unwrap_or_default();
        self.0
            .extend(format!("--fourfold\r\ncontent-disposition: {disposition}\r\n{media_type}\r\n").bytes());
        self.0.extend(bytes);
        self.0.extend(b"\r\n");
        self
    }
}
