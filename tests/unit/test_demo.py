"""The demo company's record: deterministic, stable in its past, cut at `until`, and shaped like a real one."""

from __future__ import annotations

import datetime
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from opsanalytics.errors import UsageError
from opsanalytics.scaffold.demo import generate, write_demo
from opsanalytics.scaffold.demo.company import Commit, mondays, months_before
from opsanalytics.scaffold.demo.stories import read_stories

UNTIL = datetime.date(2026, 10, 2)
UNTILS = [UNTIL, datetime.date(2024, 2, 29), datetime.date(2027, 1, 1), datetime.date(2029, 8, 31)]
STARTED = re.compile(r"^Start Time \(UTC\): (\d{4}-\d\d-\d\d) (\d\d:\d\d)$", re.MULTILINE)


@cache
def history(until: datetime.date = UNTIL, seed: int = 1) -> list[Commit]:
    return generate(until, seed)


def record(until: datetime.date = UNTIL, seed: int = 1) -> dict[str, str]:
    """The incident files as they stand after the last commit."""
    files = {path: text for commit in history(until, seed) for path, text in commit.files.items()}
    return {path: text for path, text in files.items() if path.startswith("ops/incidents/")}


def started(text: str) -> str:
    found = STARTED.search(text)
    assert found is not None
    return f"{found[1]} {found[2]}"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "co"
    write_demo(folder, until=UNTIL)
    return folder


class TestRepository:
    def test_is_sound_and_clean(self, repository: Path) -> None:
        assert git(repository, "fsck", "--strict", "--no-dangling") == ""
        assert git(repository, "status", "--porcelain") == ""
        assert git(repository, "symbolic-ref", "--short", "HEAD") == "main"

    def test_files_are_those_of_the_last_commits(self, repository: Path) -> None:
        written = {path.name: path.read_text("utf-8") for path in (repository / "ops/incidents").iterdir()}
        assert {Path(path).name: text for path, text in record().items()} == written

    def test_same_seed_and_day_give_the_same_commits(self, repository: Path, tmp_path: Path) -> None:
        write_demo(tmp_path / "again", until=UNTIL)
        assert git(repository, "rev-parse", "main") == git(tmp_path / "again", "rev-parse", "main")

    def test_commit_is_the_same_on_every_machine(self, repository: Path) -> None:
        """Changes with the stories and rates: then write the new one here, and say so in the changelog."""
        assert git(repository, "rev-parse", "main") == "dac529130fd50a7120cbcebd49edb17bd9cee258"

    def test_ignores_the_git_configuration_around_it(
        self, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_AUTHOR_NAME", "nobody")
        write_demo(tmp_path / "co", until=UNTIL)
        monkeypatch.undo()
        assert git(repository, "rev-parse", "main") == git(tmp_path / "co", "rev-parse", "main")

    def test_author_and_committer_dates_agree_and_run_forward(self, repository: Path) -> None:
        dates = [line.split() for line in git(repository, "log", "--reverse", "--format=%at %ct").splitlines()]
        assert all(author == committer for author, committer in dates)
        assert dates == sorted(dates)

    def test_summary_counts_what_was_written(self, tmp_path: Path) -> None:
        summary = write_demo(tmp_path / "co", until=UNTIL, seed=3)
        assert summary.incidents == len(list((tmp_path / "co/ops/incidents").iterdir()))
        assert summary.commits == int(git(tmp_path / "co", "rev-list", "--count", "main"))
        assert summary.follow_ups == sum(text.count(" — Due ") for text in record(seed=3).values())
        assert (summary.first_on, summary.last_on) == (datetime.date(2024, 4, 2), UNTIL)


class TestFolder:
    def test_that_is_not_empty_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(FileExistsError, match="not empty"):
            write_demo(tmp_path, until=UNTIL)
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

    def test_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "co").write_text("mine")
        with pytest.raises(FileExistsError):
            write_demo(tmp_path / "co", until=UNTIL)

    def test_that_is_empty_is_taken(self, tmp_path: Path) -> None:
        assert write_demo(tmp_path, until=UNTIL).folder == tmp_path

    @pytest.mark.parametrize("year", [1, 1969, 9999])
    def test_day_out_of_reach_is_refused(self, tmp_path: Path, year: int) -> None:
        with pytest.raises(UsageError, match="2000 to 2099"):
            write_demo(tmp_path / "co", until=datetime.date(year, 1, 1))
        assert not (tmp_path / "co").exists()


@pytest.mark.long
class TestPast:
    @pytest.mark.parametrize("later", [datetime.date(2026, 10, 3), datetime.date(2027, 3, 19)])
    def test_does_not_change_with_until(self, later: datetime.date) -> None:
        """What the common stretch says is the same. A link to what is before the record is left out, hence the gap;
        standups are written down for two quarters only, and the cadence says since when."""
        begins = months_before(later, 30) + datetime.timedelta(days=75)
        standups = str(months_before(later, 6) + datetime.timedelta(days=7))
        assert self.stretch(later, begins, standups) == self.stretch(UNTIL, begins, standups)

    def stretch(self, until: datetime.date, begins: datetime.date, standups: str) -> list[tuple[object, ...]]:
        said = []
        for commit in history(until):
            files = {path: text for path, text in commit.files.items() if self.is_common(path, text, begins, standups)}
            texts = {path: re.sub(r"^Supersedes: .*\n", "", text, flags=re.MULTILINE) for path, text in files.items()}
            if texts and commit.when.date() <= UNTIL:
                said.append((commit.when, commit.author, commit.message, texts))
        return said

    def is_common(self, path: str, text: str, begins: datetime.date, standups: str) -> bool:
        if path.startswith("ops/incidents/"):
            return Path(path).stem >= f"INC-{begins:%Y%m%d}"
        if path.startswith("ops/decisions/"):
            proposed = re.search(r"^Proposed: (.*)$", text, re.MULTILINE)
            return proposed is not None and proposed[1] >= str(begins)
        first = standups if "/standup/" in path else str(begins)
        return path.startswith("ops/rituals/") and first <= Path(path).stem < "offsite"

    def test_differs_by_seed(self) -> None:
        assert record(seed=1).keys() != record(seed=2).keys()


@pytest.mark.parametrize("until", [UNTIL, *(pytest.param(day, marks=pytest.mark.long) for day in UNTILS[1:])], ids=str)
class TestCut:
    def test_nothing_is_later_than_until(self, until: datetime.date) -> None:
        last = str(until)
        assert all(str(commit.when.date()) <= last for commit in history(until))
        for text in record(until).values():
            assert started(text)[:10] <= last
            days = re.findall(r"(?:\(done |^- |^- T0 detection: )(\d{4}-\d\d-\d\d)", text, re.MULTILINE)
            assert all(day <= last for day in days)

    def test_covers_thirty_months(self, until: datetime.date) -> None:
        days = sorted(started(text)[:10] for text in record(until).values())
        first = months_before(until, 30)
        assert str(first) <= days[0] <= str(first + datetime.timedelta(days=21))
        assert str(until - datetime.timedelta(days=28)) <= days[-1]

    def test_one_or_two_incidents_are_open(self, until: datetime.date) -> None:
        texts = record(until).values()
        assert 1 <= sum(" resolved: " not in text and "Status: merged" not in text for text in texts) <= 3

    def test_one_resolved_time_is_before_its_start(self, until: datetime.date) -> None:
        pairs = [
            (started(text), re.findall(r"^- (\d{4}.{12}) resolved: ", text, re.MULTILINE))
            for text in record(until).values()
        ]
        wrong = [start for start, resolved in pairs if resolved and resolved[0] < start]
        assert len(wrong) == 1
        assert wrong[0][:10] < str(until - datetime.timedelta(days=45))


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))])
class TestShape:
    def test_incidents_a_week(self, seed: int) -> None:
        assert 1.1 <= len(record(seed=seed)) / (30.4 * 30 / 7) <= 1.8

    def test_severities_and_kinds(self, seed: int) -> None:
        texts = record(seed=seed).values()
        severities = Counter(
            match for text in texts for match in re.findall(r"^Severity: (SEV-\d)$", text, re.MULTILINE)
        )
        kinds = Counter(match for text in texts for match in re.findall(r"^Kind: (.*)$", text, re.MULTILINE))
        assert 0.02 <= severities["SEV-1"] / severities.total() <= 0.14
        assert 0.50 <= severities["SEV-3"] / severities.total() <= 0.78
        assert kinds.keys() == {"drill", "maintenance", "false-alarm"}
        assert kinds["drill"] == 5

    def test_follow_ups_are_kept_imperfectly(self, seed: int) -> None:
        text = "\n".join(record(seed=seed).values())
        made = re.findall(r"^- \[(.)\] .* — \w+ — Due (\d{4}-\d\d-\d\d)(?:~~| \(done (.*)\))?$", text, re.MULTILINE)
        done = [(due, day) for box, due, day in made if box == "x"]
        dated = [(due, day) for due, day in done if day]
        assert len(made) == text.count(" — Due ") > 150
        assert 0.6 <= len(done) / len(made) <= 0.9
        assert 0.15 <= sum(day > due for due, day in dated) / len(dated) <= 0.5
        assert 0.75 <= len(dated) / len(done) < 1

    def test_links_point_to_files_of_the_record(self, seed: int) -> None:
        files = record(seed=seed)
        links = [
            link
            for text in files.values()
            for link in re.findall(r"^(?:Repeat|Duplicate) of: (.*)$", text, re.MULTILINE)
        ]
        assert len(links) > 5
        assert all(f"ops/incidents/{link}.md" in files for link in links)

    def test_ids_are_those_of_the_files(self, seed: int) -> None:
        for path, text in record(seed=seed).items():
            assert f"Incident ID: {Path(path).stem}\n" in text
            assert Path(path).stem[4:12] == started(text)[:10].replace("-", "")

    def test_timelines_run_forward(self, seed: int) -> None:
        for text in record(seed=seed).values():
            offsets = [
                int(hours or 0) * 60 + int(rest)
                for hours, rest in re.findall(r"^- T\+(?:(\d+)h)?(\d+) ", text, re.MULTILINE)
            ]
            assert offsets == sorted(offsets)

    def test_texts_are_whole(self, seed: int) -> None:
        for path, text in record(seed=seed).items():
            assert "$" not in text
            assert not re.search(r" $|\n\n\n|^\s*/|\bNone,? none\b", text, re.MULTILINE), path
            assert text.endswith("\n") and text.startswith("# ")

    def test_each_commit_changes_its_file(self, seed: int) -> None:
        seen: dict[str, str] = {}
        for commit in history(seed=seed):
            assert any(seen.get(path) != text for path, text in commit.files.items()), commit.message
            seen |= commit.files


class TestStories:
    def test_there_are_many(self) -> None:
        assert len({story.impact for group in read_stories().values() for story in group}) >= 60

    def test_each_reads_as_an_action_or_a_sentence(self) -> None:
        for story in (story for group in read_stories().values() for story in group):
            assert all(re.fullmatch(r"[A-Z][^—–|@]*[^.]", action) and " - " not in action for action in story.actions)
            assert all(lesson.endswith(".") for lesson in story.lessons)
            assert story.impact.endswith(".")

    def test_no_timeline_text_states_a_time(self) -> None:
        """A time in the words of an entry could be read as the entry's own."""
        for story in (story for group in read_stories().values() for story in group):
            assert not re.search(r"\d:\d\d", story.signal + story.seen + story.diagnosis + story.fix + story.resolved)


def test_months_before_clips_to_the_month() -> None:
    assert months_before(datetime.date(2026, 8, 31), 30) == datetime.date(2024, 2, 29)
    assert months_before(datetime.date(2026, 6, 15), 30) == datetime.date(2023, 12, 15)
    assert months_before(datetime.date(2026, 7, 31), 30) == datetime.date(2024, 1, 31)


def test_mondays_are_the_weeks_of_an_iso_year() -> None:
    assert (len(mondays(2026)), len(mondays(2025))) == (53, 52)
    assert mondays(2026)[0] == datetime.date(2025, 12, 29)
