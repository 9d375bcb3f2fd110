"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Let programs that tests start hear Ctrl+C; what a shell runs in the background would not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
