"""asyncio works in a handler wherever it is called; and when it ends, the process is the learner's again."""

import asyncio
import json
import os
import random
import signal
import sys
import threading
import time

import boto3
import pytest

from tests.cloud.conftest import duration, handler

# asyncio

TASKS = """
async def nap(seconds):
    await asyncio.sleep(seconds)
    order.append(seconds)
async def main():
    order.clear()
    await asyncio.gather(nap(3), nap(1), nap(2))
    return order
order = []
"""
FOREVER = "async def main():\n    await asyncio.Future()\n"
WAIT = (
    "async def main():\n    try: await asyncio.wait_for(asyncio.sleep(50), 5)\n    except TimeoutError: return 'late'\n"
)
THREAD = "async def main():\n    return await asyncio.wait_for(asyncio.to_thread(sum, [1, 2]), 5)\n"


@pytest.mark.parametrize(
    ("head", "expected"), [(TASKS, [1, 2, 3]), (WAIT, "late"), (THREAD, 3)], ids=["gather", "wait_for", "to_thread"]
)
@pytest.mark.parametrize("run", ["asyncio.run(main())", "asyncio.get_event_loop().run_until_complete(main())"])
def test_asyncio_works_in_a_cell_whose_thread_runs_a_loop(deploy, invoke, head, expected, run):
    deploy(handler(f"return {run}", head=head), Timeout=10)

    async def cell():
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        answers = [invoke()[0] for _ in range(2)]
        assert (task, loop) == (asyncio.current_task(), asyncio.get_running_loop())
        await asyncio.sleep(0)
        return answers

    start = time.monotonic()
    assert [expected, expected] == asyncio.run(cell())
    assert time.monotonic() - start < 60


def test_a_loop_of_this_thread_is_there_after_a_handler_ran_another(deploy, invoke):
    deploy(handler("return asyncio.run(main())", head=TASKS), Timeout=10)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    invoke()
    assert loop is asyncio.get_event_loop()
    asyncio.set_event_loop(None)
    loop.close()


def test_tasks_that_sleep_at_the_same_time_count_once(deploy, invoke, admin):
    deploy(handler("asyncio.run(main())", head=TASKS), Timeout=10)
    invoke()
    assert 3000 <= duration(admin) < 6000


@pytest.mark.parametrize("head", [FOREVER, TASKS, "async def main():\n    while True: await asyncio.sleep(0)\n"])
def test_a_loop_times_out(deploy, invoke, admin, head):
    deploy(handler("return asyncio.run(main())", head=head), Timeout=1)
    assert "Sandbox.Timedout" == invoke()[0]["errorType"]
    assert 1000 == duration(admin)


# what is undone

CHANGES = """
import builtins, json, signal, types
def change(folder):
    os.chdir(folder)
    os.umask(0o027)
    sys.setrecursionlimit(sys.getrecursionlimit() + 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    random.seed(1)
    sys.modules["made_by_hand"] = types.ModuleType("made_by_hand")
    sys.modules["json"] = types.ModuleType("json")
    builtins.left_behind = 1
    json.dumps = time.time = time.sleep = os.getpid = boto3.client = print
    asyncio.set_event_loop(asyncio.new_event_loop())
"""


def process():
    os.umask(mask := os.umask(0))
    spaces = [dict(vars(module)) for module in (boto3, json, os, threading.Thread, time)]
    modules = {name: module for name, module in sys.modules.items() if name in ("json", "made_by_hand")}
    signals = signal.getsignal(signal.SIGINT), sys.gettrace()
    policy = asyncio.events._event_loop_policy
    return os.getcwd(), mask, sys.getrecursionlimit(), signals, random.getstate(), spaces, modules, policy


@pytest.mark.parametrize(
    "end", ["return 1", "raise ValueError", "while True: pass", "raise KeyboardInterrupt", "sys.exit(1)"]
)
def test_after_a_handler_the_process_is_as_before(deploy, invoke, tmp_path, end):
    source = handler(
        "if event: change(event['folder'])", f"if event: {end}", "return 1", head=f"import boto3\n{CHANGES}"
    )
    deploy(source.replace(f"if event: {end}", f"if event:\n        {end}"), Timeout=1)
    invoke()  # what it imports stays
    before = process()
    try:
        invoke({"folder": str(tmp_path)})
        assert "KeyboardInterrupt" not in end
    except KeyboardInterrupt:
        assert "KeyboardInterrupt" in end
    assert before == process()
    assert not hasattr(__builtins__, "left_behind")
    assert 1 == invoke()[0]


def test_what_a_warm_environment_has_changed_is_there_again(deploy, invoke):
    head = (
        "import json, types\njson.shout = str.upper\nsys.modules['made_by_hand'] = types.ModuleType('made_by_hand')\n"
    )
    deploy(handler("import made_by_hand", "return json.shout('yes')", head=head))
    for _ in range(2):
        assert "YES" == invoke()[0]
        assert not hasattr(json, "shout") and "made_by_hand" not in sys.modules


def test_random_numbers_of_a_handler_are_its_own(deploy, invoke):
    deploy(handler("return random.random()"))
    random.seed(7)
    expected = random.random()
    random.seed(7)
    numbers = {invoke()[0] for _ in range(3)}
    assert 3 == len(numbers)
    assert expected == random.random()


def test_an_interrupt_is_the_learner_s_and_leaves_the_lab_in_order(lab, deploy, invoke):
    deploy(handler("if event: raise KeyboardInterrupt", "return 1"))
    with pytest.raises(KeyboardInterrupt):
        invoke({"stop": True})
    done = []
    thread = threading.Thread(target=lambda: done.append(invoke()[0]))
    thread.start()
    thread.join(30)
    assert [1] == done
    assert "time" == time.sleep.__module__


@pytest.mark.linux  # elsewhere a signal may come to any thread, or ends the process
def test_an_interrupt_by_the_signal_ends_a_handler_that_waits(deploy, invoke):
    deploy(
        handler(
            "threading.Timer(0.2, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]).start()",
            "threading.Event().wait(30)",
            head="import signal",
        )
    )
    with pytest.raises(KeyboardInterrupt):
        invoke()


# a debugger, or what measures coverage


@pytest.mark.parametrize("takes_the_place", [False, True], ids=["a debugger", "a measure of coverage"])
def test_who_traces_already_is_told_of_each_line_and_the_timeout_counts(deploy, invoke, takes_the_place):
    told = set()

    def trace(frame, event, argument):
        if takes_the_place and event == "call":
            sys.settrace(trace)
        told.add((frame.f_code.co_name, event))
        return trace

    deploy(handler("boto3.client('sts').get_caller_identity()", "while True: pass", head="import boto3"), Timeout=1)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        payload = invoke()[0]
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert trace is after
    assert "Sandbox.Timedout" == payload["errorType"]
    assert {(name, event) for name in ("lambda_handler", "_make_api_call") for event in ("call", "line")} <= told
    assert "opcode" not in {event for _, event in told}
