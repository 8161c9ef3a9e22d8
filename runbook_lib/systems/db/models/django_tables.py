"""The tables that both sites share: Django's own and those of the login package."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.timezone import now


class ContentType(models.Model):
    """A kind of row, as named by Django's admin and permissions."""

    app_label = models.CharField(max_length=100)
    model = models.CharField(max_length=100)

    class Meta:
        abstract = True
        managed = False
        db_table = "django_content_type"
        unique_together = (("app_label", "model"),)


class Permission(models.Model):
    """A permission in Django's admin."""

    name = models.CharField(max_length=255)
    content_type = models.ForeignKey("ContentType", models.DO_NOTHING)
    codename = models.CharField(max_length=100)

    class Meta:
        abstract = True
        managed = False
        db_table = "auth_permission"
        unique_together = (("content_type", "codename"),)


class AuthGroup(models.Model):
    """Django's group; Atmosphere's `Group` is its child row and has no name column."""

    name = models.CharField(max_length=80, unique=True)

    class Meta:
        abstract = True
        managed = False
        db_table = "auth_group"


class AuthGroupPermissions(models.Model):
    """A permission of a Django group."""

    group = models.ForeignKey("AuthGroup", models.DO_NOTHING)
    permission = models.ForeignKey("Permission", models.DO_NOTHING)

    class Meta:
        abstract = True
        managed = False
        db_table = "auth_group_permissions"
        unique_together = (("group", "permission"),)


class LogEntry(models.Model):
    """An action of a user in Django's admin."""

    action_time = models.DateTimeField(default=now)
    object_id = models.TextField(null=True)
    object_repr = models.CharField(max_length=200)
    action_flag = models.PositiveSmallIntegerField()
    change_message = models.TextField()
    content_type = models.ForeignKey("ContentType", models.DO_NOTHING, null=True)

    class Meta:
        abstract = True
        managed = False
        db_table = "django_admin_log"


class Session(models.Model):
    """A browser session; its data is signed and not readable."""

    session_key = models.CharField(max_length=40, primary_key=True)
    session_data = models.TextField()
    expire_date = models.DateTimeField()

    class Meta:
        abstract = True
        managed = False
        db_table = "django_session"


class Token(models.Model):
    """An API token; the key is the secret itself."""

    key = models.CharField(max_length=255, primary_key=True)
    api_server_url = models.CharField(max_length=255, null=True)
    remote_ip = models.CharField(max_length=128, null=True)
    issuer = models.TextField(null=True)
    issued_time = models.DateTimeField(default=now, db_column="issuedTime")
    expire_time = models.DateTimeField(null=True, db_column="expireTime")

    class Meta:
        abstract = True
        managed = False
        db_table = "django_cyverse_auth_token"


class CyverseAccessToken(models.Model):
    """A token of an external identity service; the key is the secret itself."""

    key = models.CharField(max_length=255, primary_key=True)
    issuer = models.TextField(null=True)
    expire_time = models.DateTimeField(null=True, db_column="expireTime")

    class Meta:
        abstract = True
        managed = False
        db_table = "django_cyverse_auth_accesstoken"


class UserProxy(models.Model):
    """A proxy ticket of the CAS login."""

    username = models.CharField(max_length=128, null=True)
    proxy_iou = models.CharField(max_length=128, db_column="proxyIOU")
    proxy_ticket = models.CharField(max_length=128, db_column="proxyTicket")
    expires_on = models.DateTimeField(null=True, db_column="expiresOn")

    class Meta:
        abstract = True
        managed = False
        db_table = "django_cyverse_auth_userproxy"


class SiteUser(models.Model):
    """An account on either site."""

    password = models.CharField(max_length=128)
    last_login = models.DateTimeField(null=True)
    is_superuser = models.BooleanField(default=False)
    uuid = models.UUIDField(unique=True, default=uuid4)
    end_date = models.DateTimeField(null=True)
    username = models.CharField(max_length=256, unique=True)
    first_name = models.CharField(max_length=64)
    last_name = models.CharField(max_length=256)
    email = models.CharField(max_length=254)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=now)

    class Meta:
        abstract = True
        managed = False
