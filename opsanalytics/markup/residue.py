"""What other tools left in Markdown: comments, template tags, components, shortcodes. It is nobody's record.

Each is covered by characters that are no text, one for one, so that all that is left keeps its line and column. Code
is left as it is: there these signs are what the writer speaks of.
"""

from __future__ import annotations

import re

FILLER = "\ufdd0"  # a code point that Unicode keeps out of texts

# Each begins with one of few signs, a line break among them, so that a search passes over everything else fast.
_ANY = re.compile(
    r"<!--|<%|\{\{[<%]|\{%|\{/\*|=\{|\{[#.:]|:::|\[!|\[\[_?(?i:toc)|\[(?i:toc)\]|\n(?:import|export)\s"
)
# An opening that is never closed is read up to the next opening and no further, so that none costs more than its length.
_RESIDUE = re.compile(
    r"""
      (?P<kept>
          ^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*
          (?:\n(?:.*?^[ \t>]*(?P=fence)[`~]*[ \t]*$|.*)|\Z)
        | (?P<ticks>`+)(?!`)[^\n]{0,400}?(?<!`)(?P=ticks)(?!`)
        | `+
        | <!--(?!.*?-->).*                                                    # never closed
      )
    | <!--.*?-->
    | \{%-?\s?comment\s?-?%\}(?:(?!\{%-?\s?comment\b).)*?\{%-?\s?endcomment\s?-?%\}
    | <%(?:(?!<%|%>).)*+%>                                                    # ERB
    | \{%(?:(?!\{%|%\}).)*+%\}                                                # Liquid
    | \{\{[<%](?:(?!\{\{|\}\}).)*+\}\}                                        # Hugo
    | \{/\*(?:(?!\{/\*|\*/).)*+\*/\}                                          # MDX
    | </?[A-Za-z][\w.]*\s(?:=(?!\{|>)|[^<>=]|=>)*+=\{(?:=>|[^<>])*+>          # a component with properties
    | ^import\s(?:[\w*{][^;"'`]{0,500}?\sfrom\s{1,9})?["'][^"'\n]{1,200}["'];?[ \t]*$
    | ^export\s(?:const|let|var|default|function|async|class)\s[^\n]*[={(;][^\n]*(?:\n(?![ \t]*$)[^\n]+)*
    | ^[ \t]*:{3,}[^\n]*$                                                     # Quarto, Docusaurus
    | (?<=[ \t])\{[\#.][^{}\n]{1,200}\}(?=[ \t]*\#*[ \t]*$)                   # attributes of a heading
    | \{:[^{}\n]{1,200}\}                                                     # kramdown
    | (?<=>[ ])\[![A-Za-z]{1,20}\][+-]?                                       # > [!NOTE]
    | ^[ \t]*(?i:\[\[_?toc_?\]\]|\[toc\])[ \t]*$
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def step_over_residue(text: str) -> str:
    """The same text, line for line and column for column, with residue made invisible."""
    return _RESIDUE.sub(_Cover(text), text) if _ANY.search(f"\n{text}") else text


class _Cover:
    """Lines of their own become blank; beside other words residue must not look like an indent, nor like a gap."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words, self.stop = range(0), -1

    def __call__(self, found: re.Match[str]) -> str:
        if found["kept"]:
            return found[0]
        lines = found[0].split("\n")
        has_words_before = self._words_around(found.start()).start < found.start()
        has_words_behind = self._words_around(found.end()).stop > found.end()
        beside = ((not at and has_words_before) or (at == len(lines) - 1 and has_words_behind) for at in range(len(lines)))
        return "\n".join((FILLER if words else " ") * len(line) for line, words in zip(lines, beside, strict=True))

    def _words_around(self, at: int) -> range:
        """Where the words of a line are. Places are asked for in their order, and each line is looked at once."""
        if at > self.stop:
            start, stop = self.text.rfind("\n", 0, at) + 1, self.text.find("\n", at)
            self.stop = stop if stop >= 0 else len(self.text)
            line = self.text[start : self.stop]
            self.words = range(self.stop - len(line.lstrip()), start + len(line.rstrip()))
        return self.words
