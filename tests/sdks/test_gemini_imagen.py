"""google-genai 1: pictures as they were made while the vendor had Imagen."""

import pytest
from google import genai
from google.genai import errors

from media import png_size

CREATE = "POST /v1beta/models/{model}:predict"
IMAGEN = "imagen-4.0-generate-001"


@pytest.fixture
def client(simulator):
    with genai.Client(api_key="key-test", http_options={"base_url": simulator.base_url("gemini")}) as client:
        yield client


def test_pictures_are_drawn_in_one_paid_request(client, simulator):
    config = {"number_of_images": 2, "aspect_ratio": "16:9"}
    drawn = client.models.generate_images(model=IMAGEN, prompt="a fox", config=config)
    for picture in drawn.images:
        width, height = png_size(picture.image_bytes)
        assert width > height
    assert len(drawn.images) == 2
    assert simulator.paid == [CREATE]


def test_a_picture_that_the_filter_catches_is_missing_without_an_error(client):
    config = {"number_of_images": 1, "include_rai_reason": True}
    drawn = client.models.generate_images(model=IMAGEN, prompt="a [filtered] fox", config=config)
    assert [picture.rai_filtered_reason is not None for picture in drawn.generated_images] == [True]


def test_bad_input_is_refused(client, simulator):
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_images(model=IMAGEN, prompt="a fox", config={"number_of_images": 5})
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert (simulator.statuses, simulator.paid) == ([400], [])
