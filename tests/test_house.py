"""Tests that watch the house: that every door is guarded, every job handled, every refusal put into words."""

import ast
import importlib
import inspect
import re
import string
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import config
from app.config import Settings
from app.web.errors import SENTENCES
from app.worker import handlers
from sandbox.server import SCOPES

ROOT = config.root()
APP = ROOT / "app"
LONGEST = 400
JOB_NAME = re.compile(r"[a-z_]+\.[a-z_]+")
CODE = re.compile(r"[a-z][a-z_]*")
REFUSALS = {"UserError", "NotFound", "Conflict", "Forbidden"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(APP.rglob("*.py")):
        yield path, ast.parse(path.read_text())


def constants(module: ast.Module) -> dict[str, str]:
    """Strings with a name at the top of a module."""
    return {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def strings_in(node: ast.AST) -> set[str]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}


# Doors


def guards_of(app: Flask, blueprint: str) -> list[str]:
    return [function.__name__ for function in app.before_request_funcs.get(blueprint, [])]


def test_every_blueprint_has_a_guard_or_says_why_not(app: Flask) -> None:
    assert {"panel", "portal", "install", "hooks", "health", "storefront"} <= set(app.blueprints)
    for name, blueprint in app.blueprints.items():
        source = inspect.getsource(importlib.import_module(blueprint.import_name))
        assert guards_of(app, name) or "No guard" in source, f"{name}: who may come in?"


def test_the_panel_and_the_portal_are_guarded_before_anything_else(app: Flask) -> None:
    assert guards_of(app, "panel") == ["require_panel"]
    assert guards_of(app, "portal") == ["_guard"]


def test_forms_need_their_token_everywhere_but_where_another_site_signs(app: Flask) -> None:
    csrf = app.extensions["csrf"]
    assert {blueprint.name if hasattr(blueprint, "name") else blueprint for blueprint in csrf._exempt_blueprints} == {
        "hooks"
    }
    assert csrf._exempt_views == {
        "app.web.portal.access.signed_in",
        # Neither looks at a session, and no statement may be lost to an old page or a browser without cookies.
        "app.web.portal.withdrawal.withdraw_review",
        "app.web.portal.withdrawal.withdraw_send",
    }


def test_what_a_browser_changes_it_changes_by_post(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.rule
        assert not {"GET", "POST"} <= (rule.methods or set()), f"{rule.rule}: reading and changing are two functions"


# Jobs


def enqueued() -> dict[str, list[str]]:
    """Every job name that is put into the queue anywhere -> where."""
    found: dict[str, list[str]] = {}
    for path, module in sources():
        names: set[str] = set()
        for function in [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]:
            for call in [node for node in ast.walk(function) if isinstance(node, ast.Call)]:
                if called(call) != "enqueue" or not call.args:
                    continue
                first = call.args[0]
                if isinstance(first, ast.Constant):
                    names.add(first.value)
                elif isinstance(first, ast.Name) and first.id in constants(module):
                    names.add(constants(module)[first.id])
                else:
                    # A name out of a list: every string of the function that could be one, but addresses.
                    pages = {
                        text
                        for node in ast.walk(function)
                        if isinstance(node, ast.Call) and called(node) == "url_for"
                        for text in strings_in(node)
                    }
                    names |= {text for text in strings_in(function) - pages if JOB_NAME.fullmatch(text)}
        if path.name == "statements.py":
            # The door of the webhooks enqueues within its one statement.
            names |= set(re.findall(r"'(order\.[a-z]+)'", path.read_text()))
        for name in names:
            found.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_job_that_is_enqueued_has_a_handler_and_every_handler_is_enqueued() -> None:
    found = enqueued()
    assert {name: where for name, where in found.items() if name not in handlers()} == {}
    assert set(handlers()) - set(found) == set()


def test_every_handler_takes_a_store_and_ids(app: Flask) -> None:
    for name, handler in handlers().items():
        first, *ids = inspect.signature(handler).parameters.values()
        assert first.name == "store_id", name
        for parameter in ids:
            assert parameter.name.endswith("_id") or parameter.annotation in (bool, "bool"), (name, parameter.name)
            assert parameter.annotation in (int, "int", bool, "bool"), f"{name}: {parameter.name} is no id"


def test_no_job_takes_a_queueing_lock() -> None:
    for path in APP.rglob("*.py"):
        assert "queueing_lock=" not in path.read_text(), f"{path}: a retry would collide with a newer job"


# Refusals


def raised_codes() -> dict[str, list[str]]:
    """Every code a person can be refused with -> where."""
    found: dict[str, list[str]] = {"not_found": ["app/lib/errors.py"], "forbidden": ["app/lib/errors.py"]}
    for path, module in sources():
        codes: set[str] = set()
        for call in [node for node in ast.walk(module) if isinstance(node, ast.Call)]:
            if called(call) in REFUSALS and call.args and isinstance(call.args[0], ast.Constant):
                codes.add(call.args[0].value)
        if path.name == "guards.py":
            # Its reasons become codes in returns.service.
            codes |= {
                text
                for function in ast.walk(module)
                if isinstance(function, ast.FunctionDef) and function.name.startswith("_")
                for text in strings_in(function)
                if CODE.fullmatch(text)
            }
        for code in codes:
            found.setdefault(code, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_refusal_has_its_sentence() -> None:
    missing = {code: where for code, where in raised_codes().items() if code not in SENTENCES}
    assert missing == {}, "web/errors.py lacks sentences"


def test_every_sentence_belongs_to_a_refusal() -> None:
    elsewhere = {text for path, module in sources() if path != APP / "web" / "errors.py" for text in strings_in(module)}
    by_the_errors_page = {"store_unreachable", "stale_form"}
    assert set(SENTENCES) - set(raised_codes()) - by_the_errors_page - elsewhere == set()
    assert list(SENTENCES) == sorted(SENTENCES)


def facts_given() -> dict[str, list[tuple[str, set[str]]]]:
    """Code -> the facts each place gives with it."""
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for path, module in sources():
        for call in [node for node in ast.walk(module) if isinstance(node, ast.Call)]:
            if called(call) in REFUSALS and call.args and isinstance(call.args[0], ast.Constant):
                names = {keyword.arg for keyword in call.keywords if keyword.arg}
                found.setdefault(call.args[0].value, []).append((str(path.relative_to(ROOT)), names))
    return found


def test_every_sentence_is_filled_by_whoever_refuses() -> None:
    for code, places in facts_given().items():
        needed = {name for _, name, _, _ in string.Formatter().parse(SENTENCES.get(code, "")) if name}
        for where, given in places:
            assert needed <= given, f"{where}: {code} says {SENTENCES[code]!r} and is given {given}"


# Settings


def example_names() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_setting_stands_in_the_example_with_its_default() -> None:
    example = example_names()
    assert {name.lower() for name in example} == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        given = example[name.upper()]
        if field.is_required():
            assert given == "", f"{name}: an example must not look like a value"
        elif given:
            assert given == str(field.default), name


def test_the_scopes_we_ask_for_are_those_of_the_example() -> None:
    assert set(example_names()["BC_SCOPES"].split()) == set(config.DEFAULT_SCOPES.split())
    assert set(config.DEFAULT_SCOPES.split()) <= set(SCOPES.split())


# Pages


def templates(*, mail: bool) -> list[Path]:
    folder = APP / "templates"
    return [path for path in sorted(folder.rglob("*.html")) if (path.relative_to(folder).parts[0] == "mail") == mail]


def test_no_page_has_script_or_style_of_its_own() -> None:
    """The content security policy allows none; mails are another world."""
    assert len(templates(mail=False)) > 15
    for path in templates(mail=False):
        page = path.read_text()
        assert not re.search(r"<style\b", page), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"\sstyle=", page), path
        assert not re.search(r"\son[a-z]+=", page), path
        assert "javascript:" not in page, path
        assert not re.search(r"\|\s*safe\b", page), f"{path}: what is safe must be made of Markup where it is made"
        assert not re.search(r"(src|href)=\"https?://", page), f"{path}: nothing is loaded from elsewhere"


MACRO = re.compile(r"{%-? *macro (\w+)\(.*?%}(.*?){%-? *endmacro", re.S)


def token_macros(page: str, pages: dict[Path, str]) -> set[str]:
    """Names of the macros that put the token into a form of `page`; its own go before others of the same name."""
    macros = dict(found for other in pages.values() for found in MACRO.findall(other)) | dict(MACRO.findall(page))
    found = {"csrf_token"}
    while more := {name for name, body in macros.items() if calls(body, found)} - found:
        found |= more
    return found


def calls(part: str, names: set[str]) -> bool:
    return any(re.search(rf"\b{name}\b", part) for name in names)


def test_every_form_that_changes_something_carries_its_token() -> None:
    pages = {path: path.read_text() for path in templates(mail=False)}
    found = 0
    for path, page in pages.items():
        if path.parent.name == "withdrawal":
            # Exempt, as their routes are: see test_forms_need_their_token.
            continue
        makers = token_macros(page, pages)
        for form in re.findall(r"<form\b.*?</form>", page, re.S):
            if re.search(r"method=.?post", form, re.I):
                assert calls(form, makers), f"{path}: {form[:200]}"
                found += 1
    assert found > 15


def test_every_letter_is_a_folder_of_three() -> None:
    folders = [path for path in (APP / "templates" / "mail").iterdir() if path.name != "_shared"]
    assert len(folders) >= 8
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}, folder.name


# Papers


def readme() -> str:
    path = ROOT / "README.md"
    assert path.exists(), "a project without a README"
    return path.read_text()


def run_commands() -> set[str]:
    tree = ast.parse((ROOT / "run").read_text())
    [commands] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "COMMANDS"
    ]
    return set(ast.literal_eval(commands))


def test_every_command_of_run_is_there() -> None:
    for command in run_commands():
        assert (ROOT / "tools" / f"{command}.py").exists(), f"./run {command} has nothing to run"
    for command in ("demo", "story", "test", "lint", "bench", "shell"):
        assert command in run_commands()


def test_the_readmes_commands_and_files_exist() -> None:
    text = readme()
    named = set(re.findall(r"\./run ([a-z]+)", text))
    assert named, "the README names no command"
    assert named - run_commands() == set()
    for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text):
        assert (ROOT / link).exists(), f"the README points at {link}"


def test_the_benches_that_are_named_exist() -> None:
    for name in set(re.findall(r"\./run bench ([a-z]+)", readme())):
        assert (ROOT / "bench" / f"{name}.py").exists(), name


@pytest.mark.parametrize("folder", ["app", "sandbox", "tools", "bench", "migrations"])
def test_nothing_is_left_half_built(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", text), path


def test_long_files_are_reported() -> None:
    """Two nouns asking for two rooms: told, not forbidden."""
    for folder in ("app", "sandbox", "tools", "bench", "migrations"):
        for path in (ROOT / folder).rglob("*.py"):
            length = len(path.read_text().splitlines())
            if length > LONGEST:
                warnings.warn(f"{path.relative_to(ROOT)} has {length} lines", stacklevel=1)
