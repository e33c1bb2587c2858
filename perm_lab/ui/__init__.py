"""What a learner sees: verdicts, trails and policies as HTML, pictures of runs, and widgets.

from perm_lab.scenarios import ExecutionRole
from perm_lab.ui import ScenarioWidget

ScenarioWidget(ExecutionRole())
"""

from perm_lab.challenges import Question
from perm_lab.ui.arrange import Arrange
from perm_lab.ui.both_sides import BothSides
from perm_lab.ui.drawing import svg, warm
from perm_lab.ui.editor import PolicyEditor
from perm_lab.ui.lab_map import lab_html
from perm_lab.ui.managed import PolicyBrowser
from perm_lab.ui.pictures import Diagram, diagram
from perm_lab.ui.predict import Prediction, Quiz
from perm_lab.ui.scenario import ScenarioWidget
from perm_lab.ui.source_board import BoardWidget

__all__ = [
    "Arrange",
    "BoardWidget",
    "BothSides",
    "Diagram",
    "PolicyBrowser",
    "PolicyEditor",
    "Prediction",
    "Question",
    "Quiz",
    "ScenarioWidget",
    "diagram",
    "lab_html",
    "svg",
    "warm",
]
