//! A 3D model: one triangle in binary glTF.

use serde_json::json;

use super::Media;

pub(crate) fn glb() -> Media {
    let corners = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let binary: Vec<u8> = corners.as_flattened().iter().flat_map(|side: &f32| side.to_le_bytes()).collect();
    let described = json!({
        "asset": {"version": "2.0", "generator": "simulated"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3",
            "min": [0.0, 0.0, 0.0], "max": [1.0, 1.0, 0.0]}],
        "bufferViews": [{"buffer": 0, "byteLength": binary.len()}],
        "buffers": [{"byteLength": binary.len()}],
    });
    let mut text = described.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let chunk = |kind: &[u8], content: &[u8]| [&length(content.len())[..], kind, content].concat();
    let chunks = [chunk(b"JSON", &text), chunk(b"BIN\0", &binary)].concat();
    let bytes = [&b"glTF"[..], &2_u32.to_le_bytes(), &length(chunks.len() + 12), &chunks].concat();
    Media { media_type: "model/gltf-binary", extension: "glb", bytes: bytes.into() }
}
