"""Texts and links that the site shows and sends."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class HelpLink(models.Model):
    """A help link of the web interface."""

    link_key = models.CharField(max_length=256, unique=True)
    topic = models.CharField(max_length=256)
    context = models.TextField(null=True, default="")
    href = models.TextField()
    created_date = models.DateTimeField(default=now)
    modified_date = models.DateTimeField(default=now)

    class Meta:
        managed = False
        db_table = "core_helplink"


class EmailTemplate(models.Model):
    """The header, footer and address of Atmosphere's emails."""

    email_address = models.CharField(max_length=254, default="support@cyverse.org")
    email_header = models.TextField(default="")
    email_footer = models.TextField(default="CyVerse Atmosphere Team")

    class Meta:
        managed = False
        db_table = "email_template"


class EmailTemplateLinks(models.Model):
    """A help link in the emails."""

    emailtemplate = models.ForeignKey("EmailTemplate", models.DO_NOTHING)
    helplink = models.ForeignKey("HelpLink", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "email_template_links"
        unique_together = (("emailtemplate", "helplink"),)
