"""Which address leads to which page or call; WebDAV has its own way, see `lading.site.wsgi`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from lading.site.pages.first import first
from lading.site.pages.home import home
from lading.site.pages.link import download, link

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("lading.drive.api.urls")),
    path("first/<str:token>", first),
    path("s/<str:token>", link),
    path("s/<str:token>/download", download),
    path("", home),
]

handler400 = "lading.site.pages.faults.bad_request"
handler403 = "lading.site.pages.faults.forbidden"
handler404 = "lading.site.pages.faults.not_found"
handler500 = "lading.site.pages.faults.server_error"
