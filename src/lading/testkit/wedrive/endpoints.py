"""The addresses below `/cgi-bin/`: the 31 of WeDrive (section 4) and those of the directory (section 10)."""

from __future__ import annotations

from . import capacity, directory, downloads, file_rights, files, spaces, uploads
from .call import CURRENT, Endpoint

_NEW = frozenset({CURRENT})

WEDRIVE = {
    "space_create": Endpoint(spaces.create, writes=True),
    "space_rename": Endpoint(spaces.rename, writes=True),
    "space_dismiss": Endpoint(spaces.dismiss, writes=True),
    "space_info": Endpoint(spaces.info),
    "space_acl_add": Endpoint(spaces.add_members, writes=True),
    "space_acl_del": Endpoint(spaces.remove_members, writes=True),
    "space_setting": Endpoint(spaces.setting, writes=True),
    "space_share": Endpoint(spaces.share, writes=True),
    "new_space_info": Endpoint(spaces.new_info, _NEW),
    "file_list": Endpoint(files.listed),
    "file_upload": Endpoint(uploads.one_shot, writes=True, own_transactions=True),
    "file_upload_init": Endpoint(uploads.begin, writes=True, own_transactions=True),
    "file_upload_part": Endpoint(uploads.part, writes=True, own_transactions=True),
    "file_upload_finish": Endpoint(uploads.finish, writes=True, own_transactions=True),
    "file_download": Endpoint(downloads.download),
    "file_create": Endpoint(files.create, writes=True),
    "file_rename": Endpoint(files.rename, writes=True),
    "file_move": Endpoint(files.move, writes=True),
    "file_delete": Endpoint(files.delete, writes=True),
    "file_info": Endpoint(files.info),
    "file_acl_add": Endpoint(file_rights.add_members, writes=True),
    "file_acl_del": Endpoint(file_rights.remove_members, writes=True),
    "file_setting": Endpoint(file_rights.setting, writes=True),
    "file_share": Endpoint(file_rights.share, writes=True),
    "get_file_permission": Endpoint(file_rights.permission, _NEW),
    "file_secure_setting": Endpoint(file_rights.secure_setting, _NEW, writes=True),
    "mng_pro_info": Endpoint(capacity.pro_info),
    "mng_capacity": Endpoint(capacity.capacity),
    "vip/batch_add": Endpoint(capacity.add_vips, _NEW, writes=True),
    "vip/batch_del": Endpoint(capacity.remove_vips, _NEW, writes=True),
    "vip/list": Endpoint(capacity.list_vips, _NEW),
}
# Calls of the old edition that name no userid.
NAMELESS = frozenset({"mng_capacity", "file_upload_part", "file_upload_finish"})
PARTS = frozenset({"file_upload_init", "file_upload_part", "file_upload_finish"})

_DIRECTORY = {
    "user/list_id": Endpoint(directory.list_id, group="directory"),
    "department/simplelist": Endpoint(directory.simple_departments, verb="GET", group="directory"),
    "department/list": Endpoint(directory.departments, verb="GET", group="directory"),
    "department/get": Endpoint(directory.department, verb="GET", group="directory"),
    "user/simplelist": Endpoint(directory.simple_persons, verb="GET", group="directory"),
    "user/get": Endpoint(directory.person, verb="GET", group="directory"),
}
ENDPOINTS = {**{f"wedrive/{name}": it for name, it in WEDRIVE.items()}, **_DIRECTORY}
