"""The documents say what the product is: no command, exit code, link or target in them is invented or forgotten."""

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import click
import pytest

from lading.cli.main import COMMANDS, cli
from lading.model.errors import DIFFERENT, FAILED_OBJECTS, known

ROOT = Path(__file__).parents[2]
# A command has the page of its name; one is explained together with what it belongs to, and one on two pages.
PAGES_OF = {
    **{name: (name,) for name in COMMANDS},
    "ledger": ("report",),
    "vault": ("vault", "vault-care"),
}
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = sorted([*READMES, *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
MENTION = re.compile(r"\bdocs/[a-z\d./-]+\.md\b")
MAKE = re.compile(r"`make (\w+)|^\s*make (\w+)", re.MULTILINE)
EXAMPLE = re.compile(r"^ {4}lading (.+)$|^lading (.+)$|`lading ([^`\n]+)`", re.MULTILINE)


def tool(name: str) -> ModuleType:
    """The program tools/NAME.py as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def options_of(command: click.Command) -> list[set[str]]:
    """The spellings of each option of *command* and of all commands in it."""
    found = [{*it.opts, *it.secondary_opts} for it in command.params if isinstance(it, click.Option)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            found += options_of(inner)
    return found


def halves(page: Path) -> tuple[str, str]:
    """The English and the Chinese of *page*: both in one, or the latter in a page beside it."""
    beside = page.with_suffix(".zh-CN.md")
    if beside.exists():
        return text(page), text(beside)
    english, _, chinese = text(page).partition("## 中文")
    return english, chinese


def loaded(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def named(pages: tuple[Path, ...]) -> list[set[str]]:
    """What each page tells a reader to type: make targets and lading commands."""
    return [
        {found for match in MAKE.findall(text(page)) for found in match if found}
        | {next(filter(None, match)).split()[0] for match in EXAMPLE.findall(text(page))}
        for page in pages
    ]


def test_the_page_of_errors_is_made_from_the_classes() -> None:
    """`docs/manual/errors.md` is what `make pages` would write now."""
    errors_page = tool("errors_page")

    assert errors_page.page() == text(errors_page.PAGE)


def test_the_list_of_losses_is_made_from_the_codes() -> None:
    """Both pages about fidelity hold the list that `make pages` would write now."""
    fidelity_page = tool("fidelity_page")

    for language, file in fidelity_page.PAGES.items():
        assert fidelity_page.page(language) == text(file)


def test_every_exit_code_is_explained_in_both_languages() -> None:
    """Each exit code and each error code stands in the table of either language."""
    english, _, chinese = text(ROOT / "docs/manual/errors.md").partition("## 中文")
    codes = {
        0,
        DIFFERENT,
        FAILED_OBJECTS,
        *(kind.exit_code for code, kind in known().items() if code != "error"),
    }

    for half in (english, chinese):
        assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", half, re.MULTILINE)}
        assert known().keys() - {"error"} <= set(re.findall(r"`(\w+)`", half))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_in_both_languages(name: str) -> None:
    """The page of a command names the command, all its options and its exit codes, in English and in Chinese."""
    both = [halves(ROOT / f"docs/manual/{page}.md") for page in PAGES_OF[name]]
    english, chinese = ("\n".join(half) for half in zip(*both, strict=True))

    assert chinese
    for half, codes in ((english, "exit code"), (chinese, "退出码")):
        assert f"lading {name}" in half
        assert codes in half.lower()
        spoken = set(re.findall(r"--?[a-z][a-z-]*", half))
        assert [] == [option for option in options_of(loaded(name)) if not option & spoken]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every link of a page to a file of the project finds it."""
    links = [
        link.partition("#")[0] for link in LINK.findall(text(page)) if "://" not in link and link[0] != "#"
    ]

    assert [] == [link for link in links if not (page.parent / link).exists()]


def test_pages_that_messages_name_exist() -> None:
    """A page that the product, a change note or another page refers a person to is there."""
    places = [*(ROOT / "src").rglob("*.py"), *(ROOT / "changes").glob("*.md"), *PAGES]
    named = {mention for place in places for mention in MENTION.findall(text(place))}

    assert [] == sorted(mention for mention in named if not (ROOT / mention).is_file())


def test_examples_use_commands_that_exist() -> None:
    """Every `lading …` in a page begins with a command, and every `--option` there is one of that command."""
    wrong = []
    for page in PAGES:
        for line in (next(filter(None, match)) for match in EXAMPLE.findall(text(page))):
            name, *words = line.split("#")[0].split()
            if not re.fullmatch(r"[a-z]+", name):
                continue
            if name not in COMMANDS:
                wrong.append(f"{page.name}: lading {line}")
                continue
            given = {
                word.strip("[]…").partition("=")[0] for word in words if word.strip("[").startswith("--")
            }
            unknown = given - {"--help"}.union(*options_of(loaded(name)))
            wrong += [f"{page.name}: {name} {option}" for option in unknown]

    assert [] == wrong


def test_make_targets_in_the_pages_exist() -> None:
    """Every `make TARGET` that a page names is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", text(ROOT / "Makefile"), re.MULTILINE))
    told = {found for page in PAGES for match in MAKE.findall(text(page)) for found in match if found}

    assert {"demo", "test", "setup", "bench", "check"} <= targets
    assert set() == told - targets


def test_make_can_read_the_makefile() -> None:
    """`make help` lists every target that is explained."""
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in ("setup", "demo", "test", "bench", "check"):
        assert f"make {target}" in said


def test_both_readmes_tell_the_same_commands() -> None:
    """The English and the Chinese README lead to the same commands, first of all to `make demo` and `make test`."""
    english, chinese = named(READMES)

    assert english == chinese
    for readme in READMES:
        assert ["demo", "test"] == [next(filter(None, match)) for match in MAKE.findall(text(readme))][:2]


@pytest.mark.parametrize("note", sorted((ROOT / "changes").glob("*.md")), ids=lambda note: note.stem)
def test_change_notes_say_something_short(note: Path) -> None:
    """A change note has at least one sentence and fits on a screen."""
    lines = [line for line in text(note).splitlines() if line.strip() and not line.startswith("#")]

    assert 1 <= len(lines) <= 20
    assert len(" ".join(lines)) >= 40
