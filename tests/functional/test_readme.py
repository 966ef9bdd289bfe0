"""The README is run: its sessions print what they say, its Python works, its YAML is accepted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from opsanalytics.settings import parse_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOTS = "..."


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def steps(session: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that it promises."""
    return [(command, output) for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", session, re.MULTILINE)]


def promised(output: str) -> re.Pattern[str]:
    """Three dots stand for anything, be it within a line or whole lines."""
    return re.compile(re.escape(output.strip()).replace(re.escape(DOTS), ".*"), re.DOTALL)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs all sessions one after another, as a reader would, and leaves the company behind."""
    folder = tmp_path_factory.mktemp("readme")
    environment = {key: value for key, value in os.environ.items() if key != "OPSANALYTICS_DATABASE"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    ran = 0
    for command, output in (step for session in blocks("console") for step in steps(session)):
        if command.startswith("cd "):
            folder = folder / command.removeprefix("cd ")
            continue
        done = subprocess.run(["bash", "-c", f"{command} 2>&1"], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert promised(output).fullmatch(done.stdout.strip()), f"$ {command}\n{done.stdout}"
        assert "Traceback" not in done.stdout
        ran += 1
    assert ran >= 8
    return folder


def test_python_runs_in_the_company(company: Path) -> None:
    (code,) = blocks("python")
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=company, check=True)


def test_settings_are_accepted() -> None:
    (text,) = blocks("yaml")
    settings, _ = parse_settings(text.encode())
    assert settings.zone == "Europe/Paris"


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) >= 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    (block,) = blocks("sh")
    targets = re.findall(r"^make (\w+)", block, re.MULTILINE)
    assert targets == ["report", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}\b.*:", makefile, re.MULTILINE) for target in targets)
