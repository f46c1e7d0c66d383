"""
What stands around every route: no answer leaves without being one of ours.
"""

from __future__ import annotations

from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver

from lading.drive.api.problem import answer, translated
from lading.drive.errors import Unfit
from lading.model.text import Text

_METHOD = Text("the method does not fit the address", "该地址不支持此方法")


def guarded(pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    """*pattern* with its view guarded."""
    if not isinstance(pattern, URLPattern):
        raise TypeError("the API has no addresses below addresses")
    view = pattern.callback

    @wraps(view)
    def call(request: HttpRequest, **values: str) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, **values)
        except Exception as problem:  # the last place where the words can be ours
            return translated(problem)
        if response.status_code == 405:
            return answer(Unfit("method", _METHOD), 405, {"Allow": response["Allow"]})
        return response

    return URLPattern(pattern.pattern, call, pattern.default_args, pattern.name)
