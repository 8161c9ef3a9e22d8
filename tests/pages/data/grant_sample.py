# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Grant staff access
#
# A user can administer Atmosphere and Troposphere.

# %% [markdown]
# ## When to use
#
# A colleague needs the Admin tab; `is_staff` and `is_superuser` are set.
# **Not for** taking rights away: [Revoke staff access](revoke_staff.py#undo).

# %% [markdown]
# ## Before you start
#
# - [ ] The user has logged in once on each site.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # the name the user logs in with
apply: bool = False  # True applies the plan
reason: str = ""  # why; kept in the journal
undo: bool = False  # True undoes the run

# %% tags=["setup"]
# ruff: noqa: ANN201, D100, D102, E402, ERA001, T201 - a notebook with a stand-in for the real object
from IPython.display import Markdown


class Run:
    """Stand in for the real object: one method per step, which returns Markdown."""

    def plan(self):
        return Markdown(
            "Plan `3fa9c2d41b07`, in practice mode:\n\n"
            "| | row | column | before | after |\n| --- | --- | --- | --- | --- |\n"
            "| set | `atmosphere` atmosphere_user:1007 | is_staff | `false` | `true` |\n"
            "| set | `atmosphere` atmosphere_user:1007 | is_superuser | `false` | `true` |\n"
            "| set | `troposphere` troposphere_user:2003 | is_staff | `false` | `true` |\n"
            '| set | `troposphere` api_userpreferences:2103 | modified_date | `"2026-01-02T08:00:00+00:00"` '
            '| `"2026-01-15T12:00:00+00:00"` |\n'
        )

    def apply(self):
        print("\x1b[32mapplied\x1b[0m as run 20260115T120000-3fa9c2, verified")

    def verify(self):
        return Markdown(
            "# Verified\n\nA value that looks like a tag: <script>alert(1)</script> and `</div>`\n\n///\n\nzyxoutput"
        )

    def undo(self):
        print("```\n**Run `20260115T120000-3fa9c2` undone and verified**\n````")


run = Run()
Markdown("This page ran in practice mode.")

# %% [markdown] tags=["repl"]
# ## In Atmosphere's own shell
#
# For sites where nothing may connect from outside. There is no plan and no undo here.
#
# ```python
# from core.models import AtmosphereUser
#
# AtmosphereUser.objects.filter(username="joetest").update(is_staff=True, is_superuser=True)
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Nothing is changed yet.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Staff rights are far-reaching"
#
#     A superuser can emulate every user.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# **Symptom:** `there is no user joetest in the troposphere database`
# **Cause:** the user never logged in there.
# **Do:** ask them to log in once, then plan again. See [target not found](../reference/errors.md#target-not-found).
#
# | Symptom | Cause | Do |
# | --- | --- | --- |
# | what it says | a cause | a deed |

# %% [markdown]
# ## Background
#
# The staff guide imports a model that Troposphere has replaced.
