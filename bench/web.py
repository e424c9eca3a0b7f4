"""Our web process, as `manage.py serve` runs it, with the limits per socket wide open.

An agent of the benchmark writes faster than any person; the limits are still counted, they only
never refuse. (Customers' limits are settings of the deployment.)
"""

import sys

import django


def main(port: int) -> int:
    django.setup()
    from apps.desk import limits
    from csdesk.serve import serve

    limits.FRAMES_A_SECOND = limits.BURST = 1e9
    return serve("127.0.0.1", port)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
