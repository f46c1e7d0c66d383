"""What the checks of networks say of good and of bad facts."""

from dataclasses import replace
from typing import Any

import pytest

from lading.cli.probe import bare, document_of, findings_of, url_of
from lading.connectors.address import parse
from lading.model.errors import BadRequest
from lading.stages.readiness.facts.network import (
    Connection,
    Limits,
    Measurement,
    Need,
    NetworkProbe,
    Path,
    Rates,
    Resolution,
    ResolverAnswer,
    Target,
    Tls,
    Trips,
    Try,
)
from lading.stages.readiness.findings import Severity
from lading.stages.readiness.firewall import rules_of
from lading.stages.readiness.gather.network_names import read_answer
from lading.stages.readiness.plain import from_plain, to_plain

NOW = 1_800_000_000.0
PASSED = Try(what="wait", outcome="passed", status=200, seconds=65)
LIMITS = Limits(
    methods=(Try(what="PROPFIND", outcome="passed", status=200),),
    body_passed=32 << 20,
    announced_passed=5 << 30,
    waits=PASSED,
    trickles=PASSED,
    sockets=PASSED,
)
TLS = Tls(
    version="TLSv1.3", trusted=True, issuer="CN=Public CA", fingerprint="aa", not_after=NOW + 90 * 86_400
)
RATES = Rates(one_stream=90e6, several_streams=95e6, streams=8, line=100e6, by="trains")
TRIPS = Trips(by="udp", sent=1000, answered=1000, median=0.01, jitter=0.001, lost_up=0.0, lost_down=0.0)
ROUND = Measurement(at=NOW, seconds=30, trips=TRIPS, up=RATES, down=RATES)
TARGET = Target(
    name="https://drive.example.com",
    host="drive.example.com",
    port=443,
    counterpart=True,
    resolution=Resolution(addresses=("192.0.2.1",)),
    connections=(Connection(address="192.0.2.1", port=443, outcome="open", seconds=0.01),),
    tls=TLS,
    path=Path(mtu=1500, told=1500, first_hop=1500),
    limits=LIMITS,
    clock_skew=0.2,
    clock_grain=0.01,
    measurements=(ROUND,),
)
BLOCKER, RISK, ADVICE = Severity.BLOCKER, Severity.RISK, Severity.ADVICE


def probe(need: Need | None = None, **changed: Any) -> NetworkProbe:
    return NetworkProbe(
        branch="Suzhou",
        started=NOW - 60,
        ended=NOW,
        targets=(replace(TARGET, **changed),),
        needs=(need,) if need else (),
    )


def limits(**changed: Any) -> dict[str, Any]:
    return {"limits": replace(LIMITS, **changed)}


def tls(**changed: Any) -> dict[str, Any]:
    return {"tls": replace(TLS, **changed)}


def trips(**changed: Any) -> dict[str, Any]:
    return {"measurements": (replace(ROUND, trips=replace(TRIPS, **changed)),)}


def answers(*said: tuple[str, ...]) -> dict[str, Any]:
    asked = tuple(ResolverAnswer(resolver=f"192.0.2.5{at}", addresses=it) for at, it in enumerate(said))
    return {"resolution": Resolution(addresses=said[0], answers=asked)}


def outcomes(*said: str) -> dict[str, Any]:
    return {
        "connections": tuple(
            Connection(address=f"192.0.2.{at}", port=443, outcome=it) for at, it in enumerate(said)
        )
    }


def refused(what: str) -> dict[str, Any]:
    return limits(methods=(Try(what=what, outcome="refused", status=405),))


CUT = Try(what="wait", outcome="cut", seconds=60.1)
BAD = [
    ({"resolution": Resolution(error="no such name")}, "network.name_unknown", BLOCKER),
    (answers(("192.0.2.1",), ("192.0.2.9",)), "network.resolvers_disagree", RISK),
    (outcomes("silent"), "network.blocked", BLOCKER),
    (outcomes("refused", "unreachable"), "network.blocked", BLOCKER),
    (outcomes("open", "silent"), "network.address_dead", RISK),
    ({"error": "Empty reply from server"}, "network.no_answer", BLOCKER),
    ({"counterpart": False}, "network.unmeasured", RISK),
    (tls(pin="bb"), "network.intercepted", BLOCKER),
    (tls(stated="bb"), "network.intercepted", BLOCKER),
    (tls(expected_issuer="Firm Root"), "network.intercepted", BLOCKER),
    (tls(trusted=False, distrust="self-signed"), "network.certificate_untrusted", BLOCKER),
    (tls(not_after=NOW + 29 * 86_400), "network.certificate_expires", RISK),
    (tls(version="TLSv1.1"), "network.old_tls", RISK),
    (tls(old_versions=("TLSv1",)), "network.old_tls", ADVICE),
    ({"clock_skew": -45.0}, "network.clock_skew", RISK),
    ({"clock_skew": 400.0}, "network.clock_skew", BLOCKER),
    (refused("PROPFIND"), "network.method_refused", BLOCKER),
    (refused("LOCK"), "network.method_refused", RISK),
    (limits(body_passed=10 << 20, body_refused=16 << 20), "network.body_limit", RISK),
    (limits(announced_passed=1 << 20, announced_refused=4 << 20), "network.body_limit", RISK),
    (limits(waits=CUT), "network.time_limit", RISK),
    (limits(trickles=CUT), "network.time_limit", RISK),
    (limits(sockets=Try(what="websocket", outcome="refused", status=400)), "network.websocket", ADVICE),
    ({"path": Path(mtu=1400, told=1500)}, "network.mtu_hole", BLOCKER),
    ({"path": Path(mtu=1400, told=1400)}, "network.mtu_small", ADVICE),
    (trips(lost_up=0.05), "network.loss", RISK),
    (trips(median=0.4), "network.delay", ADVICE),
]
GOOD = [
    {},
    answers(("192.0.2.1",), ("192.0.2.1",)),
    tls(pin="aa", stated="aa", expected_issuer="public ca"),
    {"clock_skew": 31.0, "clock_grain": 2.0},
    {"path": Path(told=1500)},
    {"path": None},
    trips(lost_up=0.005, median=0.1),
    trips(lost_up=None, lost_down=None, median=None),
]


@pytest.mark.parametrize("changed", GOOD)
def test_good_facts_give_no_finding(changed: dict[str, Any]) -> None:
    """A line without faults is not accused of any."""
    assert () == findings_of(probe(Need(wave="one", bytes=10**9, window_hours=8), **changed))


@pytest.mark.parametrize(("changed", "code", "severity"), BAD)
def test_one_bad_fact_gives_one_finding(changed: dict[str, Any], code: str, severity: Severity) -> None:
    """Each fault is found alone, with its own rule and weight."""
    assert [(code, severity)] == [(it.rule.code, it.severity) for it in findings_of(probe(**changed))]


def test_a_wave_that_does_not_fit_its_window_is_told_with_hours_and_ways_out() -> None:
    """Hours are bytes over the measured rate; a better hour of the schedule is named."""
    night = replace(ROUND, at=NOW - NOW % 86_400 + 2 * 3600, up=replace(RATES, several_streams=400e6))
    need = Need(wave="one", bytes=95_000_000 * 3600 * 10 // 8, window_hours=8)

    (found,) = findings_of(probe(need, measurements=(ROUND, ROUND, night)))

    assert ("network.window", BLOCKER, "one") == (found.rule.code, found.severity, found.wave)
    assert pytest.approx(10, rel=0.01) == found.evidence["hours"]
    assert "02:00" in found.says.en
    assert "02:00" in found.says.zh


@pytest.mark.parametrize(("hours", "severities"), [(15, []), (12, [RISK]), (9, [BLOCKER])])
def test_a_window_needs_room_to_spare(hours: float, severities: list[Severity]) -> None:
    """Ten hours of sending fit fifteen, are tight in twelve, and do not fit nine."""
    need = Need(wave="", bytes=95_000_000 * 3600 * 10 // 8, window_hours=hours)

    assert severities == [it.severity for it in findings_of(probe(need))]


def test_a_wave_over_an_unmeasured_line_is_unknown_not_fine() -> None:
    """Without a rate the answer is "unknown", in both languages."""
    need = Need(wave="", bytes=1, window_hours=1)

    (found,) = findings_of(probe(need, measurements=(replace(ROUND, up=None),)))

    assert "network.window_unknown" == found.rule.code
    assert found.says.en.startswith("unknown")
    assert found.says.zh.startswith("情况不明")


def test_a_limit_below_what_the_protocol_sends_is_a_blocker() -> None:
    """The same limit is a risk as long as nobody is known to send so much."""
    need = Need(wave="", bytes=1, window_hours=1, largest_body=64 << 20)

    (found,) = findings_of(probe(need, **limits(body_passed=10 << 20, body_refused=16 << 20)))

    assert BLOCKER == found.severity


def test_a_probe_comes_back_from_its_file_as_it_was() -> None:
    """Facts written at a branch are the same facts elsewhere; hostile ones are refused with their place."""
    whole = probe(Need(wave="波次", bytes=1, window_hours=1))
    values = document_of(whole)["values"]

    assert whole == from_plain(NetworkProbe, values)
    with pytest.raises(ValueError, match=r"targets\[0\].port"):
        from_plain(NetworkProbe, {**values, "targets": [{**to_plain(TARGET), "port": "443"}]})


@pytest.mark.parametrize(
    "answer", [b"", b"\0" * 12, b"\x12\x34\x81\x80\0\1\0\1\0\0\0\0\xc0", bytes(range(64))]
)
def test_a_hostile_resolver_is_an_error_not_a_crash(answer: bytes) -> None:
    """What is no answer raises only what the caller expects."""
    with pytest.raises((ValueError, IndexError, OSError, Exception)) as caught:
        read_answer(answer, 0x1234, 1)

    assert caught.type.__name__ in ("ValueError", "IndexError", "error")


def test_rules_of_a_firewall_name_host_port_and_reason() -> None:
    """Each drive that is reached over the network gives one rule; a folder none."""
    rules = rules_of(
        [parse("https://dav.example.com:8443/x/"), parse("/srv/files"), parse("https://a.example/")]
    )

    assert [("dav.example.com", 8443, "tcp", "out"), ("a.example", 443, "tcp", "out")] == [
        it[:4] for it in rules
    ]


@pytest.mark.parametrize(
    "bad", ["ftp://x", "https://", "https://u:secret@host", "https://h:99999", "https://[::1"]
)
def test_targets_that_make_no_sense_are_refused_without_their_secrets(bad: str) -> None:
    """A user's password in a URL is refused and not repeated."""
    with pytest.raises(BadRequest) as caught:
        url_of(bad)

    assert "secret" not in str(caught.value)
    assert "http://h:1" == bare("http://u:p@h:1")


def test_targets_may_be_typed_short() -> None:
    """A host is https; of a URL only host and port count."""
    assert "https://drive:8443" == url_of("drive:8443")
    assert "http://[::1]:80" == url_of("http://[::1]:80/some/path")
