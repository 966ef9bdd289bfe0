"""Decks of texts (`meetings.yml`, `decisions.yml`): dealt card by card, the n-th never depends on others."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from opsanalytics.scaffold.demo.company import ENGINEERS, SERVICE_WEIGHTS
from opsanalytics.scaffold.demo.stories import Slots, capital, draw_slots, fill


@cache
def read_bank(name: str) -> Any:
    text = files("opsanalytics.scaffold.demo").joinpath(f"{name}.yml").read_text("utf-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, loader)  # noqa: S506 (a safe loader, and our own file)


def deck(name: str) -> list[Any]:
    return list(read_bank("meetings")[name])


@cache
def _order(seed: int, name: str, size: int, epoch: int) -> list[int]:
    return Random(f"{seed} {name} {epoch}").sample(range(size), size)


def card(cards: list[Any], name: str, seed: int, n: int) -> Any:
    """The n-th card of decks that are shuffled one after the other."""
    epoch, place = divmod(n, len(cards))
    return cards[_order(seed, name, len(cards), epoch)[place]]


def slots(rng: Random) -> Slots:
    drawn = draw_slots(rng.choice(list(SERVICE_WEIGHTS)), rng)
    person = rng.choice(ENGINEERS).first_name
    return drawn | {"person": person, "d": str(rng.randint(1, 9)), "most": str(rng.randint(61, 94))}


def lines(name: str, seed: int, first: int, count: int, rng: Random) -> list[str]:
    """`count` texts of a deck, from its card `first` on, filled in."""
    cards = deck(name)
    return [said(card(cards, name, seed, first + place), slots(rng)) for place in range(count)]


def said(text: str, drawn: Slots) -> str:
    return capital(fill(text, drawn))
