"""`python -m benchmarks [NAME ...]`: run what is named, or everything, one after the other."""

import importlib
import pkgutil
import sys

import benchmarks

# What the benchmarks share.
NOT_RUN = {"__main__", "rounds", "online_retail", "order_logs", "ml_lines"}


def main() -> None:
    known = sorted({module.name for module in pkgutil.iter_modules(benchmarks.__path__)} - NOT_RUN)
    names = sys.argv[1:] or known
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(known)}")
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"== {name}: {(module.__doc__ or '').strip().splitlines()[0]}")
        module.main()


if __name__ == "__main__":
    main()
