"""What the loader and the linter have to say about a place in a file, and the codes they say it with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What a code means, and why it matters. A rule of style is shown only when it is asked for."""

    code: str
    level: str
    summary: str
    remedy: str
    why: str
    is_style: bool = False


RULES = {
    rule.code: rule
    for rule in (
        Rule("OPS101", "error", "file rejected: it cannot be decoded or parsed",
             "mend the place that is named",
             "Nothing of a rejected file is in the tables, so every number that should count it is wrong by "
             "it."),
        Rule("OPS102", "error", "two files claim the same id",
             "give one of them another id",
             "Links, follow-ups and reports go by the id. The second file loads under a name of its own, "
             "`...~2`, and whoever looks for it finds the first."),
        Rule("OPS103", "error", "merge-conflict marker",
             "finish the merge: both sides are still in the file",
             "Both sides of a conflict are still there, and nobody can tell which one holds. Outside a code "
             "fence the whole file is rejected with OPS101; inside one it is read as it stands, and this is "
             "said."),
        Rule("OPS104", "info", "a setting of ops.yml that does nothing",
             "remove it, or write what is missing to it",
             "A setting that does nothing looks like one that does."),
        Rule("OPS105", "info", "the clock was set to a day, but the files or the settings are today's",
             "load from a git repository",
             "Outside git no file of that day is known: what was open then is judged by what the files say "
             "today. In git the settings are those of the commit too; where it has no ops.yml, or one that "
             "cannot be used, they are today's."),
        Rule("OPS106", "warning", "the repository cannot be read, so no commit is known",
             "do what is said, or load as the user who owns it",
             "Without a commit a report cannot name the state of the record that it was made from."),
        Rule("OPS107", "info", "a comment ignores a code that finds nothing here",
             "remove the comment",
             "A comment that outlives its finding will hide the next one."),
        Rule("OPS108", "info", "git does not tell all that became of the promises",
             "load from a whole clone",
             "A shallow clone ends before the days on which boxes were ticked; those days stay unknown."),
        Rule("OPS111", "error", "time unreadable or impossible",
             "write it as 2026-03-04 14:02, with a zone or offset",
             "A time that cannot be read is unknown to every metric: the incident drops out of the medians "
             "that it belongs in."),
        Rule("OPS112", "error", "ends before it starts, or is resolved before an earlier event",
             "check the date or write the zone",
             "Such a time is kept as written and left out of all durations. Most often a day, or a zone, is "
             "wrong."),
        Rule("OPS113", "warning", "no zone stated; read as UTC",
             "set zone in ops.yml or write the zone",
             "An hour's error in the start is an hour's error in every duration from it, and moves incidents "
             "between day and night."),
        Rule("OPS114", "error", "stated duration contradicts the timestamps",
             "mend the duration or the times, or state the rule it is counted by, such as (support hours)",
             "The figure that people quote and the times under it cannot both be right. The end is the event "
             "that the label names (repair and mitigation: mitigated; resolution and recovery: resolved; else "
             "any end), and the start is the start of the impact or of the incident, the detection or the "
             "declaration. Where the file names no start or no end, any two entries of its timeline will do, "
             "as long as their words do not rule them out."),
        Rule("OPS115", "warning", "the timeline contradicts itself",
             "mend the time that is wrong",
             "When two places of one file name different times for one event, or a timeline runs backwards, "
             "one of them is wrong and the tables cannot tell which."),
        Rule("OPS116", "warning", "T0 has no time, so its offsets have no place in time",
             "write the time of T0",
             "`T+35` says how long after the detection, and without its time nothing of the timeline can be "
             "compared with anything else."),
        Rule("OPS121", "warning", "incident without a start time",
             "add a line `Start Time (UTC): 2026-03-04 14:02`",
             "Without a start there is no time to detect, to mitigate or to resolve; without a day the "
             "incident is in no period at all."),
        Rule("OPS122", "warning", "word not on the severity scale",
             "add it to vocabulary.severity in ops.yml",
             "An incident without a severity is in no figure by severity, and what is asked of severe ones is "
             "not checked."),
        Rule("OPS123", "warning", "word not known for this field",
             "use one of the known words, or add yours to ops.yml",
             "The field is NULL until the word is known."),
        Rule("OPS124", "warning", "no such record",
             "check the id",
             "A link that leads nowhere breaks the chain from a repeat to its first incident, or from a "
             "decision to what it replaced."),
        Rule("OPS125", "warning", "session without a day",
             "add a line `Date: 2026-03-04`",
             "A session without a day keeps no promise of the cadence: it counts as missed."),
        Rule("OPS126", "error", "setting of the cadence that cannot be used",
             "mend it, or leave it out",
             "A ritual whose rule cannot be read is promised for no day, so nobody sees when it stops."),
        Rule("OPS127", "warning", "session that contradicts itself",
             "mend the place that is wrong",
             "Two days for one session: it is held against the wrong promise, or against none."),
        Rule("OPS128", "warning", "session of which nothing is said",
             "write what was said, or `Status: cancelled`",
             "A file without notes may be a meeting that nobody held; it counts as held all the same."),
        Rule("OPS131", "warning", "section missing or empty",
             "write it, or say that there is none",
             "What a postmortem leaves out cannot be learned from, and a decision without its context will be "
             "taken again. Of incidents that are written up these are asked: impact and timeline, and once "
             "resolved the root cause and follow-ups; of decisions the context, the decision, the options that "
             "the template has, and an owner in the chapter's. A post on a status page owes none of them."),
        Rule("OPS132", "warning", "open promise without an owner",
             "name who does it: `- [ ] Action — Owner — Due`",
             "What everybody should do, nobody does."),
        Rule("OPS133", "warning", "open promise without a due day",
             "name the day: `- [ ] Action — Owner — 2026-03-31`",
             "Without a day a promise is never late, and never on anybody's list."),
        Rule("OPS134", "warning", "date in another month or year than its neighbours",
             "check the month and the year",
             "In January people write last year. A date that would fit if only its month or its year were that "
             "of all dates around it is most often a slip, and moves an incident into another quarter."),
        Rule("OPS135", "error", "value that cannot be used",
             "mend it, or leave it out",
             "The row loads without the value, which is then unknown to every figure."),
        Rule("OPS136", "warning", "row without what its kind needs",
             "write it, or leave the row out",
             "A row without its key cannot be told from any other, so it is left out."),
        Rule("OPS137", "warning", "measurements of unknown length",
             "add a column `bucket_minutes`",
             "An error budget is counted in time or events; of a bucket of unknown length neither is known."),
        Rule("OPS138", "info", "key that is not read",
             "leave it, or remove it",
             "A misspelt key is read as nothing, and says so here only."),
        Rule("OPS141", "warning", "communications checklist not done for a severe incident",
             "do it, or accept it: `<!-- opsanalytics: ignore OPS141 -->`",
             "At SEV-1 and SEV-2 people outside the room depend on being told. Only what the file's own "
             "checklist leaves open once the incident is resolved is found: what it does not mention, nobody "
             "can tell."),
        Rule("OPS142", "warning", "postmortem not scheduled in time after a severe incident",
             "schedule it: `Postmortem scheduled: 2026-03-06 10:00`",
             "After a few days nobody remembers the order of things. The time allowed is "
             "`policies.postmortem_scheduled_hours`, 72 unless ops.yml says otherwise."),
        Rule("OPS143", "warning", "decision link that the other decision does not answer",
             "write the link in the other file too",
             "Whoever reads the old decision has to learn there that it no longer holds."),
        Rule("OPS144", "warning", "two decisions of one number",
             "give one of them the next free number",
             "`See decision 12` means two things."),
        Rule("OPS151", "warning", "roadmap item without a DRI",
             "name one person who answers for it",
             "What is being done now or next, and what nobody answers for, is a wish."),
        Rule("OPS152", "warning", "service without a runbook",
             "write one: `ops/runbooks/<service>.md`",
             "At three in the morning the page is for a service that somebody else knows."),
        Rule("OPS161", "warning", "link to a file that does not exist",
             "mend the link",
             "Evidence that cannot be opened is none."),
        Rule("OPS171", "info", "word that blames somebody",
             "say what happened and why it could",
             "Where people are blamed, the next one will not write it down. A matter of style: shown only with "
             "`--select OPS171`.", is_style=True),
    )
}  # fmt: skip


PAGES = "https://github.com/opsanalytics/opsanalytics/blob/main/docs/reference/findings"


def rule_page(code: str) -> str:
    """Where a rule is explained, with an example and its mending."""
    return f"{PAGES}/{code}.md"


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
