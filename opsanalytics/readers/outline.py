"""A document as sections: each heading with what stands under it, down to the next heading that is no deeper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from opsanalytics.markup.blocks import Block, Code, Heading, Item, Items, Line, Paragraph, Rows

CaptionLevel = Callable[[Line, Block | None], int]
"""Of a line before a block: the level, below every heading's, when it stands for a heading, else 0."""


@dataclass
class Section:
    """`line` is the heading, None of the whole document; `blocks` stand right under it, before the first heading below."""

    level: int
    line: Line | None = None
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.line.text if self.line else ""

    @property
    def paragraphs(self) -> list[Line]:
        return [line for block in self.blocks if isinstance(block, Paragraph) for line in block.lines]

    @property
    def entries(self) -> list[Item]:
        return [entry for block in self.blocks for entry in entries_of(block)]

    def walk(self) -> Iterator[Section]:
        """It and all sections below, in the order of the file."""
        yield self
        for below in self.sections:
            yield from below.walk()

    def raws(self) -> Iterator[str]:
        """All that is written in it and below, a line each, headings apart."""
        for section in self.walk():
            for block in section.blocks:
                yield from _raws(block)


def outline(blocks: Iterable[Block], caption_level: CaptionLevel = lambda line, before: 0) -> Section:
    root = Section(0)
    stack, blocks = [root], list(blocks)
    for block, before in zip(blocks, [*blocks[1:], None], strict=False):
        for piece in _pieces(block, before, caption_level):
            if isinstance(piece, Heading):
                while stack[-1].level >= piece.level:
                    stack.pop()
                section = Section(piece.level, piece.line)
                stack[-1].sections.append(section)
                stack.append(section)
            else:
                stack[-1].blocks.append(piece)
    return root


def _pieces(block: Block, before: Block | None, caption_level: CaptionLevel) -> Iterator[Block]:
    """A paragraph that a caption opens is cut at it, and at every further one."""
    lines = block.lines if isinstance(block, Paragraph) else []
    follows = [*(Paragraph([line]) for line in lines[1:]), before]
    if not lines or not caption_level(lines[0], follows[0]):
        yield block
        return
    for line, next_block in zip(lines, follows, strict=True):
        level = caption_level(line, next_block)
        yield Heading(level, line) if level else Paragraph([line])


def entries_of(block: Block) -> list[Item]:
    """List entries, and the rows of a table."""
    return block.items if isinstance(block, Items) else block.entries() if isinstance(block, Rows) else []


def _raws(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph | Code):
        yield from (line.raw for line in block.lines)
    else:
        for item in entries_of(block):
            yield from _item_raws(item)


def _item_raws(item: Item) -> Iterator[str]:
    yield from (line.raw for line in (*item.lines, *item.code))
    if item.fields:
        yield " | ".join(cell.text for cell in item.fields.values())
    for below in item.items:
        yield from _item_raws(below)
