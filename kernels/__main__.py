"""Compile everything ahead, so that the first start of a worker does not: part of ``make install``."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import kernels

for module in pkgutil.iter_modules(kernels.__path__):
    if module.name != "__main__":
        import_module(f"kernels.{module.name}")
