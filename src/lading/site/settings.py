"""
Settings of Django, made from the configuration of one drive.

The home of the drive comes from the environment variable LADING_DRIVE_HOME.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from lading.connectors.address import secret
from lading.site.config import HOME, load
from lading.site.database import database
from lading.site.secret_key import secret_key

_config = load(os.environ.get(HOME, "."))

LADING_DRIVE: dict[str, Any] = {**asdict(_config), "secret": secret}
"""What the drive itself reads; see `lading.site.config`.  `secret` turns a reference into what it points to."""

SECRET_KEY = secret_key(_config.home)
DEBUG = False
ALLOWED_HOSTS = ["*"]  # every door checks the address it was asked by itself
INSTALLED_APPS = ["lading.drive"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "lading.site.addresses"
AUTH_USER_MODEL = "drive.Account"
DATABASES = {"default": database(_config)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [os.path.join(os.path.dirname(__file__), "templates")],
        "OPTIONS": {},
    }
]
CSRF_FAILURE_VIEW = "lading.site.pages.faults.bad_form"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
# Behind a proxy with TLS the request looks plain to us, and its origin does not.
CSRF_COOKIE_SECURE = _config.address.startswith("https://")
CSRF_TRUSTED_ORIGINS = [origin] if (origin := "/".join(_config.address.split("/")[:3])) else []
LOGGING_CONFIG = None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
APPEND_SLASH = False
