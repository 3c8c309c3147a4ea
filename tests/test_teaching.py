"""The notes for teachers: their sections, their minutes, and that what they call wrong is wrong."""

import itertools
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import book
import kit
import notes
import quiz
import slides
from slopes import check_derivation, figures

TEACHING = Path(book.ROOT, "teaching")
CHAPTERS = Path(book.ROOT, "chapters")
START = TEACHING / "notes" / "index.md"  # a page to play with: no derivation, and no exam
NOTES = sorted(path for path in (TEACHING / "notes").glob("*.md") if path != START)
SECTIONS = ["Minutes", "On the board", "Ask", "Misconceptions", "Exam", "Links"]
TIME = re.compile(r"\*\*Time\.\*\* (\d+) minutes")


def blocks(text, name):
    """(given, lines) of each fenced block of that name."""
    found = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.info.strip() == name:
            lines = token.content.splitlines()
            given = [line.removeprefix("given: ") for line in lines if line.startswith("given: ")]
            found.append((given, [line for line in lines if not line.startswith("given: ")]))
    return found


def section(text, name):
    return re.split(r"^## ", text.split(f"\n## {name}\n")[1], maxsplit=1, flags=re.M)[0]


def minutes(text):
    """The sums of the columns of minutes: the whole page, and what the unit takes of it."""
    rows = re.findall(r"^\| [^|]* \| ([\d |]+) \|$", section(text, "Minutes"), re.M)
    return [sum(map(int, column)) for column in zip(*(row.split("|") for row in rows), strict=True)]


def chapters():
    """The chapters that a reader works through: those that say how long they take."""
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
        if path.stem != "template" and TIME.search(text):
            yield path.stem, text


def test_every_chapter_has_notes():
    assert sorted(path.stem for path in NOTES) == sorted(name for name, _ in chapters())


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
class TestNotes:
    def test_sections(self, path):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^## (.*)", text, re.M) == SECTIONS
        assert len(re.findall(r"^### ", section(text, "Misconceptions"), re.M)) >= 2
        assert len(re.findall(r"^### ", section(text, "Exam"), re.M)) == 2
        assert section(text, "Ask").count("**") >= 4

    def test_title_and_minutes_are_the_chapters(self, path):
        text, chapter = path.read_text(encoding="utf-8"), dict(chapters())[path.stem]
        title = re.search(r"^# (.*)", chapter, re.M)[1]
        assert text.splitlines()[0] == f"# {title}"
        assert minutes(text)[0] == int(TIME.search(chapter)[1])

    def test_each_misconception_is_refuted(self, path):
        part = section(path.read_text(encoding="utf-8"), "Misconceptions")
        wrong = blocks(part, "wrong")
        assert len(wrong) == len(re.findall(r"^### ", part, re.M))
        for given, lines in wrong:
            verdict = check_derivation(lines, given=given)
            assert verdict.first_wrong is not None, lines
            assert verdict.first_wrong[1].kind == "refuted", str(verdict)

    def test_each_solution_holds(self, path):
        for given, lines in blocks(path.read_text(encoding="utf-8"), "solution"):
            verdict = check_derivation(lines, given=given)
            assert verdict, str(verdict)


def test_the_notes_are_pages_with_their_formulas(tmp_path):
    places = slides.places()
    assert notes.write(tmp_path, places) == len(NOTES) + 1
    assert len(list(tmp_path.glob("*.html"))) == len(NOTES) + 2  # and the contents
    for path in NOTES:
        page = (tmp_path / f"{path.stem}.html").read_text(encoding="utf-8")
        text = path.read_text(encoding="utf-8")
        assert page.count('class="wrong"') == sum(len(lines) for _, lines in blocks(text, "wrong"))
        assert f"../../html/chapters/{path.stem}.html" in page
        assert ("../slides/" in page) is (path.stem in places)
        assert f'<a href="../slides/{places.get(path.stem, "")}' in page or path.stem not in places
        for typed in ("\ngiven: ", "$", "<code>\\", "katex-error"):
            assert typed not in page, f"{path.stem}: {typed}"


# -- slides and quick questions ------------------------------------------------------------------------------

DECKS = sorted((TEACHING / "slides").glob("*.md"))
UNIT = kit.unit()
PLANNED = Counter()  # minutes of the unit, by the page that they are taken from
for meeting in UNIT:
    for part, slug in meeting.parts:
        PLANNED[slug] += part
PATH = [
    slug
    for meeting in UNIT
    if meeting.name != "Lab"
    for slug in meeting.slugs
    if slug != START.stem
]


@pytest.mark.parametrize("slug", sorted(set(PLANNED) - {""}))
def test_the_notes_say_what_the_unit_takes_of_a_page(slug):
    text = (TEACHING / "notes" / f"{slug}.md").read_text(encoding="utf-8")
    whole, taken = minutes(text)
    assert taken == PLANNED[slug]
    assert taken <= whole


def test_no_other_notes_have_a_column_of_the_unit():
    for path in NOTES:
        count = len(minutes(path.read_text(encoding="utf-8")))
        assert count == (2 if path.stem in PLANNED else 1), path.stem


def test_the_notes_of_the_speaker_have_the_minutes_of_each_part():
    decks = {path.stem: path.read_text(encoding="utf-8") for path in DECKS}
    for meeting in UNIT[:2]:
        order = [decks[slug] for slug in meeting.slugs if slug in decks]
        told = re.findall(r"\{\{minutes-([\w-]+)\}\}|\{\{homework-", "".join(order))
        # The slide that hands out a set comes last, and has the minutes after its chapter.
        told[-1] = f"after-{meeting.slugs[-1]}"
        begin, wanted = 0, []
        for length, _ in meeting.parts:
            wanted.append(f"Minutes {begin} to {begin + length} of {meeting.name.lower()}.")
            begin += length
        assert [slides.minutes(part) for part in told] == wanted
        assert f"{meeting.name}, {begin} minutes" in slides.plan()
        notes_of = slides.handed_out("one-neuron", wanted[-1]).partition("{revealjs-notes}")[2]
        assert wanted[-1] in notes_of


def test_each_part_of_a_chapter_has_its_minute_in_the_notes_of_the_speaker():
    for path in DECKS:
        table = section((TEACHING / "notes" / path.name).read_text(encoding="utf-8"), "Minutes")
        taken = [int(n) for n in re.findall(r"\| (\d+) \|$", table, re.M) if int(n)]
        told = re.findall(r"\{\{part-(\d)\}\}", path.read_text(encoding="utf-8"))
        assert told == [str(part) for part in range(2, len(taken) + 1)]
    # By the plan the sigmoid begins at minute 10, with 10 minutes of guesses.
    assert slides.begins("sigmoid", 2) == "Minute 20."
    assert slides.begins("sigmoid", 3) == "Minute 40."
    with pytest.raises(book.Trouble, match="takes no part 4"):
        slides.begins("sigmoid", 4)


def test_the_path_has_slides_and_questions():
    for slug in PATH:
        assert slug in [path.stem for path in DECKS]
        assert 3 <= len(quiz.read(slug)) <= 5


def test_every_chapter_has_questions_under_its_title():
    wanted = {slug: re.search(r"^# (.*)", text, re.M)[1] for slug, text in chapters()}
    found = {path.stem: path.read_text(encoding="utf-8") for path in quiz.QUIZZES.glob("*.md")}
    assert {slug: text.splitlines()[0].removeprefix("# ") for slug, text in found.items()} == wanted
    assert all(len(quiz.read(slug)) >= 3 for slug in found)


def test_options_of_words_end_in_a_full_stop_and_formulas_do_not():
    for path in quiz.QUIZZES.glob("*.md"):
        for option in itertools.chain.from_iterable(q.options for q in quiz.read(path.stem)):
            words = re.sub(r"\$.*?\$|`.*?`", "", option.text)
            assert option.text.endswith(".") == bool(re.search(r"[A-Za-z]", words)), option.text
            assert option.why.endswith("."), option.why


@pytest.mark.parametrize("path", DECKS, ids=lambda path: path.stem)
def test_a_number_on_a_slide_is_the_chapters(path):
    cells = json.loads((CHAPTERS / f"{path.stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    chapter = json.dumps(cells)
    deck = re.sub(
        r"\{\{[^}]*\}\}|:::\{revealjs-notes\}.*?\n:::",
        "",
        path.read_text(encoding="utf-8"),
        flags=re.S,
    )
    for number in set(re.findall(r"(?<![\w.{])\d+(?:\.\d+)?", deck)):
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d])", chapter), number


def test_a_slide_that_asks_for_a_slope_shows_the_curve_and_not_its_slope():
    asked = 0
    for path in DECKS:
        for slide in re.split(r"^(?=# )", path.read_text(encoding="utf-8"), flags=re.M):
            if re.search(r"\{container\} ask\n(Where is the|What is its) slope", slide):
                asked += 1
                drawn = slides.curve(re.search(r"\{\{curve-(\w+)\}\}", slide)[1]).upper()
                assert figures.VALUE in drawn
                assert figures.SLOPE not in drawn
    assert asked == 2


def test_what_a_slide_has_comes_one_by_one_after_the_first():
    deck = "# A\n\n{}\n\n{}\n\n# B\n\nWords.\n\n{}\n".format(
        *(f"```{{container}} {kind}\nx\n```" for kind in ("numbered", "slip", "ask"))
    )
    found = re.findall(r"\{container\} (.*)", slides.step_by_step(deck))
    assert found == ["numbered", "slip fragment", "ask"]


def test_a_slide_says_which_loss_its_neuron_has():
    deck = (TEACHING / "slides" / "backpropagation.md").read_text(encoding="utf-8")
    seen = next(slide for slide in deck.split("\n# ") if "{{exp-neuron}}" in slide)
    assert "binary NLL" in seen.partition(":::{revealjs-notes}")[0]


def test_what_an_exercise_says_of_its_cell_stands_apart():
    """A sheet on paper leaves it out, and no question with it."""
    said = []
    for slug, text in chapters():
        if slug in PATH:
            cards = re.findall(r"^(:{3,})\{exercise\}(.*?)^\1$", text, re.M | re.S)
            parts = [part for _, card in cards for part in card.split("\n\n")]
            said += [part for part in parts if re.search(r"\bcells?\b", part)]
    assert len(said) >= 3
    assert not [part for part in said if "?" in part or "{eq}" in part]


def test_a_reason_leads_to_a_formula_on_the_page_and_not_on_a_slide():
    for slug in PATH:
        said = [option.why for question in quiz.read(slug) for option in question.options]
        assert any("{eq}" in why for why in said)
        assert "{eq}" not in "".join(slides.asked(question) for question in quiz.read(slug))


def test_no_place_is_favoured_among_the_options():
    """Who ticks the first, the second or the last option everywhere is right by chance only."""
    places = {
        path.stem: [[o.right for o in q.options].index(True) for q in quiz.read(path.stem)]
        for path in quiz.QUIZZES.glob("*.md")
    }
    assert all(len(set(found)) > 1 for found in places.values())
    everywhere = Counter(itertools.chain.from_iterable(places.values()))
    assert max(everywhere.values()) < 0.4 * everywhere.total()


@pytest.mark.parametrize(
    "fault",
    [
        "## Q\n\n- [ ] A\n  a\n",
        "## Q\n\n- [x] A\n  a\n- [x] B\n  b\n",
        "## Q\n\n- [x] A\n- [ ] B\n  b\n",
    ],
)
def test_a_faulty_question_is_told(fault, tmp_path, monkeypatch):
    monkeypatch.setattr(quiz, "QUIZZES", tmp_path)
    (tmp_path / "q.md").write_text(fault, encoding="utf-8")
    with pytest.raises(ValueError, match=r"q\.md"):
        quiz.read("q")


def test_the_minutes_of_the_paths_add_up():
    text = (CHAPTERS / "teach.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| minutes \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    sums = [sum(int(n) for n in re.findall(r"^\| (\d+) \|", table, re.M)) for table in tables]
    assert sums == [90, 90, 90, 90]
