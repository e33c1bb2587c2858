"""What README.md shows in Python runs as it stands there."""

import re

import pytest

from tests.repo import ROOT

PROGRAMS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_readme_runs(program, capsys):
    exec(compile(program, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed
    promised = re.findall(r"^print\(.*\) +# ((?:im|ex)plicitly denied|allowed)$", program, re.MULTILINE)
    assert promised == printed.splitlines()[: len(promised)]
