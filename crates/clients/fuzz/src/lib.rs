//! What the fuzz targets share.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads an answer of each of these types. Whatever can be read is written, and then read again, as it was.
#[macro_export]
macro_rules! read_each {
    ($data:expr; $($answer:ty),+ $(,)?) => {
        $($crate::read::<$answer>($data);)+
    };
}

/// Reads an answer of one type.
pub fn read<T: DeserializeOwned + Serialize + PartialEq>(data: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(data).ok()?;
    let written = serde_json::to_vec(&value).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert!(again == value, "{}", String::from_utf8_lossy(&written));
    Some(value)
}
