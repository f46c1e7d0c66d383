"""
A firm that works on a drive of ours: run beside the server, as many people, by a clock that is told.

`planted` fills two folders of the space alike; `worked` lets an hour pass in one of them.  Both are Python for
`LadingDriveServer.run`, and print JSON.
"""

from __future__ import annotations

_GROUND = """
import hashlib, json, random, time
from lading.drive.actor import EVERYTHING, SYSTEM, Actor
from lading.drive.models import Kind, Space
from lading.drive.people import admins, principals
from lading.drive.rights.grants import add_grant
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from lading.drive.store import store
from lading.drive.tree import find
from lading.drive.tree.change import delete
from lading.drive.tree.folders import make_folder
from lading.drive.tree.moving import move
from lading.drive.tree.saving import save
from lading.model.errors import DriveError
from lading.testkit.firm import adviser_key, build_firm, team_key
from lading.testkit.world.deals import DEALS

FIRM = build_firm(seed=3, people=40)
SPACE = Space.objects.get()

def viewer(key):
    return sight(Actor(principals.find(key).id, key, scopes=EVERYTHING))

def folder(who, path):
    for depth in range(1, len(path) + 1):
        try:
            find.at(who, SPACE.id, path[:depth])
        except DriveError:
            make_folder(who, find.at(who, SPACE.id, path[:depth - 1]), path[depth - 1])
    return find.at(who, SPACE.id, path)

def put(who, path, content):
    save(who, folder(who, path[:-1]), path[-1], store().put_bytes(content))
    return hashlib.sha256(content).hexdigest()
"""


def planted(sides: tuple[str, str], files: int) -> str:
    """Load the people; the same *files* and rights below both *sides*."""
    return f"""{_GROUND}
from lading.testkit.world.plan import plan_files
admins.give_admin_role(SYSTEM, principals.find("alice").id, "system")
principals.load_csv(SYSTEM, FIRM.csv().encode())
boss = viewer("alice")
paths = [tuple(it.path.split("/")) for it in plan_files(5, {files})]
for side in {sides!r}:
    for path in paths:
        put(boss, (side, *path), "/".join(path).encode())
    for deal in DEALS:
        node = folder(boss, (side, deal.folder)).row.id
        add_grant(boss.actor, node, principals.find(team_key(deal)).id, Role.MANAGE)
        add_grant(boss.actor, node, principals.find(adviser_key(deal)).id, Role.PREVIEW)
print(json.dumps([it.key for it in FIRM.people]))
"""


def worked(side: str, hour: int, things: int) -> str:
    """
    *things* that people of the deals do below *side* in the *hour*-th hour from now, by the clock of the drive.

    Printed: digests of all contents that were saved, and how often each thing was done.
    """
    return f"""{_GROUND}
START, DICE = time.time_ns(), random.Random({hour})
passed = [{hour} * 3600 * 10**9]
time.time_ns = lambda: START + passed[0]
said, done, touched = [], {{}}, set()

def is_folder(it):
    return it.row.kind == Kind.FOLDER

def inside(who, start):
    found, queue = [], [start]
    while queue:
        for one in find.children(who, queue.pop(), limit=500):
            found.append(one)
            queue += [one] if is_folder(one) else []
    return found

def thing(deal, who, number):
    top = find.at(who, SPACE.id, ({side!r}, deal.folder))
    there = inside(who, top)
    papers = [it for it in there if not is_folder(it)]
    places = [it for it in there if is_folder(it)]
    one, place = DICE.choice(papers), DICE.choice(places)
    what = DICE.choice(["edit"] * 6 + ["make"] * 2 + ["rename", "move", "folder", "rename folder", "delete", "give", "deny"])
    content = f"{{what}} {{number}} {hour}".encode()
    if what == "edit":
        said.append(put(who, one.path, content)); touched.add(one.row.id)
    elif what == "make":
        said.append(put(who, (*place.path, f"新 {{number}}-{hour}.xlsx"), content))
        touched.add(find.at(who, SPACE.id, (*place.path, f"新 {{number}}-{hour}.xlsx")).row.id)
    elif what == "folder":
        path = (*top.path, f"阶段 {{number}}-{hour}", "first.docx")
        said.append(put(who, path, content)); touched.add(find.at(who, SPACE.id, path).row.id)
    elif what == "rename":
        move(who, one, find.at(who, SPACE.id, one.path[:-1]), f"改名 {{number}}-{hour}.docx")
    elif what == "move":
        move(who, one, place, f"移 {{number}}-{hour}.docx")
    elif what == "rename folder":
        move(who, place, find.at(who, SPACE.id, place.path[:-1]), f"夹 {{number}}-{hour}")
    elif what == "delete":
        if one.row.id in touched:
            return  # saved and deleted within the hour: nobody journals that
        delete(who, one)
    else:
        guest = principals.find(DICE.choice([it for it in FIRM.guests if adviser_key(deal) in it.groups]).key)
        add_grant(who.actor, place.row.id, guest.id, Role.DOWNLOAD if what == "give" else Role.PREVIEW, deny=what == "deny")
    done[what] = done.get(what, 0) + 1

for number in range({things}):
    passed[0] += 3600 * 10**9 // {things}
    deal = DICE.choice(DEALS)
    team = FIRM.team(deal)
    if team:
        try:
            thing(deal, viewer(DICE.choice(team).key), number)
        except (DriveError, IndexError) as error:
            done[type(error).__name__] = done.get(type(error).__name__, 0) + 1
print(json.dumps({{"said": said, "done": done}}))
"""
