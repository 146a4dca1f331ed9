"""The examples of docs/http-api.md and docs/chat.md, run as they stand there."""

import pathlib
import re
import subprocess
import sys

import pytest

DOCS = pathlib.Path(__file__).parents[2] / "docs"
PAGES = ["http-api.md", "chat.md"]
PATH = "/usr/local/bin:/usr/bin:/bin"


def examples():
    """Each example with its language, in their order."""
    text = "\n".join((DOCS / page).read_text() for page in PAGES)
    return re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where the examples are run, one after the other: later ones need what earlier ones leave."""
    return tmp_path_factory.mktemp("docs")


def test_there_are_examples_of_both_kinds():
    assert {language for language, _ in examples()} == {"sh", "python"}


@pytest.mark.parametrize("example", range(len(examples())))
def test_an_example_does_what_it_says(fourfold, folder, example):
    language, text = examples()[example]
    program = {"sh": ["bash", "-euo", "pipefail", "-c", text], "python": [sys.executable, "-c", text]}[language]
    environment = {"FOURFOLD_URL": fourfold.url, "FOURFOLD_API_KEY": fourfold.make_key("admin"), "PATH": PATH}
    ran = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert ran.stdout
