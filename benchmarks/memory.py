"""The most memory that sessions of real size take on their way to stored bars.

python benchmarks/memory.py [--sessions 30]
"""

from __future__ import annotations

from measuring import arguments, conclude, documents, process, scratch, script, show


def main() -> None:
    """Prints the peaks of the pipeline and of the script by hand, a process each."""
    chosen = arguments(__doc__, sessions=30)
    archive, sessions = documents(chosen.sessions)
    with scratch() as folder:
        peaks = {
            name: process(script(name, archive, folder / name, sessions[0], sessions[-1])).peak_gib
            for name in ("pipeline.py", "by_hand.py")
        }
    rows = [(name, f"{peak:.2f}") for name, peak in peaks.items()]
    show(f"{len(sessions)} sessions", ("process", "peak GiB"), rows)
    conclude(
        f"{peaks['pipeline.py']:.2f} GiB, ratio {peaks['pipeline.py'] / peaks['by_hand.py']:.2f}"
    )


if __name__ == "__main__":
    main()
