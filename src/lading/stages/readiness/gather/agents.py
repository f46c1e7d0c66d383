"""
User agents to programs and operating systems.

Clients of file drives are known here by what they call themselves; browsers and systems are told by ua-parser.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ua_parser import Result, parse

CACHED = 20_000
"""Distinct agents that are kept: a firm has some hundreds to thousands, the rest is noise."""
LONGEST = 1024
"""Characters of an agent that are looked at."""
_VERSION = r"[/ ]?v?(?P<version>\d[\d.]*)?"
_KNOWN = tuple(
    (re.compile(pattern + _VERSION, re.IGNORECASE), name, kind)
    for pattern, name, kind in (
        (r"Microsoft-WebDAV-MiniRedir", "Windows WebDAV", "mount"),
        (r"davfs2", "davfs2", "mount"),
        (r"WebDAV(?:FS|Lib)", "macOS Finder", "mount"),
        (r"gvfs", "gvfs", "mount"),
        (r"Mountain Duck", "Mountain Duck", "mount"),
        (r"Nextcloud-android", "Nextcloud Android", "sync"),
        (r"Nextcloud-iOS", "Nextcloud iOS", "sync"),
        (r"mirall", "Nextcloud desktop", "sync"),
        (r"OneDrive(?:Sync)?", "OneDrive", "sync"),
        (r"GoodSync", "GoodSync", "sync"),
        (r"rclone", "rclone", "sync"),
        (r"cadaver", "cadaver", "script"),
        (r"Cyberduck", "Cyberduck", "other"),
        (r"WinSCP", "WinSCP", "other"),
        (
            r"Microsoft Office(?: (?:Word|Excel|PowerPoint|Outlook|OneNote|Upload Center|Core Storage Infrastructure))?",
            "Microsoft Office",
            "office",
        ),
        (r"MSOffice", "Microsoft Office", "office"),
        (r"LibreOffice", "LibreOffice", "office"),
        (r"duplicity", "duplicity", "script"),
        (r"restic", "restic", "script"),
        (r"Veeam[\w ]*", "Veeam", "script"),
        (r"python-requests", "python-requests", "script"),
        (r"Python-urllib", "Python urllib", "script"),
        (r"python-httpx", "httpx", "script"),
        (r"aiohttp", "aiohttp", "script"),
        (r"Go-http-client", "Go program", "script"),
        (r"Apache-HttpClient", "Apache HttpClient", "script"),
        (r"okhttp", "okhttp", "script"),
        (r"WindowsPowerShell|PowerShell", "PowerShell", "script"),
        (r"(?<![a-z])curl", "curl", "script"),
        (r"(?<![a-z])wget", "Wget", "script"),
        (r"(?<![a-z])Java(?=/)", "Java program", "script"),
        (r"wxwork", "WeCom", "browser"),
        (r"MicroMessenger", "WeChat", "browser"),
    )
)
_MIRALL = re.compile(r"windows-(\d+\.\d+\.\d+)")
_BOTS = re.compile(r"bot\b|crawl|spider|monitor|probe|health|zabbix|nagios|uptime", re.IGNORECASE)
_SERVERS = {
    14393: "10 or Server 2016",
    17763: "10 or Server 2019",
    20348: "Server 2022",
    26100: "11 or Server 2025",
}
"""Builds that servers have too: https://learn.microsoft.com/windows-server/get-started/windows-server-release-info"""
_KERNELS = {(6, 3): "8.1", (6, 2): "8", (6, 1): "7", (6, 0): "Vista", (5, 1): "XP"}
_BUILDS = ((22000, "11"), (10240, "10"))


class Agent(NamedTuple):
    """A program: *kind* as in `Used`; *system* is "" where it does not tell."""

    name: str
    kind: str
    version: str = ""
    system: str = ""
    system_version: str = ""


@lru_cache(CACHED)
def agent_of(text: str) -> Agent:
    """The program that calls itself *text*."""
    text = text[:LONGEST]
    if not text.strip():
        return Agent("(no user agent)", "other")
    for pattern, name, kind in _KNOWN:
        if found := pattern.search(text):
            version = (found["version"] or "").rstrip(".")
            if name == "Nextcloud desktop" and "nextcloud" not in text.lower():
                name = "ownCloud desktop"
            return Agent(name, kind, version, *_system(text, name, version))
    if _BOTS.search(text):
        return Agent(text.split("/")[0].split("(")[0].strip()[:60] or "bot", "script")
    return _browser(text)


@lru_cache(1)
def _parsed(text: str) -> Result:
    # Program and system come out of one look, which takes milliseconds.
    return parse(text)


def _browser(text: str) -> Agent:
    told = _parsed(text)
    program, system = told.user_agent, _system(text, "", "")
    if program is None:
        return Agent(text.split("/")[0].split("(")[0].strip()[:60] or "(unknown)", "other", "", *system)
    version = ".".join(it for it in (program.major, program.minor) if it)
    kind = "browser" if text.startswith(("Mozilla/", "Opera/")) else "other"
    return Agent(program.family, kind, version, *system)


def _system(text: str, name: str, version: str) -> tuple[str, str]:
    if name == "Windows WebDAV":
        return "Windows", windows_of(version)
    if name in ("Nextcloud desktop", "ownCloud desktop") and (found := _MIRALL.search(text)):
        return "Windows", windows_of(found[1])
    told = _parsed(text).os
    if told is None or told.family == "Other":
        return "", ""
    number = ".".join(it for it in (told.major, told.minor) if it)
    if told.family == "Windows" and number == "10":
        # Browsers on 11 call themselves 10 too: https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11
        return "Windows", "10 or 11"
    return told.family, number


def windows_of(version: str) -> str:
    """The name by which Microsoft sells the Windows of the kernel *version* (`10.0.19045`); "" if unknown."""
    numbers = [int(it) for it in version.split(".") if it.isdigit() and len(it) < 9]
    if numbers[:2] == [10, 0] and len(numbers) > 2:
        if numbers[2] in _SERVERS:
            return _SERVERS[numbers[2]]
        return next((sold for build, sold in _BUILDS if numbers[2] >= build), "")
    return _KERNELS.get((numbers[0], numbers[1]), "") if len(numbers) > 1 else ""
