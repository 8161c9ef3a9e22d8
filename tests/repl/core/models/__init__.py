"""Our models under Atmosphere's import path.

They are plain Django models. Upstream's own hooks (post_save) do not exist here: there, saving an AtmosphereUser also
makes a missing ``user_profile``. The comparison in ``test_repl`` leaves that table out.
"""

from runbook_lib.systems.db.models.atmosphere.models import *  # noqa: F403 - the names are upstream's, whichever a block asks for
