"""
The generated firm is one that the drive takes whole.
"""

import pytest

from lading.drive.actor import SYSTEM
from lading.drive.models import Principal
from lading.drive.people.closure import closure
from lading.drive.people.loading import load_csv
from lading.testkit.firm import RIVALS, build_firm, team_key
from lading.testkit.world.deals import DEALS


def test_the_drive_takes_the_firm_whole_and_twice_the_same() -> None:
    """
    No line is refused; each person counts as what the firm says; guests who ended count as nobody.
    """
    firm = build_firm()
    report = load_csv(SYSTEM, firm.csv().encode("utf-8-sig"))
    total = len(firm.departments) + len(firm.groups) + len(firm.people) + len(firm.guests)
    assert (total, ()) == (report.added, report.refused)
    assert total == load_csv(SYSTEM, firm.csv()).same

    ids = dict(Principal.objects.values_list("key", "id"))
    above = {unit.key: unit.parent for unit in firm.departments}
    for person in firm.people[::20]:
        wanted = {person.key, *person.groups, "everybody"}
        if any(group.startswith("team-") for group in person.groups):
            wanted |= {"deal-teams", "project-work"}
        for key in person.departments:
            while key:
                wanted.add(key)
                key = above[key]
        assert {ids[key] for key in wanted} == closure(ids[person.key])
    ended = [guest.key for guest in firm.guests if not closure(ids[guest.key])]
    assert sorted(guest.key for guest in firm.guests if guest.until < "2026") == sorted(ended)
    assert 2 == len(ended)


@pytest.mark.parametrize("seed", [1, 2, 99])
def test_one_seed_gives_one_firm_and_rivals_share_nobody(seed: int) -> None:
    """
    200 people of whom each has a login of their own, a team for each deal, and two teams fit for a wall.
    """
    firm = build_firm(seed=seed)

    assert firm == build_firm(seed=seed)
    assert 200 == len(firm.people) == len({person.login for person in firm.people})
    assert all(firm.team(deal) for deal in DEALS)
    one, other = ({person.key for person in firm.team(deal)} for deal in RIVALS)
    assert not one & other
    assert {team_key(deal) for deal in DEALS} <= {group.key for group in firm.groups}
    assert firm.csv().count("\n") == 1 + len(firm.departments) + len(firm.groups) + 200 + len(firm.guests)
