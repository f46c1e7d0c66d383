"""What the cloud says of itself: status, capabilities, apps; and app passwords."""

import json
from typing import Any

from .cloud import VERSION, Cloud
from .door import credentials
from .http import Reply
from .ocs import Call, Failed, Route

APPS = (
    "activity",
    "bruteforcesettings",
    "circles",
    "comments",
    "dav",
    "federatedfilesharing",
    "files",
    "files_external",
    "files_sharing",
    "files_trashbin",
    "files_versions",
    "groupfolders",
    "provisioning_api",
    "spreed",
    "systemtags",
    "text",
)
WORDS = ".".join(map(str, VERSION[:3]))


def status(cloud: Cloud) -> Reply:
    """status.php, which everybody may ask, also during maintenance."""
    told = {
        "installed": True,
        "maintenance": cloud.maintenance,
        "needsDbUpgrade": False,
        "version": ".".join(map(str, VERSION)),
        "versionstring": WORDS,
        "edition": "",
        "productname": "Nextcloud",
        "extendedSupport": False,
    }
    return Reply(200, json.dumps(told).encode(), [("Content-Type", "application/json")])


def capabilities(_: Call) -> Any:
    version = {
        "major": VERSION[0],
        "minor": VERSION[1],
        "micro": VERSION[2],
        "string": WORDS,
        "edition": "",
        "extendedSupport": False,
    }
    return {"version": version, "capabilities": {**_files(), **_sharing(), **_apps()}}


def _files() -> dict[str, Any]:
    return {
        "core": {
            "pollinterval": 60,
            "webdav-root": "remote.php/webdav",
            "reference-api": True,
            "mod-rewrite-working": False,
        },
        "bruteforce": {"delay": 0, "allow-listed": False},
        "dav": {"chunking": "1.0", "public_shares_chunking": True, "bulkupload": "1.0"},
        "files": {
            "bigfilechunking": True,
            "chunked_upload": {"max_size": 100 << 20, "max_parallel_count": 5},
            "blacklisted_files": [".htaccess"],
            "forbidden_filenames": [".htaccess"],
            "forbidden_filename_basenames": [],
            "forbidden_filename_characters": ["\\", "/"],
            "forbidden_filename_extensions": [".filepart", ".part"],
            "undelete": True,
            "delete_from_trash": True,
            "versioning": True,
            "version_labeling": True,
            "version_deletion": True,
            "comments": True,
        },
        "systemtags": {"enabled": True},
        "checksums": {"supportedTypes": ["SHA1", "MD5"], "preferredUploadType": "SHA1"},
    }


def _sharing() -> dict[str, Any]:
    off = {"enabled": False}
    return {
        "files_sharing": {
            "api_enabled": True,
            "public": {
                "enabled": True,
                "password": {"enforced": False, "askForOptionalPassword": False},
                "expire_date": off,
                "multiple_links": True,
                "expire_date_internal": off,
                "expire_date_remote": off,
                "send_mail": False,
                "upload": True,
                "upload_files_drop": True,
            },
            "resharing": True,
            "user": {"send_mail": False, "expire_date": {"enabled": True}},
            "group_sharing": True,
            "group": {"enabled": True, "expire_date": {"enabled": True}},
            "default_permissions": 31,
            "federation": {"outgoing": True, "incoming": True, "expire_date": {"enabled": True}},
            "sharee": {"query_lookup_default": False, "always_show_unique": True},
            "sharebymail": {"enabled": True, "password": {"enabled": True, "enforced": False}},
        }
    }


def _apps() -> dict[str, Any]:
    return {
        "activity": {"apiv2": ["filters", "filters-api", "previews", "rich-strings"]},
        "groupfolders": {"appVersion": "21.0.15", "hasGroupFolders": True, "acl": True},
        "circles": {"version": "33.0.0", "status": {"globalScale": False}},
        "spreed": {"features": ["conversation-v4"], "version": "23.0.1"},
        "provisioning_api": {"version": "1.21.0", "AccountPropertyScopesVersion": 2},
    }


def apps(call: Call) -> Any:
    call.as_admin()
    return {"apps": list(APPS) if call.given("filter", "enabled") == "enabled" else []}


def app_password(call: Call) -> Any:
    """A new app password, for a login with the account's own password."""
    _, password = credentials(call.request)
    user = call.user
    if call.cloud.people.by_token(user, password):
        raise Failed(403, "You cannot request an new apppassword with an apppassword", 997)
    return {"apppassword": call.cloud.people.issue(user, call.request.header("user-agent"))}


def revoke_password(call: Call) -> Any:
    user, password = credentials(call.request)
    if not call.cloud.people.by_token(user, password):
        raise Failed(403, "no app password in use", 997)
    call.cloud.people.revoke(password)
    call.door.forget()
    return []


ROUTES: list[Route] = [
    ("GET", "cloud/capabilities", capabilities),
    ("GET", "cloud/apps", apps),
    ("GET", "core/getapppassword", app_password),
    ("DELETE", "core/apppassword", revoke_password),
]
