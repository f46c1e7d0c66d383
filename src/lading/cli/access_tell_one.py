"""
What somebody may do on one entry and why, in sentences and as plain values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lading.cli import access_facts as facts
from lading.cli import access_words as words
from lading.cli.access_telling import named
from lading.cli.output import speak
from lading.manifest.access.causes import Fate
from lading.manifest.access.links import Opening
from lading.manifest.access.people import Directory
from lading.manifest.access.places import Explanation, Holders, Step, Who
from lading.manifest.access.veil import Veil
from lading.model.access import Effect, Role
from lading.model.text import Text

_ROLE = Text("{name}: {person} on {path}: {role}", "{name}：{person} 对 {path}：{role}")
_DEAD = Text(
    "They count for nothing: not active, at an end, or a guest whom no active person owns.",
    "此人不起任何作用：已停用、已到期，或为无在职人员负责的来宾。",
)
_FATE = {
    Fate.COUNTS: Text("counts: {grant}", "有效：{grant}"),
    Fate.ENDED: Text("has expired: {grant}", "已到期：{grant}"),
    Fate.ELSEWHERE: Text("does not reach this entry: {grant}", "范围不含此项：{grant}"),
    Fate.STOPPED: Text("does not arrive: {grant}; ended by {by}", "未能到达：{grant}；被阻断于{by}"),
}
_DECIDES = Text("decides: {grant}", "起决定作用：{grant}")
_CUTS = Text("takes away: {grant}", "予以剥夺：{grant}")
_ENDS = Text("ends what comes from above: {grant}", "不再继承上级：{grant}")
_CHAIN = Text("  – by way of {chain}", "  – 经由 {chain}")
_NO_GRANT = Text("No grant names them.", "没有任何授权涉及此人。")
_BARRED = Text("They cannot pass the folder {path}.", "此人无法通过文件夹 {path}。")
_NAMES = Text(
    "They see only its name, for something below is visible to them.",
    "仅可见其名称，因为其下有此人可见的内容。",
)
_CAPPED = Text(
    "The drive gives principals of this kind no more than {role}.", "该网盘对此类对象最高只给予“{role}”。"
)
_LINK = Text("Also opened by whoever has it: {link}", "持有链接者亦可打开：{link}")
_ON = Text("{name}: {path}", "{name}：{path}")
_HELD = Text("{role}: {people}: {whom}", "{role}：{people}：{whom}")
_BY = Text("  – {grant}", "  – {grant}")
_CUT_BY = Text("  – {grant}; {cut}", "  – {grant}；{cut}")
_FOR_NAMES = Text("  – only the name, for what they see below", "  – 仅名称，因其下有可见内容")
_NOBODY = Text("Nobody has a role here.", "无人拥有此项的权限。")


class Told(NamedTuple):
    """Sentences for a person, and the same as values."""

    sentences: list[str]
    values: dict[str, Any]


def why(found: Explanation, name: str, veil: Veil) -> Told:
    """One person on one entry of the manifest *name*."""
    values = {
        "manifest": name,
        "path": veil.path(found.path),
        "person": found.key.partition(":")[2],
        "role": facts.role(found.role),
        "active": found.alive,
        "steps": [_step(step, found.directory, veil) for step in found.steps],
        "barred": None if found.barred is None else veil.path(found.barred),
        "names_only": found.names,
        "links": [facts.link(link, veil) for link in found.links],
    }
    return Told(list(_why(found, name, veil)), values)


def who(found: Who, name: str, path: str, veil: Veil) -> Told:
    """Everyone on one entry of the manifest *name*."""
    values = {
        "manifest": name,
        "path": veil.path(path),
        "holders": [_holders(it, found.directory, veil) for it in found.holders],
        "links": [facts.link(link, veil) for link in found.links],
    }
    sentences = [speak(_ON, name=name, path=veil.path(path))]
    for it in found.holders:
        whom = named([words.principal(key, found.directory, veil) for key in it.people])
        sentences.append(
            speak(_HELD, role=words.role(it.role), people=words.people(len(it.people)), whom=whom)
        )
        sentences.append(_held_by(it, found.directory, veil))
    if not found.holders:
        sentences.append(speak(_NOBODY))
    return Told([*sentences, *_links(found.links, veil)], values)


def _why(found: Explanation, name: str, veil: Veil) -> Iterator[str]:
    person = words.principal(found.key, found.directory, veil)
    yield speak(_ROLE, name=name, person=person, path=veil.path(found.path), role=words.role(found.role))
    if not found.alive:
        yield speak(_DEAD)
    for step in found.steps:
        yield _sentence(step, found.directory, veil)
        if len(step.chain) > 1:
            chain = (words.principal(key, found.directory, veil) for key in step.chain)
            yield speak(_CHAIN, chain=" → ".join(chain))
    if found.alive and not any(step.chain for step in found.steps):
        yield speak(_NO_GRANT)
    if found.barred is not None:
        yield speak(_BARRED, path=veil.path(found.barred))
    elif found.names:
        yield speak(_NAMES)
    elif found.role < found.granted:
        yield speak(_CAPPED, role=words.role(found.role))
    yield from _links(found.links, veil)


def _sentence(step: Step, directory: Directory, veil: Veil) -> str:
    item, fate, by = step.verdict
    text = _FATE[fate]
    if step.decides:
        text = {Effect.ALLOW: _DECIDES, Effect.DENY: _CUTS}.get(item.effect, _ENDS)
    ended = words.grant(by, directory, veil) if by else ""
    return speak(text, grant=words.grant(item, directory, veil), by=ended)


def _step(step: Step, directory: Directory, veil: Veil) -> dict[str, Any]:
    return {
        "grant": facts.grant(step.verdict.item, directory, veil),
        "fate": step.verdict.fate.value,
        "decides": step.decides,
        "by": facts.grant(step.verdict.by, directory, veil),
        "chain": [words.principal(key, directory, veil) for key in step.chain],
        "text": _sentence(step, directory, veil),
    }


def _holders(it: Holders, directory: Directory, veil: Veil) -> dict[str, Any]:
    return {
        "role": facts.role(it.role),
        "grant": facts.grant(it.grant, directory, veil),
        "cut": facts.grant(it.cut, directory, veil),
        "people": [key.partition(":")[2] for key in it.people],
    }


def _held_by(it: Holders, directory: Directory, veil: Veil) -> str:
    if it.grant is None:
        return speak(_FOR_NAMES)
    given = words.grant(it.grant, directory, veil)
    return (
        speak(_BY, grant=given)
        if it.cut is None
        else speak(_CUT_BY, grant=given, cut=words.grant(it.cut, directory, veil))
    )


def _links(links: tuple[Opening, ...], veil: Veil) -> Iterator[str]:
    for link in links:
        if link.role > Role.NONE:
            yield speak(_LINK, link=words.link(link, veil))
