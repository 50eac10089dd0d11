"""Mutants of the engine: mutmut's changes of one place each, as whole files.

mutmut puts all mutants of a file into it, behind trampolines, which decorated classes and properties can't have, and leaves those out.
Here a mutant is a file of its own, so they are mutated too; what is outside of functions is not.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libcst as cst
from mutmut.configuration import Config
from mutmut.mutation import file_mutation
from mutmut.mutation.file_mutation import Mutation, create_mutations, deep_replace

Cst = Any
"""What mutmut and libcst give is passed on as it is."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file; ``line`` is the first that differs, from 1."""

    file: str
    number: int
    function: str
    line: int
    original: str
    source: str

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return f"{self.file}:{self.line} {self.function} #{self.number}"

    @property
    def diff(self) -> str:
        """What it changes."""
        lines = difflib.unified_diff(self.original.splitlines(), self.source.splitlines(), self.name, "", n=2, lineterm="")
        return "\n".join(lines)


class _Decorated(file_mutation.MutationVisitor):
    """Goes into decorated functions and classes too, but not into their decorators."""

    def _skip_node_and_children(self, node: Cst) -> bool:
        if isinstance(node, cst.Decorator):
            return True
        if isinstance(node, cst.ClassDef) or (isinstance(node, cst.FunctionDef) and not _is_overload(node)):
            return False
        return bool(super()._skip_node_and_children(node))


def _is_overload(node: Cst) -> bool:
    return any(isinstance(one.decorator, cst.Name) and one.decorator.value == "overload" for one in node.decorators)


def configure(root: Path) -> None:
    """Tell mutmut what ``[tool.mutmut]`` of this repository says; it looks in the working directory."""
    assert Path.cwd() == root
    file_mutation.MutationVisitor = _Decorated
    Config.ensure_loaded()


@dataclass(frozen=True, slots=True)
class Changes:
    """All that can be changed in a file."""

    file: str
    text: str
    module: Cst
    mutations: Sequence[Mutation]

    def mutant(self, number: int) -> Mutant | None:
        """One of them; None if it is no change of the text."""
        mutation = self.mutations[number]
        source = deep_replace(self.module, mutation.original_node, mutation.mutated_node).code
        pairs = enumerate(zip(self.text.splitlines(), source.splitlines(), strict=False), start=1)
        line = next((line for line, (before, after) in pairs if before != after), None)
        if line is None:
            return None
        return Mutant(self.file, number, mutation.contained_by_top_level_function.name.value, line, self.text, source)


def changes_of(root: Path, file: str) -> Changes:
    """The changes of functions and methods of a file."""
    text = (root / file).read_text(encoding="utf-8")
    module, mutations, _, _ = create_mutations(file, text)
    inside = [one for one in mutations if isinstance(one.contained_by_top_level_function, cst.FunctionDef)]
    return Changes(file, text, module, inside)


def sampled(files: Sequence[Changes], sample: int | None, seed: int) -> Iterator[Mutant]:
    """A sample of all mutants, each file with its share; all of them without a sample."""
    total = sum(len(one.mutations) for one in files)
    rng = random.Random(seed)
    for one in files:
        numbers = list(range(len(one.mutations)))
        if sample is not None and sample < total:
            share = sample * len(numbers) / total
            numbers = sorted(rng.sample(numbers, min(len(numbers), int(share) + (rng.random() < share % 1))))
        yield from (mutant for number in numbers if (mutant := one.mutant(number)) is not None)
