"""What a fresh process pays before it can decide: the imports, beside a Python that does nothing."""

import subprocess
import sys
import time
from statistics import median

import pytest

from tests.repo import ROOT

ROUNDS = 11
NOTHING = "pass"
FIRST_DECISION = """
from perm_lab.iam import Policy, PolicySet, Principal, Request, evaluate
policy = Policy.parse({
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": "*",
                  "Condition": {"StringEquals": {"aws:username": "maya"}}},
})
maya = Principal.user("arn:aws:iam::111111111111:user/maya")
request = Request(maya, "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111111111111:function:resize")
print(evaluate(request, PolicySet(identity=(policy,))).verdict.word)
"""
LOADED = "import sys; before = set(sys.modules); import perm_lab.iam; print(*sys.modules.keys() - before)"


def fresh(program):
    """What a new Python prints that runs `program`."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("module", ["perm_lab.iam", "perm_lab"])
def test_an_import(benchmark, notes, module):
    bare = []  # seconds of a Python that does nothing, one started before each round

    def start_bare():
        start = time.perf_counter()
        fresh(NOTHING)
        bare.append(time.perf_counter() - start)

    program = f"import {module}"
    assert "" == benchmark.pedantic(fresh, [program], setup=start_bare, rounds=ROUNDS, warmup_rounds=1)
    notes.value("python", 1_000 * median(bare))
    notes.milliseconds(module, "median", less=median(bare))


def test_the_first_decision(benchmark, notes):
    assert "allowed\n" == benchmark.pedantic(fresh, [FIRST_DECISION], rounds=ROUNDS, warmup_rounds=1)
    notes.milliseconds("first", "median")


def test_the_engine_loads_the_standard_library_only(benchmark):
    loaded = benchmark.pedantic(fresh, [LOADED]).split()
    assert "perm_lab.iam" in loaded
    assert {"perm_lab"} == {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
