import asyncio

from kecs.kube.queue import WorkQueue


async def take(queue: WorkQueue[str], seconds: float = 2.0) -> str:
    async with asyncio.timeout(seconds):
        return await queue.get()


async def test_a_key_is_in_the_queue_once_and_in_work_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    for key in ("a", "b", "a"):
        queue.add(key)
    assert [await take(queue), await take(queue)] == ["a", "b"]
    queue.add("a")
    assert len(queue) == 0  # in work: it waits for the end of that
    queue.done("a")
    assert await take(queue) == "a"
    queue.done("a")
    queue.done("b")
    assert queue.idle


async def test_delays_double_up_to_the_longest_and_begin_anew_after_a_success() -> None:
    queue: WorkQueue[str] = WorkQueue(first=1, longest=5)
    assert [queue.retry("a") for _ in range(5)] == [1, 2, 4, 5, 5]
    queue.succeeded("a")
    assert queue.retry("a") == 1
    assert [queue.retry("b") for _ in range(3000)][-1] == 5  # no overflow
    queue.close()


async def test_delayed_keys_come_in_time_and_the_earliest_counts() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("late", 60)
    queue.add_after("b", 0.03)
    queue.add_after("a", 0.01)
    queue.add_after("late", 0.05)
    queue.add_after("a", 30)
    queue.add_after("now", 0)
    got = [await take(queue) for _ in range(4)]
    assert got == ["now", "a", "b", "late"]
    assert queue._timer is None  # no timer while nothing waits


async def test_waiters_are_woken_one_by_one_and_cancelling_one_loses_no_key() -> None:
    queue: WorkQueue[str] = WorkQueue()
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    first.cancel()
    async with asyncio.timeout(2):
        assert await second == "a"


async def test_a_delay_that_came_too_late_leaves_nothing() -> None:
    """A service that is steady asks for a look in six hours after each of the many looks that others ask for."""
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("another", 10000)
    for _ in range(3000):
        queue.add_after("service", 21600)
        queue.add_after("service", 0.0001)
        queue._on_timer(asyncio.get_running_loop())
        assert await take(queue) == "service"
        queue.done("service")
    assert len(queue._heap) < 1000
    queue.add_after("service", 0.01)
    assert await take(queue) == "service"
    queue.close()
