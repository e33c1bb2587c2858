"""The figures of `make bench`: what each one is, what is promised of it, and the table that shows how it came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `least` or `most` is the promise; `over` makes it the ratio of two other figures."""

    key: str
    words: str
    unit: str
    least: float | None = None
    most: float | None = None
    over: tuple[str, str] | None = None

    def value(self, noted: Mapping[str, float]) -> float | None:
        """What was measured, None where the run did not measure it."""
        if self.over is None:
            return noted.get(self.key)
        above, below = self.over
        return noted[above] / noted[below] if above in noted and below in noted else None

    @property
    def promise(self) -> str:
        if self.least is not None:
            return f"at least {number(self.least)}"
        return "" if self.most is None else f"at most {number(self.most)}"

    def stands(self, value: float) -> str:
        """Whether the promise is kept, and how far off it is."""
        if self.least is None and self.most is None:
            return ""
        if value <= 0:  # nothing grew
            return "kept"
        margin = value / self.least if self.least is not None else self.most / value
        return f"kept, {margin:.2f} × to spare" if margin >= 1 else f"missed, {1 / margin:.2f} × off"


def ratio(above: str, below: str, words: str, most: float | None = None) -> Figure:
    """The figure that sets one figure against another."""
    return Figure(f"{above}/{below}", words, "×", most=most, over=(above, below))


def calls(service: str, call: str) -> list[Figure]:
    """The figures of one boto3 call."""
    return [
        Figure(f"{service} moto", f"{call}, moto alone", "ms"),
        Figure(f"{service} allowed", f"{call}, allowed by a policy", "ms"),
        Figure(f"{service} admin", f"{call}, as administrator", "ms"),
        Figure(f"{service} denied", f"{call}, denied", "ms"),
        ratio(f"{service} allowed", f"{service} moto", f"{call}, allowed against moto alone"),
        ratio(f"{service} admin", f"{service} moto", f"{call}, administrator against moto alone"),
        ratio(f"{service} denied", f"{service} moto", f"{call}, denied against moto alone"),
    ]


TABLE = (
    Figure("5", "verdicts, 5 + 3 statements", "decisions/s", least=100_000),
    Figure("made", "the same, making each request included", "decisions/s"),
    Figure("evidence", "with all evidence, 5 + 3 statements", "decisions/s", least=40_000),
    Figure("10", "verdicts, 10 + 3 statements", "decisions/s"),
    Figure("100", "verdicts, 100 + 3 statements", "decisions/s"),
    Figure("1000", "verdicts, 1,000 + 3 statements", "decisions/s", least=50_000),
    ratio("10", "5", "10 + 3 against 5 + 3 statements"),
    ratio("100", "5", "100 + 3 against 5 + 3 statements"),
    ratio("1000", "5", "1,000 + 3 against 5 + 3 statements"),
    Figure("fnmatch", "naive fnmatch, 5 + 3, no conditions", "decisions/s"),
    ratio("5", "fnmatch", "verdicts against naive fnmatch"),
    Figure("ours", "one account and services, 5 + 3, here", "decisions/s"),
    Figure("moto", "the same, moto's access control (no conditions)", "decisions/s"),
    Figure("cedar", "the same, Cedar, one batch", "decisions/s"),
    ratio("ours", "moto", "here against moto's access control"),
    ratio("ours", "cedar", "here against Cedar"),
    Figure("python", "python -c pass", "ms"),
    Figure("perm_lab.iam", "import perm_lab.iam, without python", "ms", most=60),
    Figure("perm_lab", "import perm_lab, without python", "ms", most=300),
    Figure("first", "fresh process to first decision, python included", "ms"),
    *calls("s3", "s3 get_object"),
    *calls("sqs", "sqs get_queue_attributes"),
    Figure("invoke", "lambda invoke, trivial handler", "ms"),
    Figure("event", "S3 put to notification to handler to S3 put", "ms"),
    Figure("gate", "the gate's part of such an event", "%"),
    Figure("records", "1,000 Kinesis records in batches of 100", "ms"),
    Figure("trivial", "click to page, trivial widget", "ms"),
    Figure("verdict", "click to verdict, execution role", "ms"),
    Figure("picture", "click to verdict and new diagram, execution role", "ms"),
    ratio("verdict", "trivial", "verdict against trivial widget"),
    ratio("picture", "trivial", "verdict and diagram against trivial widget", most=2.5),
    Figure("session", "1,300 more clicks on a widget: the process grows by", "MB", most=20),
    ratio("last clicks", "first clicks", "a tenth of them at the end against one at the beginning", most=1.3),
    ratio("150th role", "15th role", "the 150th CreateRole of an account against the 15th", most=1.5),
    Figure("changes", "20 changes in an account with 3,000 objects: the process grows by", "MB", most=5),
    Figure("check", "a task's solution checked once more, mean of all tasks, CPU", "ms", most=150),
    Figure("slowest check", "the same, the slowest task", "ms", most=150),
    Figure("bare kernel", "kernel before the first cell, resident", "MB"),
    Figure("kernel", "kernel after the largest notebook, resident", "MB", most=200),
)
HEAD = ("figure", "measured", "unit", "promised", "where it stands")


class Notes:
    """What one benchmark found out: kept for the table, and with its own record (`--benchmark-json`).

    What is computed in this process (decisions, calls) is told by its best round, which other programs on the same
    cores disturb least; what goes through others (processes, the page) by its median.

    Nothing is kept under `--benchmark-disable`, where a benchmark runs once and proves only that it works.
    """

    def __init__(self, benchmark: Any, noted: dict[str, float]) -> None:
        self._benchmark = benchmark
        self._noted = noted

    def value(self, key: str, value: float) -> None:
        """Keep a figure of the table."""
        if self._benchmark.enabled:
            words = next((figure.words for figure in TABLE if figure.key == key), key)
            self._noted[key] = self._benchmark.extra_info[words] = value

    def milliseconds(self, key: str, which: str, less: float = 0) -> None:
        """Keep the `min` or `median` of the rounds in milliseconds, `less` so many seconds."""
        if self._benchmark.enabled:
            self.value(key, 1_000 * (self._benchmark.stats[which] - less))

    def rate(self, key: str, count: int) -> None:
        """Keep how many there are in a second, where the best round is `count` of them."""
        if self._benchmark.enabled:
            self.value(key, count / self._benchmark.stats["min"])


def number(value: float) -> str:
    """`value` to three or four places."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(noted: Mapping[str, float]) -> list[str]:
    """The figures that were measured as lines of text, the promises beside them."""
    rows = [
        (figure.words, number(value), figure.unit, figure.promise, figure.stands(value))
        for figure in TABLE
        if (value := figure.value(noted)) is not None
    ]
    wide = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip() for row in (HEAD, *rows)
    ]
