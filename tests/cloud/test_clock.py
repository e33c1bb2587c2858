"""A handler's time is what it computes and sleeps, however busy the machine is."""

import contextlib
import subprocess
import sys
import threading
import time

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import S3Backend

from perm_lab.cloud.core import scheduler
from tests.cloud.conftest import allow, duration, handler

ECHO = "def lambda_handler(event, context):\n    return event\n"
INVOKE = """
import boto3
def lambda_handler(event, context):
    return boto3.client("lambda").invoke(FunctionName=event["next"])["Payload"].read().decode()
"""


def compute(seconds):
    """Use so much of the CPU in this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@contextlib.contextmanager
def busy():
    """Threads that leave any other a third of the interpreter."""
    end = threading.Event()

    def burn():
        while not end.is_set():
            pass

    threads = [threading.Thread(target=burn) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield
    end.set()
    for thread in threads:
        thread.join()


# the clock


def test_a_busy_machine_fails_no_function(deploy, invoke):
    deploy(handler("end = time.thread_time() + 0.6", "while time.thread_time() < end: pass", "return 1"), Timeout=1)
    with busy():
        before = time.monotonic()
        assert 1 == invoke()[0]
        assert time.monotonic() - before > 1


def test_a_handler_that_computes_for_longer_than_its_timeout_times_out(deploy, invoke, admin):
    deploy(handler("end = time.thread_time() + 2", "while time.thread_time() < end:", "    x = 1"), Timeout=1)
    assert "Sandbox.Timedout" == invoke()[0]["errorType"]
    assert 1000 == duration(admin)


def test_a_sleep_takes_no_time_and_counts(deploy, invoke, admin):
    rest = "context.get_remaining_time_in_millis()"
    deploy(handler(f"before = {rest}", "time.sleep(100)", f"return before - {rest}"), Timeout=120)
    start = time.monotonic()
    used = invoke()[0]
    assert time.monotonic() - start < 60
    assert 100_000 <= used < 105_000
    assert 100_000 <= duration(admin) < 105_000


def test_sleeps_that_pass_the_timeout_together_end_the_handler_there(deploy, invoke, admin):
    deploy(handler("for n in range(9):", "    time.sleep(1.25)", "    print('round', n)"), Timeout=3)
    assert "Sandbox.Timedout" == invoke()[0]["errorType"]
    lines = admin.client("logs").filter_log_events(logGroupName="/aws/lambda/thumbnails")["events"]
    assert ["round 0\n", "round 1\n"] == [e["message"] for e in lines if e["message"].startswith("round")]
    assert 3000 == duration(admin)


def test_the_clocks_of_time_agree_with_a_sleep(deploy, invoke):
    names = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns")
    read = f"[{', '.join(f'time.{name}()' for name in names)}]"
    deploy(handler(f"start = {read}", "time.sleep(50)", f"return start, {read}"), Timeout=60)
    for name, start, end in zip(names, *invoke()[0], strict=True):
        assert 50 <= (end - start) / (1e9 if name.endswith("_ns") else 1) < 60


def test_waiting_for_a_time_of_day_ends(deploy, invoke):
    deploy(handler("end = time.time() + 2", "while time.time() < end: time.sleep(0.1)", "return 'woken'"), Timeout=5)
    assert "woken" == invoke()[0]


def test_sleep_imported_by_name_counts_in_every_run(deploy, invoke):
    deploy(
        handler("sleep(50)", "return context.get_remaining_time_in_millis()", head="from time import sleep"), Timeout=60
    )
    start = time.monotonic()
    for _ in range(2):
        assert 5_000 < invoke()[0] <= 10_000
    assert time.monotonic() - start < 50


@pytest.mark.parametrize(("value", "error"), [("-1", "ValueError"), ("'1'", "TypeError")])
def test_a_wrong_sleep_is_refused_as_ever(deploy, invoke, value, error):
    deploy(handler(f"time.sleep({value})"))
    assert error == invoke()[0]["errorType"]


def test_other_threads_sleep_and_read_the_time_as_ever_while_a_handler_runs(deploy, invoke):
    deploy(
        handler("time.sleep(1000)", "end = time.thread_time() + 0.4", "while time.thread_time() < end: pass"),
        Timeout=1200,
    )
    seen, end = [], threading.Event()

    def heartbeat():
        while not end.is_set():
            before = time.time(), time.monotonic()
            time.sleep(0.05)
            seen.append((time.time() - before[0], time.monotonic() - before[1]))

    thread = threading.Thread(target=heartbeat)
    thread.start()
    invoke()
    end.set()
    thread.join()
    assert len(seen) >= 2
    assert all(0.04 < took < 100 for pair in seen for took in pair)


def test_sleeps_of_several_threads_count_once(deploy, invoke):
    source = handler(
        "with ThreadPoolExecutor(4) as pool: list(pool.map(time.sleep, [0.4] * 4))",
        "return context.get_remaining_time_in_millis()",
        head="from concurrent.futures import ThreadPoolExecutor",
    )
    deploy(source, Timeout=1)
    assert 0 < invoke()[0] <= 600


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # Python itself says nothing
def test_a_thread_that_sleeps_too_long_ends_the_handler_that_waits_for_it(deploy, invoke):
    source = handler(
        "thread = threading.Thread(target=time.sleep, args=(1000,))", "thread.start()", "thread.join()", "return 1"
    )
    deploy(source, Timeout=1)
    assert "Sandbox.Timedout" == invoke()[0]["errorType"]


def test_so_does_one_in_a_pool(deploy, invoke):
    source = handler(
        "with ThreadPoolExecutor(2) as pool: return list(pool.map(time.sleep, [1000, 0]))",
        head="from concurrent.futures import ThreadPoolExecutor",
    )
    deploy(source, Timeout=1)
    assert "Sandbox.Timedout" == invoke()[0]["errorType"]


def test_a_handler_that_waits_for_its_thread_waits_for_real(deploy, invoke):
    work = "def work():\n    end = time.thread_time() + 0.2\n    while time.thread_time() < end: pass\n"
    source = handler(
        "thread = threading.Thread(target=work)",
        "thread.start()",
        "while thread.is_alive(): time.sleep(0.1)",
        "return 1",
        head=work,
    )
    deploy(source, Timeout=60)
    assert 1 == invoke()[0]


def test_what_a_call_costs_the_simulator_is_not_the_function_s_time(deploy, invoke, monkeypatch):
    deploy(
        handler("s3.list_buckets()", "return 1", head="import boto3\ns3 = boto3.client('s3')"),
        inline={"list": allow("s3:ListAllMyBuckets")},
        Timeout=1,
    )
    answer = S3Backend.list_buckets
    monkeypatch.setattr(S3Backend, "list_buckets", lambda *args, **more: compute(1.5) or answer(*args, **more))
    assert 1 == invoke()[0]


def test_who_waits_for_a_function_s_answer_uses_its_time(deploy, invoke, admin):
    deploy(handler("time.sleep(50)"), name="slow", Timeout=60)
    deploy(INVOKE, inline={"call": allow("lambda:InvokeFunction")}, Timeout=90)
    assert "null" == invoke({"next": "slow"})[0]
    assert 50_000 <= duration(admin) < 60_000
    admin.client("lambda").update_function_configuration(FunctionName="thumbnails", Timeout=30)
    assert "Sandbox.Timedout" == invoke({"next": "slow"})[0]["errorType"]


def test_an_endless_function_does_not_hold_up_who_waits_for_it(deploy, invoke):
    deploy(handler("while True:", "    pass"), name="endless", Timeout=1)
    deploy(INVOKE, inline={"call": allow("lambda:InvokeFunction")}, Timeout=5)
    assert "Task timed out after 1.00 seconds" in invoke({"next": "endless"})[0]


def test_without_a_clock_for_each_thread_the_process_s_is_taken():
    code = (
        "import time; del time.thread_time\nfrom perm_lab.cloud.core import clock\n"
        "assert clock._cpu is time.process_time, clock._cpu"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code]).returncode


# one function after another


def test_a_function_waits_for_another_however_long_it_takes(deploy, invoke):
    deploy(handler("threading.Event().wait(1.5)"), name="slow", Timeout=1)
    deploy(ECHO)
    thread = threading.Thread(target=invoke, kwargs={"name": "slow"})
    thread.start()
    time.sleep(0.2)
    answers = [invoke({"n": n})[0] for n in range(3)]
    thread.join()
    assert [{"n": n} for n in range(3)] == answers


def test_a_handler_s_thread_may_invoke_as_somebody_else(deploy, invoke, admin):
    source = """
import boto3, json
from concurrent.futures import ThreadPoolExecutor
def lambda_handler(event, context):
    client = boto3.Session(*event["keys"]).client("lambda")
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(client.invoke, FunctionName="other").result()["Payload"].read().decode()
"""
    deploy(ECHO, name="other")
    deploy(source)
    keys = admin.get_credentials()
    assert "{}" == invoke({"keys": [keys.access_key, keys.secret_key]})[0]


def test_a_deadlock_ends(deploy, invoke, admin, monkeypatch):
    monkeypatch.setattr(scheduler, "_LONGEST", 0.5)
    wait = "sys.modules['learner'].asked.set()", "return sys.modules['learner'].answered.wait(30)"
    deploy(handler(*wait))
    deploy(ECHO, name="other")
    learner = type(sys)("learner")
    learner.asked, learner.answered, met = threading.Event(), threading.Event(), []
    monkeypatch.setitem(sys.modules, "learner", learner)

    def answer():
        learner.asked.wait(30)
        try:
            invoke(name="other")
        except ClientError as error:
            met.append(error.response["Reason"])
        learner.answered.set()

    thread = threading.Thread(target=answer)
    thread.start()
    assert invoke()[0] is True
    thread.join()
    assert ["ConcurrentInvocationLimitExceeded"] == met


def test_whoever_wants_to_be_alone_meets_no_function(lab, deploy, invoke):
    deploy(ECHO)
    invoke()
    lab.checkpoint("warm")
    errors, end = [], threading.Event()

    def work(number):
        try:
            while not end.is_set():
                assert {"n": number} == invoke({"n": number})[0]
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        with lab.core.scheduler.alone():
            lab.restore("warm")
            lab.checkpoint("warm")
    end.set()
    for thread in threads:
        thread.join()
    assert [] == errors
