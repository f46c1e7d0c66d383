"""A few people of every kind, for drives that know any."""

from lading.connectors.memory import MemoryStore
from lading.model.access import Principal, PrincipalKind

K = PrincipalKind
PEOPLE = (
    Principal(K.PERSON, "1001", "李伟", "li@firm.example", "liwei"),
    Principal(K.PERSON, "1002", "Wang Fang", "wang@firm.example", "wangfang"),
    Principal(K.PERSON, "1003", "Left", active=False),
    Principal(K.GUEST, "g-1", "Outside Counsel", owner="1001", until=4_000_000_000_000_000_000),
    Principal(K.DEPARTMENT, "d-1", "项目融资部"),
    Principal(K.DEPARTMENT, "d-2", "一处", parent="d-1"),
    Principal(K.GROUP, "g-deal", "Deal team"),
    Principal(K.EVERYBODY, "everybody"),
)


def peopled(store: MemoryStore) -> MemoryStore:
    """*store*, which knows them, with some of them in groups and departments."""
    store.know(*PEOPLE)
    store.join("g-deal", "1001", "1002", "d-2", "g-1")
    store.join("d-2", "1002")
    return store
