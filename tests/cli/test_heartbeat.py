import time

from impossible.cli.heartbeat import Heartbeat


def test_silence_is_broken_with_what_is_being_done() -> None:
    said: list[str] = []
    with Heartbeat(said.append, every=0.1) as heartbeat:
        heartbeat.doing("reading")
        _until(lambda: len(said) >= 2)
        heartbeat.doing(lambda: "step 3 of 4")
        _until(lambda: "step 3" in said[-1])
        heartbeat.silence(True)
        time.sleep(0.05)
        before = len(said)
        time.sleep(0.3)
        assert len(said) == before
    assert said[0] == "… reading, 0 s"
    last = len(said)
    time.sleep(0.2)
    assert len(said) == last  # over


def test_who_speaks_needs_no_heartbeat() -> None:
    said: list[str] = []
    with Heartbeat(said.append, every=5) as heartbeat:
        for _ in range(5):
            time.sleep(0.02)
            heartbeat.heard()
    assert not said


def _until(done: object) -> None:
    end = time.monotonic() + 20
    while not done() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.01)
    assert time.monotonic() < end
