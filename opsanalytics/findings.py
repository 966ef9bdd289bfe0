"""What the loader and the linter have to say about a place in a file, and the codes they say it with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    code: str
    level: str
    summary: str
    remedy: str


RULES = {
    rule.code: rule
    for rule in (
        Rule("OPS101", "error", "file rejected: it cannot be decoded or parsed", "mend the place that is named"),
        Rule("OPS102", "error", "two files claim the same id", "give one of them another id"),
        Rule("OPS103", "error", "merge-conflict marker", "finish the merge: both sides are still in the file"),
        Rule("OPS104", "info", "a setting of ops.yml that this version does not use yet", "leave it or remove it"),
        Rule("OPS105", "info", "the clock was set to a day, but the files are today's", "load from a git repository"),
        Rule("OPS106", "warning", "git refuses to read the repository, so no commit is known",
             "do what git says, or load as the user who owns it"),
        Rule("OPS111", "error", "time unreadable or impossible", "write it as 2026-03-04 14:02, with a zone or offset"),
        Rule("OPS112", "error", "ends before it starts, or is resolved before an earlier event",
             "check the date or write the zone"),
        Rule("OPS113", "warning", "no zone stated; read as UTC", "set zone in ops.yml or write the zone"),
        Rule("OPS115", "warning", "the timeline contradicts itself", "mend the time that is wrong"),
        Rule("OPS116", "warning", "T0 has no time, so its offsets have no place in time", "write the time of T0"),
        Rule("OPS121", "warning", "incident without a start time", "add a line `Start Time (UTC): 2026-03-04 14:02`"),
        Rule("OPS122", "warning", "word not on the severity scale", "add it to vocabulary.severity in ops.yml"),
        Rule("OPS123", "warning", "word not known for this field", "use one of the known words, or add yours to ops.yml"),
        Rule("OPS124", "warning", "no such record", "check the id"),
        Rule("OPS125", "warning", "session without a day", "add a line `Date: 2026-03-04`"),
        Rule("OPS126", "error", "setting of the cadence that cannot be used", "mend it, or leave it out"),
        Rule("OPS127", "warning", "session that contradicts itself", "mend the place that is wrong"),
        Rule("OPS128", "warning", "session of which nothing is said", "write what was said, or `Status: cancelled`"),
    )
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Finding:
    """One finding. `line` and `col` count from 1, `col` in characters."""

    path: str
    line: int
    col: int
    code: str
    message: str
    hint: str
    level: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.col} {self.code} {self.message}"


def finding(code: str, path: str, line: int, col: int, message: str, hint: str | None = None) -> Finding:
    rule = RULES[code]
    return Finding(path, line, col, code, message, hint or rule.remedy, rule.level)
