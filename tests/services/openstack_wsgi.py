"""Serve one WSGI application with waitress, in the services' own venv.

``python -P openstack_wsgi.py MODULE:ATTRIBUTE PORT``. The services read ``sys.argv`` through oslo.config while they are
imported, so it is emptied first; that is why ``waitress-serve MODULE:ATTRIBUTE`` does not do.
"""

import importlib
import sys

if __name__ == "__main__":
    target, port = sys.argv[1:3]
    sys.argv = [target]
    module, _, attribute = target.partition(":")
    application = getattr(importlib.import_module(module), attribute)
    import waitress  # only the services' venv has it

    # Placement reads before it writes: on SQLite, two at once would find the database locked.
    threads = 1 if module.startswith("placement") else 4
    waitress.serve(application, host="127.0.0.1", port=int(port), threads=threads)
