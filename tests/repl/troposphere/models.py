"""Our models under Troposphere's import path.

They are plain Django models. Upstream's own hooks (post_save) do not exist here: there, saving a TroposphereUser also
saves, or makes, its ``api_userpreferences``. The comparison in ``test_repl`` leaves that table out.
"""

from runbook_lib.systems.db.models.troposphere.models import *  # noqa: F403 - the names are upstream's, whichever a block asks for
