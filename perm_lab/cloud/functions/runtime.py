"""The execution environment: a function's code, run in this process with its role's credentials and nothing else.

While the handler runs, the process's environment variables, boto3's default session, the import path, standard output,
logging and event loop are the function's; afterwards they are the learner's again, and so are the current directory,
the modules and what else a handler is likely to change. What the code leaves in modules stays for the next invocation,
as in a warm environment of AWS.

Follows "Lambda execution environment" and "Define Lambda function handler in Python" (Lambda developer guide).
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import importlib
import io
import json
import logging
import math
import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from json import dumps, loads  # a handler may put others in their place
from sys import settrace  # a debugger puts another in its place, which warns in the log
from types import CodeType, FrameType
from typing import Any
from unittest import mock

import boto3

from perm_lab.cloud.core.clock import Clock, TimedOut, now
from perm_lab.cloud.functions.loops import EventLoops
from perm_lab.cloud.functions.state import Version

TASK_ROOT = "/var/task"
_SHARED = (sys.modules, *(vars(module) for module in (boto3, builtins, json, os, time)))
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a handler left: the JSON payload, whether it is an error, and the log as text."""

    payload: bytes
    failed: bool
    log: str
    request_id: str = ""


class RuntimeFailure(Exception):
    """The function failed outside its own code: what Lambda calls a `Runtime.…` error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Context:
    """The context object a handler is given. `clock` counts the time that the function uses."""

    aws_request_id: str
    function_name: str
    invoked_function_arn: str
    log_group_name: str
    log_stream_name: str
    memory_limit_in_mb: str
    clock: Clock
    function_version: str
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left before the function times out, never negative."""
        return int(self.clock.left() * 1000)


class Environment:
    """One execution environment of a function. `session` holds the role's credentials, `serial` makes its ids."""

    def __init__(self, version: Version, session: boto3.Session, serial: str) -> None:
        self.version = version
        self.has_stream = False
        self.log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version.number}]{serial.replace('-', '')}"
        self._session = session
        self._serial, self._runs = serial, 0
        self._changes: list[dict[str, Any]] = [{} for _ in _SHARED]
        self._random = random.Random().getstate()
        self._threads: list[threading.Thread] = []
        self._loops = EventLoops()
        self._handler: Callable[[Any, Context], Any] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="perm_lab_", ignore_cleanup_errors=True)
        self._root = os.path.realpath(self._folder.name)
        with zipfile.ZipFile(io.BytesIO(version.zip)) as archive:
            archive.extractall(self._root)
        self._variables = self._own_variables()

    def close(self) -> None:
        """Remove the code from disk."""
        self._loops.close()
        self._folder.cleanup()

    @property
    def access_key(self) -> str:
        """By which the calls of the function's code are known."""
        return self._variables["AWS_ACCESS_KEY_ID"]

    @cached_property
    def logs(self) -> Any:
        """The CloudWatch Logs client with which Lambda writes this function's log, as the role."""
        return self._session.client("logs")

    def _own_variables(self) -> dict[str, str]:
        keys = self._session.get_credentials().get_frozen_credentials()
        settings, name = self.version.settings, self.version.name
        return {
            **settings.get("Environment", {}).get("Variables", {}),
            "_HANDLER": settings.get("Handler", ""),
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token or "",
            "AWS_REGION": name.region,
            "AWS_DEFAULT_REGION": name.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings.get('Runtime', '')}",
            "AWS_LAMBDA_FUNCTION_NAME": name.name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version.number,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": settings["LoggingConfig"]["LogGroup"],
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "LAMBDA_TASK_ROOT": self._root,
        }

    def clock(self) -> Clock:
        """A clock for one run in this thread."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return Clock(self.version.settings["Timeout"], self._threads)

    def run(self, payload: bytes, arn: str, clock: Clock) -> Outcome:
        """Run the handler on the event in `payload` (JSON) and collect what it returns and prints.

        `arn` is the ARN by which the function was called.
        """
        self._runs += 1
        request_id = f"{self._serial[:-12]}{self._runs:012d}"
        name, settings, out = self.version.name.name, self.version.settings, io.StringIO()
        group, memory = settings["LoggingConfig"]["LogGroup"], settings["MemorySize"]
        context = Context(request_id, name, arn, group, self.log_stream, str(memory), clock, self.version.number)
        print(f"START RequestId: {request_id} Version: {self.version.number}", file=out)
        with self._inside(out, request_id), self._loops.running(clock), clock.going():
            body, failed = self._call(payload, context, out)
            took = min(clock.elapsed(), clock.timeout) * 1000
        report = f"Duration: {took:.2f} ms\tBilled Duration: {math.ceil(took)} ms\tMemory Size: {memory} MB"
        print(f"END RequestId: {request_id}\nREPORT RequestId: {request_id}\t{report}", file=out)
        return Outcome(body, failed, out.getvalue(), request_id)

    def _call(self, payload: bytes, context: Context, out: io.StringIO) -> tuple[bytes, bool]:
        stack: list[str] | None = None
        try:
            with _deadline(self._root, context.clock):
                result = self._load()(loads(payload), context)
            try:
                return dumps(result).encode(), False
            except (TypeError, ValueError) as error:
                raise RuntimeFailure("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
        except TimedOut:
            kind, seconds = "Sandbox.Timedout", self.version.settings["Timeout"]
            said = f"RequestId: {context.aws_request_id} Error: Task timed out after {seconds:.2f} seconds"
            print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z} {said}", file=out)
        except RuntimeFailure as failure:
            kind, said, stack = failure.kind, str(failure), []
            print(f"[ERROR] {kind}: {said}", file=out)
        except Exception as error:
            kind, said, stack = type(error).__name__, str(error), self._own_stack(error)
            print(f"[ERROR] {kind}: {said}\nTraceback (most recent call last):\n{''.join(stack)}", end="", file=out)
        except KeyboardInterrupt:
            raise  # the learner's
        except BaseException as stop:
            self._handler = None
            status = (stop.code or 0) if isinstance(stop, SystemExit) else 1
            kind = "Runtime.ExitError"
            said = f"RequestId: {context.aws_request_id} Error: Runtime exited with error: exit status {status}"
        body: dict[str, Any] = {"errorType": kind, "errorMessage": said}
        if stack is not None:
            body = {"errorMessage": said, "errorType": kind, "requestId": context.aws_request_id, "stackTrace": stack}
        return dumps(body).encode(), True

    def _own_stack(self, error: Exception) -> list[str]:
        """The lines of an exception's traceback from where the function's own code begins."""
        frames = traceback.extract_tb(error.__traceback__)
        mine = next((i for i, f in enumerate(frames) if f.filename.startswith(self._root)), len(frames))
        return [line.replace(self._root, TASK_ROOT) for line in traceback.format_list(frames[mine:])]

    def _load(self) -> Callable[[Any, Context], Any]:
        """The handler, imported on the first run (the cold start)."""
        if self._handler is None:
            path, _, name = self.version.settings.get("Handler", "").rpartition(".")
            module_name = path.replace("/", ".")
            try:
                module = importlib.import_module(module_name or name)
            except SyntaxError as error:
                text = f"Syntax error in module '{module_name}': {error}".replace(self._root, TASK_ROOT)
                raise RuntimeFailure("Runtime.UserCodeSyntaxError", text) from None
            except ImportError as error:
                text = f"Unable to import module '{module_name}': {error}"
                raise RuntimeFailure("Runtime.ImportModuleError", text) from None
            if not hasattr(module, name):
                raise RuntimeFailure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
            self._handler = getattr(module, name)
        return self._handler

    @contextlib.contextmanager
    def _inside(self, out: io.StringIO, request_id: str) -> Iterator[None]:
        """Make the process the function's for as long as the block lasts."""
        with (
            _settings(),
            _environment(self._variables),
            mock.patch.object(boto3, "DEFAULT_SESSION", self._session),
            mock.patch.object(sys, "path", [self._root, *sys.path]),
            self._own_state(),
            _logging_to(out, request_id),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            yield

    @contextlib.contextmanager
    def _own_state(self) -> Iterator[None]:
        """Import the function's modules from its own archive; what it changes in `_SHARED`, and its random numbers, are
        taken out of the process afterwards and put back for the next run."""
        names = {entry.removesuffix(".py") for entry in os.listdir(self._root)}
        outer, chance = [dict(space) for space in _SHARED], random.getstate()
        for name in outer[0]:
            if name.partition(".")[0] in names:
                sys.modules.pop(name, None)
        for space, changes in zip(_SHARED, self._changes, strict=True):
            space.update(changes)
        random.setstate(self._random)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            self._random = random.getstate()
            random.setstate(chance)
            for space, before, changes in zip(_SHARED, outer, self._changes, strict=True):
                new = {n: value for n, value in dict(space).items() if before.get(n, _MISSING) is not value}
                changes.clear()
                for name, value in new.items():
                    installed = getattr(value, "__spec__", None) and name.partition(".")[0] not in names
                    if name in before or not installed:
                        changes[name] = value
                for name in changes.keys() - before.keys():
                    space.pop(name, None)
                space.update(before)


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The process's environment variables and these; a thread that reads them meanwhile never meets them gone."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def _logging_to(out: io.StringIO, request_id: str) -> Iterator[None]:
    """The root logger as Lambda's Python runtime sets it up: warnings and above, tab-separated."""
    root = logging.getLogger()
    handler = logging.StreamHandler(out)
    pattern = f"[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t{request_id}\t%(message)s"
    handler.setFormatter(logging.Formatter(pattern, "%Y-%m-%dT%H:%M:%S"))
    before, level = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)


@contextlib.contextmanager
def _settings() -> Iterator[None]:
    """Put the process's own settings back afterwards."""
    folder, depth, interrupt = os.getcwd(), sys.getrecursionlimit(), signal.getsignal(signal.SIGINT)
    os.umask(mask := os.umask(0o077))  # it can only be read by setting it
    try:
        yield
    finally:
        os.umask(mask)
        sys.setrecursionlimit(depth)
        if signal.getsignal(signal.SIGINT) is not interrupt and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupt)
        os.chdir(folder)


@contextlib.contextmanager
def _deadline(root: str, clock: Clock) -> Iterator[None]:
    """Raise `TimedOut` in the first line of code under `root` that runs after the time of `clock` is used up.

    Python's own tracing does it, without a thread or a signal; so work inside one call is noticed when it returns. Who
    was tracing before, a debugger or the function that waits for this one, is told of everything as before.
    """
    before = sys.gettrace()

    def calls(frame: FrameType, event: Any, argument: Any) -> Any:
        told = before and before(frame, event, argument)
        if before:
            settrace(calls)  # coverage's tracer, when called, takes the place for itself
        if not frame.f_code.co_filename.startswith(root):
            return told

        def lines(frame: FrameType, event: Any, argument: Any) -> Any:
            nonlocal told
            if told and event != "opcode":
                told = told(frame, event, argument)
            if now() > clock.due:
                clock.check()
            return lines

        frame.f_trace_lines = True
        if _STANDS_STILL and _has_one_line_loop(frame.f_code):
            frame.f_trace_opcodes = True
        return lines

    settrace(calls)
    try:
        yield
    finally:
        settrace(before)


_STANDS_STILL = sys.version_info < (3, 12)  # a jump to itself begins no line, but an opcode


@lru_cache(1024)
def _has_one_line_loop(code: CodeType) -> bool:
    """Whether an instruction jumps to itself, as `while True: pass` on one line does."""
    return any(step.opcode in dis.hasjrel and step.argval == step.offset for step in dis.get_instructions(code))
