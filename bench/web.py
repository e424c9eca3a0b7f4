"""Our web process, as `manage.py serve` runs it, with the limits per socket wide open.

    python -m bench.web 8000 [FILE]     with a file: what lives in it is counted there (bench.census)

An agent of the benchmark writes faster than any person; the limits are still counted, they only
never refuse. (Customers' limits are settings of the deployment.)
"""

import sys
from pathlib import Path

import django


def main(port: int, counts: str = "") -> int:
    django.setup()
    from apps.desk import limits
    from csdesk import asgi
    from csdesk.serve import serve

    limits.FRAMES_A_SECOND = limits.BURST = 1e9
    if counts:
        _count_into(asgi, Path(counts))
    return serve("127.0.0.1", port)


def _count_into(asgi: object, file: Path) -> None:
    from bench import census

    begin = asgi.started

    def started(loop: object) -> None:
        begin(loop)
        census.start(loop, file)

    asgi.started = started


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
