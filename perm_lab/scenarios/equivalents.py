"""The state of a scenario's accounts in the three ways in which one writes it down oneself."""

from __future__ import annotations

from dataclasses import dataclass

from perm_lab.scenarios.api import ApiCall, program
from perm_lab.scenarios.cli import commands
from perm_lab.scenarios.cloudformation import Template, templates


@dataclass(frozen=True, slots=True)
class Equivalents:
    """One list of calls as a program, as commands and as templates, each worked out when it is asked for.

    `account` is where calls are made that name no other; `event_code` is the Python that then sets off the event.
    """

    account: str
    calls: tuple[ApiCall, ...]
    event_code: str = ""

    @property
    def boto3_code(self) -> str:
        """A program that builds the state in empty accounts and sets off the event."""
        return program(self.calls) + self.event_code

    @property
    def cli_code(self) -> str:
        """Commands of the AWS CLI that build the state in empty accounts."""
        return commands(self.calls)

    @property
    def cloudformation(self) -> tuple[Template, ...]:
        """A template of the state for each account, the scenario's own first."""
        return templates(self.calls, self.account)
