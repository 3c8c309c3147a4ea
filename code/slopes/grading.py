r"""Homework: its tasks, and marking what students hand in without running any of it.

A set of homework is a Markdown file. A heading names it, and each task is a block of its own::

    :::{derivation} falling-sigmoid
    :title: A sigmoid that falls
    :points: 10
    :least: 3
    :given: f(x) := \frac{1}{1 + e^{x}}
    :proves: f'(x) = -f(x)(1 - f(x))
    What is asked for.

    ~~~solution
    One line a step.
    ~~~
    :::

A *derivation* is its own key: whatever leads from the left side of what it proves to the right one, in
at least so many steps, is right. *Code* is marked by its tests, elsewhere; a *figure* to read and an
*open* question by a person. Its points are those of its parts, which its block ``~~~marking`` lists::

    - 2 points for what students may know: what a right answer says.

An answer is found by the line that its cell begins with, so that a cell may be moved, and a notebook
renamed.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin

from .equations import check_derivation
from .equations.derivation import WRONG, written_sides

# The options that a task of each kind needs, beside its title.
KINDS = {"derivation": {"points", "proves"}, "code": {"points"}, "figure": {"alt"}, "open": set()}
BLOCKS = ("solution", "start", "tests", "hidden", "picture", "marking")
REPEATED = ("given",)
OPTION = re.compile(r":([a-z]+):\s*(.*)")
PART = re.compile(r"^- (\d+(?:\.\d+)?) points? for (.+?): .+$", re.M)
BEGINS = re.compile(r"\s*(?:#|<!--)\s*answer:\s*([\w-]+)")
# What Python reads as something else than a backslash and a letter, unless an r stands before.
ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^\\n'\"\n]")
UNANSWERED = "*Your answer.*"
# In a line that is no formula as a whole: those between dollar signs, and the words on either side,
# with the number of the line.
DOLLARS = re.compile(r"\$+([^$]+)\$+")
BEFORE = re.compile(
    r"\s*(?:\d+[.)]\s*)?(?:\\(?:\w*arrow|implies|therefore)\s*)?"
    r"(?:I\s+)?(?:[A-Za-z]{2,}[,:.]?(?:\s+|$)(?:[aI]\s+(?=[A-Za-z]{2}))?)*"
)
BEHIND = re.compile(r"[,;]?\s+(?=[(\[#?!.]*(?:[A-Za-z]{2,}(?:[\s,.:)]|$)|$))|\s*[?!.]$")
SENTENCE = re.compile(r"(?:[A-Za-z]{2,}\s+){2}")  # two words in a row are no formula
LONGEST = 20_000  # characters of an answer
# What a derivation earns, in Markdown, as teachers and students are told it.
RULE = r"""| the derivation | its points |
|---|---|
| leads from one side of the claim to the other, in the steps asked for | all |
| does so in fewer steps, but in two or more | its share: three steps of four earn three quarters |
| does so in one step where more are asked for, or only states the claim | none |
| does not arrive, or has a wrong line | half the share of the steps that lead on from a side of the claim, above the first wrong line |
| has steps above a wrong line that lead on from no side of the claim | a person decides |
| holds, but proves the claim in another way or with another letter for its variable, uses the claim itself, or begins with it in another form | a person decides |
| cannot be read | a person decides |

A step is an equality that holds and changes something.
Restating the claim, writing $f'(x) = \frac{d}{dx} \dots$, adding zero and giving a name another meaning do not count as steps, and take nothing from the others.
What holds below a wrong line does not count; where it would earn more, a person looks at it.
Direction and notation are free.
Points are rounded to halves.
"""  # noqa: E501


class HomeworkError(ValueError):
    """A set of homework that is not written as it should be; the message says where, and what to do.

    >>> raise HomeworkError("homework-1.md: there is no task, such as :::{derivation} name")
    Traceback (most recent call last):
    slopes.grading.HomeworkError: homework-1.md: there is no task, such as :::{derivation} name
    """


@dataclass(frozen=True)
class Task:
    r"""One task. `blocks` holds its solution, its tests and the like, by their names.

    >>> task = Task("open", "why", "Why not?", 2, "Say why.")
    >>> print(task.mark, task.start, sep="\n")
    <!-- answer: why -->
    *Your answer.*
    """

    kind: str
    name: str
    title: str
    points: float
    text: str
    given: tuple = ()
    proves: str = ""
    least: int = 1
    alt: str = ""
    blocks: dict = field(default_factory=dict)

    @property
    def mark(self):
        """The line by which the answer's cell is known again."""
        if self.kind in ("derivation", "code"):
            return f"# answer: {self.name}"
        return f"<!-- answer: {self.name} -->"

    @property
    def start(self):
        """What stands below that line before a student has written anything."""
        if self.kind == "derivation":
            left = written_sides(self.proves)[0].strip()
            given = "".join(f'        r"{item}",\n' for item in self.given)
            return (
                f'steps = r"""\n{left}\n"""\ncheck_derivation(\n    steps,\n    given=[\n{given}    ],\n'
                f'    proves=r"{self.proves}",\n    least={self.least},\n)'
            )
        return self.blocks["start"].strip() if self.kind == "code" else UNANSWERED

    @property
    def parts(self):
        """(points, what they are for) of each part, for students, too; of code, of each test."""
        if self.kind == "code":
            return [(self.points / len(self.tests), name) for name, _ in self.tests]
        found = PART.findall(self.blocks.get("marking", ""))
        return [(float(worth), what) for worth, what in found]

    @property
    def shares(self):
        """The points that there are for each part, or for all in one number."""
        return [most for most, _ in self.parts] or [self.points]

    @property
    def tests(self):
        """(name, source) of each test of code: the one that students see, and those that they do not."""
        hidden = re.split(r"^(?=# )", self.blocks.get("hidden", ""), flags=re.M)
        named = [(part.split("\n")[0].lstrip("# "), part.strip()) for part in hidden if part]
        return [("the tests in the notebook", self.blocks["tests"].strip()), *named]


@dataclass(frozen=True)
class Homework:
    """A set of tasks.

    >>> Homework("one", "Homework 1", "", (Task("open", "why", "Why not?", 2, "Say why."),)).title
    'Homework 1'
    """

    name: str
    title: str
    text: str
    tasks: tuple

    @property
    def points(self):
        """All the points that there are."""
        return sum(task.points for task in self.tasks)


@dataclass
class Mark:
    """What became of one task.

    `points` is None where a person has to decide. `answer` is what the student wrote, `said` a sentence
    for the student, `comment` what a person adds, `by_hand` why a person should look, `lines` the kind
    of verdict on each line of a derivation, its LaTeX and its rule, and `shares` what a person gave to
    each part of the task. `suggested` are the points that a derivation would have without the words
    among its formulas, `fault` is why its first wrong line is wrong, and `by_rule` what stands unless a
    person gives other points.

    >>> Mark(Task("open", "why", "Why not?", 2, "Say why."), None, by_hand="open question").points
    """

    task: Task
    points: float | None = 0.0
    answer: str = ""
    said: str = ""
    by_hand: str = ""
    lines: list = field(default_factory=list)
    comment: str = ""
    shares: list = field(default_factory=list)
    suggested: float | None = None
    fault: str = ""
    by_rule: float | None = None


def read_homework(path) -> Homework:
    r"""Read a set of homework from its Markdown file.

    Raises
    ------
    HomeworkError
        Naming the file and the line of what is not written as it should be.

    Examples
    --------
    >>> import tempfile
    >>> marking = "~~~marking\n- 2 points for one reason: it has a kink.\n~~~"
    >>> task = f":::{{open}} why\n:title: Why not?\nSay why.\n{marking}\n:::"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "one.md")
    ...     count = path.write_text(f"# Homework 1\n\n{task}\n")
    ...     [(task.title, task.points, task.parts) for task in read_homework(path).tasks]
    [('Why not?', 2.0, [(2.0, 'one reason')])]
    """
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    title = re.match(r"# (.+)\n", text)
    if not title:
        raise HomeworkError(f"{path.name}: the first line is a heading: # Homework 1: ...")
    parser = MarkdownIt("commonmark").use(colon_fence_plugin)
    fences = [token for token in parser.parse(text) if token.type == "colon_fence"]
    tasks = tuple(_task(token, f"{path.name}, line {token.map[0] + 1}") for token in fences)
    if not tasks:
        raise HomeworkError(f"{path.name}: there is no task, such as :::{{derivation}} name")
    twice = [name for name, times in Counter(task.name for task in tasks).items() if times > 1]
    if twice:
        raise HomeworkError(f"{path.name}: two tasks are called {twice[0]}")
    lines = text.splitlines()[1 : fences[0].map[0]]
    return Homework(path.stem, title[1].strip(), "\n".join(lines).strip(), tasks)


def _task(token, where):
    """The task that a block describes."""
    head = re.fullmatch(r"\{([a-z]+)\}\s+([\w-]+)", token.info.strip())
    if not head or head[1] not in KINDS:
        kinds = ", ".join(KINDS)
        raise HomeworkError(
            f"{where}: a task begins with :::{{kind}} name, its kind one of {kinds}"
        )
    options, rest = _options(token.content.splitlines())
    text, blocks = _blocks("\n".join(rest))
    wanted = {"title"} | KINDS[head[1]]
    known = wanted | ({"given", "least"} if head[1] == "derivation" else set())
    for name in (*sorted(wanted - set(options)), *sorted(set(options) - known)):
        what = "lacks" if name in wanted else "has an unknown"
        raise HomeworkError(f"{where}: the task {head[2]} {what} :{name}:")
    needs = {"derivation": ["solution"], "code": ["start", "solution", "tests"]}
    for name in needs.get(head[1], ["marking"]) + ["picture"] * (head[1] == "figure"):
        if name not in blocks:
            raise HomeworkError(f"{where}: the task {head[2]} lacks its block ~~~{name}")
    if not blocks.get("hidden", "# ").startswith("# "):
        raise HomeworkError(f"{where}: a hidden test of {head[2]} begins with its name, as # ...")
    try:
        numbers = {"points": float(options.pop("points", 0)), "least": int(options.pop("least", 1))}
    except ValueError:
        raise HomeworkError(f"{where}: :points: and :least: of {head[2]} are numbers") from None
    task = Task(head[1], head[2], text=text, blocks=blocks, **options, **numbers)
    if "marking" not in blocks:
        return task
    items = [line for line in blocks["marking"].splitlines() if line.startswith("- ")]
    if not items or len(items) != len(task.parts):
        part = "- 2 points for what students may know: what a right answer says"
        raise HomeworkError(f"{where}: in ~~~marking of {head[2]} each item is like {part}")
    return replace(task, points=sum(worth for worth, _ in task.parts))


def _options(lines):
    """The options at the head of a block, and the lines below."""
    options, at = {}, 0
    while at < len(lines) and (found := OPTION.fullmatch(lines[at].strip())):
        name, value = found.groups()
        options[name] = (*options.get(name, ()), value) if name in REPEATED else value
        at += 1
    return options, lines[at:]


def _blocks(text):
    """The text of a task without its fenced blocks, and these by name."""
    lines, blocks = text.splitlines(), {}
    for token in reversed(MarkdownIt("commonmark").parse(text)):
        if token.type == "fence" and token.info.strip() in BLOCKS and token.level == 0:
            blocks[token.info.strip()] = token.content
            del lines[token.map[0] : token.map[1]]
    return "\n".join(lines).strip(), blocks


# What was handed in


def mark(homework: Homework, cells: list[str]) -> list[Mark]:
    r"""Mark each task of a set, given the cells of one submission.

    Nothing of it is run: of a derivation the text between its quotes is read, and judged.

    >>> claim = {"given": ("f(x) := x^2",), "proves": "f'(x) = 2x"}
    >>> task = Task("derivation", "square", "A square", 4, "", **claim)
    >>> answer = "# answer: square\nsteps = 'f\\'(x) = x + x = 2x'"
    >>> (result,) = mark(Homework("h", "H", "", (task,)), [answer])
    >>> result.points, result.said
    (4.0, 'Every line holds, and it takes 2 steps.')
    """
    found: dict[str, list[str]] = {}
    for cell in cells:
        begins = BEGINS.match(cell)
        if begins:
            found.setdefault(begins[1], []).append(cell.split("\n", 1)[1] if "\n" in cell else "")
    return [_mark_task(task, found.get(task.name, [])) for task in homework.tasks]


def _mark_task(task, answers):
    """The mark of one task; `answers` are the cells that say they are its answer."""
    if not answers:
        return Mark(task, said="No cell of the notebook answers it.", by_hand="no cell answers it")
    answer = answers[-1].strip()
    if task.start == UNANSWERED and answer != UNANSWERED:
        answer = answer.removeprefix(UNANSWERED).strip()
    if answer == task.start.strip() or not answer:
        result = Mark(task, said="Not answered.")
    elif len(answer) > LONGEST:
        said = f"The answer has more than {LONGEST:,} characters, and was not read."
        result = Mark(task, None, answer[:LONGEST], said, "far too long to be read")
    elif task.kind == "derivation":
        result = _mark_derivation(task, answer)
    else:
        reason = "its tests have to be run" if task.kind == "code" else f"{task.kind} question"
        result = Mark(task, None, answer, by_hand=reason)
    if len(set(answers)) > 1:
        result.by_hand = f"{len(answers)} cells answer it; the last was marked"
        result.said += (
            f" Your notebook has {len(answers)} cells that answer it; the last one counts."
        )
    return result


def _mark_derivation(task, answer):
    """The mark of a derivation: all points if it proves the claim, at most half if it does not arrive.

    One that arrives in fewer steps than asked for gets its share. What a machine cannot judge is left
    to a person.
    """
    try:
        steps = steps_of(answer)
    except ValueError as error:
        return Mark(task, None, answer, f"It could not be read: {error}.", str(error))
    if not steps.strip() or steps.strip() == steps_of(task.start).strip():
        return Mark(task, said="Not answered.")
    claim = {"given": task.given, "proves": task.proves, "least": task.least}
    verdict = check_derivation(steps, **claim)
    unread = any(line.kind == "unread" for line in verdict.lines)
    if verdict.first_wrong is not None and not unread:
        verdict = check_derivation(_going_on(steps), **claim)
    said = _said(verdict)
    points, by_hand = _by_the_rule(task, verdict), _for_a_person(verdict)
    lines = [(line.kind, line.latex, line.rule) for line in verdict.lines]
    fault = _fault(verdict.lines)
    if not by_hand:
        points = None if _leads_on_from_no_side(verdict, claim) else points
        by_hand = _beside_the_points(task, verdict, points)
        return Mark(task, points, steps, said, by_hand, lines, fault=fault)
    result = Mark(task, None, steps, said, by_hand, lines, fault=fault)
    if unread and "\\begin" not in steps:
        alone, result.lines, result.fault = _without_words(verdict, claim)
        if alone is not None and not _for_a_person(alone):
            result.suggested = _by_the_rule(task, alone)
            result.by_hand = (
                "words or the numbers of lines stand among its formulas, which alone have"
                f" {result.suggested:g} points"
            )
    return result


def _said(verdict):
    """What a student is told of a derivation."""
    if verdict.first_wrong is not None and "$" in verdict.first_wrong[1].latex:
        return f"Line {verdict.first_wrong[0]} is not understood: write it without dollar signs."
    if verdict.first_wrong is not None:
        line = verdict.first_wrong[1]
        line.hint = line.hint.partition(": ")[0]  # the kind of slip, and not what mends it
        return f"L{str(verdict)[1:]}."
    if verdict.gap == "none":
        return "No line of it says that two things are equal."
    if verdict.gap == "claim" and not verdict.reached:
        return (
            "Every line holds, but writing down the claim is not a step, and nothing else leads from"
            " one side of it to the other."
        )
    reached = f"it takes {verdict.reached} step" + "s" * (verdict.reached != 1)
    return f"Every line holds, {'and ' + reached if verdict else 'but ' + verdict.missing}."


def _by_the_rule(task, verdict):
    """The points that the steps of a derivation have."""
    share = min(verdict.reached, task.least) / task.least
    if not verdict and verdict.first_wrong is None:
        share *= {"steps": 1, "claim": 0}.get(verdict.gap, 0.5)
    elif not verdict:
        share /= 2
    return halves(share * task.points)


def _without_words(verdict, claim):
    """A derivation without its words, or None if a formula cannot be read; its lines; its first fault.

    What goes on from a line that is not understood is read as if it went on from the one above that.
    """
    parts = [
        _formula(line.latex)
        if line.kind in ("unread", "open") or (line.kind == "start" and SENTENCE.match(line.latex))
        else (line.latex, "")
        for line in verdict.lines
    ]
    kinds, read = {}, {}
    while waiting := [
        k for k, (latex, _) in enumerate(parts) if latex and kinds.get(k) != "unread"
    ]:
        alone = check_derivation([parts[k][0] for k in waiting], **claim)
        read |= dict(zip(waiting, alone.lines, strict=True))
        kinds = {k: line.kind for k, line in read.items()}
        if "unread" not in [kinds[k] for k in waiting]:
            break
    else:
        alone = None
    lines = [
        (kinds[k], latex, " ".join(filter(None, (words, line.rule))))
        if latex
        else ("words", words, line.rule)
        for k, ((latex, words), line) in enumerate(zip(parts, verdict.lines, strict=True))
    ]
    fault = _fault([read[k] for k in sorted(read)])
    return (None if "unread" in kinds.values() else alone), lines, fault


def _formula(latex):
    """The formula of a line, and the words around it; either may be empty.

    >>> _formula("so f(x) = x by definition")
    ('f(x) = x', 'so … by definition')
    """
    inside = DOLLARS.findall(latex)
    if inside:
        formula = next((x.strip() for x in reversed(inside) if "=" in x), "")
        return formula, DOLLARS.sub("…", latex).strip(" ….") if formula else latex
    begins = BEFORE.match(latex)
    start = begins.end() if begins else 0
    ends = (found.start() for found in BEHIND.finditer(latex, start))
    end = next((k for k in ends if latex[:k].count("{") == latex[:k].count("}")), len(latex))
    formula, words = latex[start:end], " … ".join(filter(None, (latex[:start], latex[end:])))
    return (formula, " ".join(words.split())) if "=" in formula else ("", latex)


def halves(points: float) -> float:
    """Points as they are given: rounded to halves.

    >>> halves(6.67)
    6.5
    """
    return round(2 * points) / 2


def _for_a_person(verdict):
    """Why a person has to look at a derivation; empty if a machine can judge it."""
    if any(line.kind in ("unread", "undecided") for line in verdict.lines):
        return "a line of it could not be read"
    if verdict.first_wrong is None and verdict.gap == "none":
        return "no line of it says that two things are equal"
    if verdict.first_wrong is None and verdict.gap == "form":
        return f"every line holds, but {verdict.missing}"
    return ""


def _going_on(steps):
    """The steps, where a line that begins as the first one does goes on from the line above it.

    So a wrong line does not make wrong what follows from it, whichever way it is written.
    """
    first, *others = [line for line in steps.splitlines() if line.strip()]
    left = written_sides(first)[0].strip(" &")
    for k, line in enumerate(others):
        side, *rest = written_sides(line)
        if rest and side.strip(" &") == left:
            others[k] = f"= {rest[0]}"
    return "\n".join([first, *others])


def _fault(lines):
    """Why the first wrong line is wrong, with the kind of slip; empty if none is."""
    line = next((line for line in lines if line.kind in WRONG), None)
    return "" if line is None else f"{line.reason}. {line.hint}".strip()


def _leads_on_from_no_side(verdict, claim):
    """Whether steps above the first wrong line stand beside the way from a side of the claim."""
    if verdict.first_wrong is None:
        return False
    above = verdict.lines[: verdict.first_wrong[0] - 1]
    # A meaning for a name is no step, nor is what is given, written once more.
    given = {"".join(item.replace(":=", "=").split()) for item in claim["given"]}
    known = sum(x.kind == "defined" or "".join(x.latex.split()) in given for x in above)
    alone = check_derivation([line.latex for line in above], **claim)
    return alone.held - known > alone.reached


def _beside_the_points(task, verdict, points):
    """What holds in a derivation with a wrong line and has no points, for a person to look at."""
    if verdict.first_wrong is None:
        return ""
    number, line = verdict.first_wrong
    wrong, more = f"line {number} {WRONG[line.kind]}", verdict.held - verdict.reached
    with_all = halves(task.points * min(verdict.held, task.least) / task.least / 2)
    if points is None:
        return (
            f"{wrong}, and steps above it lead on from no side of the claim:"
            f" {_by_the_rule(task, verdict):g} points for those that do, {with_all:g} with all that"
            " holds"
        )
    if with_all > points:
        hold = "1 other step holds" if more == 1 else f"{more} other steps hold"
        return (
            f"{wrong}, but {hold}: {points:g} points by the rule, {with_all:g} with all that holds"
        )
    if not points and any(line.kind == "verified" for line in verdict.lines):
        return f"{wrong}, and no line that holds is a step: 0 points by the rule"
    return ""


def steps_of(source: str) -> str:
    """The text that the last line ``steps = r'''...'''`` of a cell assigns; the cell is not run.

    Raises
    ------
    ValueError
        If the cell is not Python, or assigns something other than a plain text.

    Examples
    --------
    >>> steps_of('steps = r"x = x"')
    'x = x'
    >>> steps_of('steps = open("key.txt").read()')
    Traceback (most recent call last):
    ValueError: steps is not a plain text in quotes
    """
    try:
        lines = ast.parse(source).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError("the cell is not Python") from None
    values = [
        line.value
        for line in lines
        if isinstance(line, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "steps" for target in line.targets)
    ]
    if not values:
        raise ValueError("the cell assigns no steps")
    try:
        steps = ast.literal_eval(values[-1])
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        steps = None
    if not isinstance(steps, str):
        raise ValueError("steps is not a plain text in quotes")
    written = ast.get_source_segment(source, values[-1])
    if not re.match(r"[rR]", written) and ESCAPE.search(written):
        return ast.literal_eval(f"r{written}")  # without the r, which was forgotten
    return steps
