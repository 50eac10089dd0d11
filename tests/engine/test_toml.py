"""Whatever is wrong with a TOML file, all that read one refuse it in the same way."""

import pytest

from engine.definitions import DefinitionsError, parse_definitions
from engine.toml import TomlError, read_toml
from topologies.cases import CaseError, read_case
from topologies.sources import SettingsError, load_settings

BAD = {
    "a = ": "Invalid value",
    "a = 1\na = 2": "Cannot overwrite a value",
    "a = 2026-02-30": "Invalid date",
    'a = "\\uD800"': "Escaped character is not a Unicode scalar value",
    "a = " + "[" * 3_000: "nested too deeply",
    "a = " + "{a = " * 3_000: "nested too deeply",
    "a = " + "9" * 5_000: "thousands of digits",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:12])
def test_it_is_refused_with_what_is_wrong(text, tmp_path):
    with pytest.raises(TomlError, match=BAD[text]):
        read_toml(text)
    file = tmp_path / "file.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionsError, match=f"file:1: not TOML: .*{BAD[text]}|file:2: not TOML: .*{BAD[text]}"):
        parse_definitions(text, "file")
    with pytest.raises(SettingsError, match=f"not TOML: .*{BAD[text]}"):
        load_settings({}, file)
    with pytest.raises(CaseError, match=f"not TOML: .*{BAD[text]}"):
        read_case(file)
