"""What mutates the engine: mutants that differ from the original, samples that are fair and always the same, and a plain interval."""

from __future__ import annotations

import pytest

pytest.importorskip("mutmut")

from tests.mutation.__main__ import interval, report_of, score
from tests.mutation.covering import Covering
from tests.mutation.mutants import Mutant, changes_of, configure, sampled
from tests.mutation.trying import Fate, Tried
from tests.repository.files import ROOT


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    configure(ROOT)


def test_a_mutant_is_the_file_with_one_change_in_a_function() -> None:
    changes = changes_of(ROOT, "engine/masks.py")
    mutants = list(sampled([changes], None, 0))
    assert len(mutants) > 40
    for mutant in mutants:
        compile(mutant.source, mutant.file, "exec")
        assert mutant.source.splitlines()[mutant.line - 1] != mutant.original.splitlines()[mutant.line - 1]


def test_methods_of_decorated_classes_are_mutated_too() -> None:
    functions = {mutant.function for mutant in sampled([changes_of(ROOT, "engine/mistakes.py")], None, 0)}
    assert {"line", "find_places"} <= functions


def test_a_sample_is_the_same_again_and_each_file_has_its_share() -> None:
    changes = [changes_of(ROOT, f"engine/{name}.py") for name in ("masks", "starts", "toml")]
    chosen = [mutant.name for mutant in sampled(changes, 40, 7)]
    assert chosen == [mutant.name for mutant in sampled(changes, 40, 7)]
    assert 30 <= len(chosen) <= 42
    assert {name.partition(":")[0] for name in chosen} == {"engine/masks.py", "engine/starts.py", "engine/toml.py"}


def test_the_tests_of_a_line_come_quickest_first_and_those_of_its_function_if_it_has_none() -> None:
    covering = Covering({"slow": 2.0, "quick": 0.1, "other": 1.0}, {"f": {"3": ["slow", "quick"], "5": ["other"]}})
    assert covering.tests("f", 3, range(2, 9)) == ["quick", "slow"]
    assert covering.tests("f", 4, range(2, 9)) == ["quick", "other", "slow"]
    assert covering.tests("g", 3, range(2, 9)) == []


def test_the_report_tells_the_score_and_how_sure_it_is() -> None:
    tried = [
        Tried(Mutant("engine/a.py", number, "f", 1, "a", "b"), fate, 3) for number, fate in enumerate([Fate.KILLED] * 8 + [*Fate][1:3])
    ]
    assert score(tried) == 0.9
    assert interval(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-3)
    report = report_of(tried, 100)
    assert "| engine/a.py | 10 | 8 | 1 | 1 | 0 | 90% |" in report
    assert "90.0% of 10 mutants are noticed, between 59.6% and 98.2% of all 100" in report
