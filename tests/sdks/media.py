"""What tests see of media without installing anything for it."""

import base64
import struct


def png_size(picture):
    """Width and height of a PNG picture, which comes as bytes or in base64."""
    data = base64.b64decode(picture) if isinstance(picture, str) else picture
    assert data.startswith(b"\x89PNG\r\n\x1a\n"), data[:16]
    return struct.unpack(">II", data[16:24])


def is_mp4(film):
    """Whether these bytes begin as an MP4 file does."""
    return film[4:8] == b"ftyp"


def is_mp3(sound):
    """Whether these bytes begin as an MP3 file does."""
    return sound[0] == 0xFF and sound[1] & 0xE0 == 0xE0
