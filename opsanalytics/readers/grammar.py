"""The forms of days, times of day and zones: signs and digits from here, words from the vocabulary of any language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from opsanalytics.markup.words import fold, shortest
from opsanalytics.readers.vocabulary import Vocabulary

_FLAGS = re.IGNORECASE | re.VERBOSE
SEPARATORS = "-/._‐‑‒–−"
MINUS = "-‐‑−"
_WORD = re.compile(r"[A-Za-z]+(?![^\W\d_])")
_SEP = f"[{SEPARATORS}]"
_ABOUT_SIGN = "[~≈∼]+"
_HALF = r"(?P<half>[ap])\.?m\b\.?"
_OFFSET = rf"[{MINUS}+]\d{{1,2}}:?\d{{2}}(?!\d) | [{MINUS}+]\d{{1,2}}(?![\d:-])"


class Grammar:
    """Patterns that match at the start of a text, case-blind. Built once a vocabulary: `grammar_of`."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self.months = {name: int(number) for name, number in words.group("months").items()}

    @cached_property
    def day(self) -> re.Pattern[str]:
        """Groups: `iso` and `basic`; `d1 m1 y1`, `m2 d2 y2` with a named month; `n1 n2 y3` and `n3 n4` in numbers alone.
        Without a year, or with dots and two digits of it, it is a day only where nothing but a time or a sign follows:
        `10/15 of them` and `1.22.16 deployed` are none."""
        month = f"(?:{any_of(self.months)})(?![^\\W\\d_])"
        end = rf"(?=\s*(?:$|[,:;)\]—–-](?:\s|$))|,?\s+(?:{self._clock_begins})|,?\s*T\d)"
        return re.compile(
            rf"""(?: (?P<iso>\d{{4,9}}{_SEP}\d{{1,2}}{_SEP}\d{{1,2}} | \d{{4}}年\s?\d{{1,2}}月\s?\d{{1,2}}日)
                   | (?P<basic>(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))
                   | (?P<d1>\d{{1,2}})(?:st|nd|rd|th|d|\.)?[\s/-]{{1,2}}(?:of\s)?(?P<m1>{month})\.?
                     (?:(?:,?\s+|[/-])(?P<y1>\d{{4}})(?!\d) | (?:\s'|[/-])(?P<y1s>\d{{2}})(?![\d:.h]))?
                   | (?P<m2>{month})\.?[\s-]{{1,2}}(?:the\s)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th|d\b)?(?![\d:]|\.\d|\s?[ap]\.?m\b)
                     (?:\s?[-–]\s?\d{{1,2}}(?:st|nd|rd|th)?(?=,?\s\d{{4}}))?
                     (?:(?:,\s*|\s+|-)(?P<y2>\d{{4}})(?![\d:]))?
                   | (?P<n1>\d{{1,2}})(?P<sep>[-/._])(?P<n2>\d{{1,2}})(?P=sep)(?:(?P<y3>\d{{4}}) | (?P<y3s>\d{{2}})(?:(?<!\.\d\d)|{end}))
                     (?!{_SEP}\d)
                   | (?P<n3>\d{{1,2}})/(?P<n4>\d{{1,2}})(?![/\d]){end}
                 )(?!\d)""",
            _FLAGS,
        )

    @cached_property
    def any_day(self) -> re.Pattern[str]:
        """`day` wherever it stands as a word of its own."""
        return re.compile(rf"(?<![^\W_])(?<![\d./:-]){self.day.pattern}", _FLAGS)

    @property
    def _clock_begins(self) -> str:
        return rf"(?:(?:{self._said('at')})\s|{_ABOUT_SIGN}\s?|@\s?)?(?:\d{{1,2}}(?:[:.h]\d\d|\s?[ap]\.?m\b)|(?:{self._said('noon')})\b)"

    @cached_property
    def weekday(self) -> re.Pattern[str]:
        return re.compile(rf"\(?(?:{any_of(self.words.group('weekdays'))})\b\.?\)?,?\s+(?=\w)", re.IGNORECASE)

    @cached_property
    def weekday_behind(self) -> re.Pattern[str]:
        return re.compile(rf",?\s+\(?(?:{any_of(self.words.group('weekdays'))})\b\.?\)?(?=[\s,]|$)", re.IGNORECASE)

    @cached_property
    def marks(self) -> re.Pattern[str]:
        """Before a time: `~`, `around`, `at about`, `Friday,`; group `sign` is the mark of a time that is not exact."""
        before = f"{self._said('at')}|{self._said('on')}"
        about = rf"(?:(?:{before})\s+)?(?P<sign>(?:{_ABOUT_SIGN}|(?:{self._said('about')})\b\.?)\s*)*"
        return re.compile(rf"{about}(?:{self.weekday.pattern})?", re.IGNORECASE)

    @cached_property
    def ish(self) -> re.Pattern[str]:
        """Behind a time, that it is not exact: `-ish`, `(approx.)`, `?`."""
        return re.compile(rf"-?ish\b|\s?\((?:{self._said('about')})\.?\)|\s?\?(?!\w)", re.IGNORECASE)

    @cached_property
    def between(self) -> re.Pattern[str]:
        """From a day to its time of day; group `t` is the `T` of ISO 8601."""
        return re.compile(
            rf"""(?: \s*(?P<t>T)(?=\d) | \s*,?\s+(?:{self._said("at")})\s+(?=\S) | \s*@\s* | \s*,\s* | \s*:\s+
                   | \s+[-–—|]\s+ | \s+ | (?=\s?{_ABOUT_SIGN}))""",
            _FLAGS,
        )

    @cached_property
    def clocks(self) -> tuple[re.Pattern[str], ...]:
        """Times of day, clear wherever they stand. Groups: h m s f half."""
        zone = (
            rf"(?:Z|{any_of(name for name in self.words.group('zones') if 3 <= len(name) <= 5)}|{self._said('hours')})"
        )
        return tuple(
            re.compile(pattern, re.IGNORECASE)
            for pattern in (
                rf"(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?::(?P<s>\d{{2}})(?:[.,](?P<f>\d{{1,30}}))?)?(?!\d)(?:\s*{_HALF})?",
                rf"(?P<h>\d{{1,2}})(?:\.(?P<m>\d{{2}}))?\s?{_HALF}",
                r"(?P<h>\d{2})h(?P<m>\d{2})(?!\w)",
                rf"(?P<h>\d{{1,2}})\.(?P<m>\d{{2}})(?=\s?{zone}\b|\s*(?:$|:\s|[-–—]\s))",
                rf"(?P<h>\d{{1,2}})(?=\s?(?:{self._said('hours')})\b)",
                rf"(?P<h>\d{{2}})(?P<m>\d{{2}})(?=\s?{zone}\b)",
                r"(?P<h>0\d)(?P<m>[0-5]\d)(?=\s|$|:\s)",
                r"(?P<h>\d{1,2})(?=\s*[-–—]\s*\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m\b)",
            )
        )

    @cached_property
    def clocks_behind_day(self) -> tuple[re.Pattern[str], ...]:
        """Times of day that only a day before them makes clear."""
        return (
            *self.clocks,
            re.compile(r"(?P<h>\d{1,2})\.(?P<m>[0-5]\d)(?![\w.])", re.IGNORECASE),
            re.compile(r"(?P<h>\d{1,2})h(?P<m>\d{2})?(?!\w)", re.IGNORECASE),
        )

    @cached_property
    def basic_clock(self) -> re.Pattern[str]:
        """Behind the `T` of ISO 8601's basic form: `20260304T140200Z`."""
        return re.compile(r"(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})?(?!\d)")

    @cached_property
    def noon(self) -> re.Pattern[str]:
        return re.compile(rf"(?:(?P<noon>{self._said('noon')})|(?P<midnight>{self._said('midnight')}))(?=\s*(?:$|[,:;)\]—–-])|\s)",
                          re.IGNORECASE)  # fmt: skip

    @cached_property
    def hours(self) -> re.Pattern[str]:
        return re.compile(rf"\s?(?:{self._said('hours')})(?!\w)", re.IGNORECASE)

    @cached_property
    def zone(self) -> re.Pattern[str]:
        """A zone right behind a time: in brackets (`in`), or bare."""
        return re.compile(
            rf"\s?(?:\((?P<in>[^()]{{1,40}})\)|\[(?P<inside>[^\[\]]{{1,40}})\]|(?P<bare>{self.zone_name}))", _FLAGS
        )

    @cached_property
    def zone_name(self) -> str:
        """The source of a pattern, for use in a longer one, that is verbose and case-blind."""
        long = any_of(name for name in self.words.group("zones") if " " in name or "/" in name)
        return rf"""(?:{_OFFSET} | (?:UTC|GMT)\s?[{MINUS}+]\d{{1,2}}(?::?\d{{2}})?(?!\d) | (?:{long})\b | [A-Za-z]+/[\w/+-]{{1,40}}
                     | (?-i:[A-Z][^\W\d_]+(?:\s[A-Z][^\W\d_]+){{0,2}})\s(?-i:time)\b | [A-Za-z]{{3,5}}\b | (?-i:[A-Z]{{2}})\b | Z\b)"""

    @cached_property
    def zone_behind(self) -> re.Pattern[str]:
        """A time of day with its zone, anywhere in a text."""
        return re.compile(rf"\d:\d\d(?::\d\d(?:\.\d+)?)?\s?\(?(?P<zone>{self.zone_name})", _FLAGS)

    @cached_property
    def on(self) -> re.Pattern[str]:
        """From a time of day to a day behind it: `14:02 on 4 March 2026`."""
        return re.compile(rf"(?:,\s*|\s+(?:{self._said('on')})\s+|\s*\((?P<open>))(?=\w)", re.IGNORECASE)

    @cached_property
    def start(self) -> re.Pattern[str]:
        """What opens a span."""
        return re.compile(rf"(?:{self._said('from')})\s+(?=\W?\d)", re.IGNORECASE)

    @cached_property
    def until(self) -> re.Pattern[str]:
        """From the start of a span to its end."""
        return re.compile(rf"\s*(?:[-‐‑‒–—−→]+>?|\b(?:{self._said('to')})\b)\s*(?=[~\w])", re.IGNORECASE)

    @cached_property
    def until_or_comma(self) -> re.Pattern[str]:
        """As `until`, in a text that is one span and nothing more: `11/26/22, 9am, 10am`."""
        return re.compile(rf"(?:{self.until.pattern}|,\s*(?=\d))", re.IGNORECASE)

    @cached_property
    def _openings(self) -> frozenset[str]:
        """The first words of all that a time may begin with."""
        groups = ("months", "weekdays", "time_words")
        words = (_WORD.match(fold(word)) for group in groups for word in self.words.group(group))
        return frozenset(("t", *(word[0] for word in words if word)))

    def may_open(self, text: str) -> bool:
        """Whether a time may begin here; the word that most texts begin with tells that none does."""
        word = _WORD.match(text)
        return word is None or word[0].casefold() in self._openings

    def zones_of_all(self, text: str) -> Iterator[re.Match[str]]:
        """Where `zone_of_all` stands, looked for only in a text that has one of its subjects."""
        return self.zone_of_all.finditer(text) if self._zone_subject.search(text.casefold()) else iter(())

    @cached_property
    def _zone_subject(self) -> re.Pattern[str]:
        """In a folded text: without regard to case, a search takes eight times as long."""
        return re.compile(any_of(shortest(self._in_zone_sentences("subject"))))

    def _in_zone_sentences(self, part: str) -> list[str]:
        return [word for word, of in self.words.group("zone_sentences").items() if of == part]

    @cached_property
    def zone_of_all(self) -> re.Pattern[str]:
        """`All times are in CET`, anywhere in a text."""
        subject, joint = (any_of(self._in_zone_sentences(part)) for part in ("subject", "joint"))
        gap = r"[\s:(,*_]+"
        return re.compile(rf"\b(?:{subject})\b(?:{gap}(?:{joint})\b)*{gap}(?P<zone>{self.zone_name})", _FLAGS)

    @cached_property
    def day_number(self) -> re.Pattern[str]:
        """`Day 2` of an incident."""
        return re.compile(
            rf"(?:{self._said('day')})\s(?P<number>\d{{1,3}})(?=\s*$|\s*[:,)\]–—-]\D|\s+\d)[\s:,)\]–—-]*", re.IGNORECASE
        )

    def _said(self, part: str) -> str:
        return any_of(word for word, of in self.words.group("time_words").items() if of == part)


def any_of(words: Iterable[str]) -> str:
    """The source of a pattern for any of some folded words, longest first; one that never matches when there are none."""
    longest_first = sorted(map(fold, words), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"[\s-]") for word in longest_first) or r"(?!)"


@lru_cache(maxsize=64)
def grammar_of(words: Vocabulary) -> Grammar:
    return Grammar(words)
