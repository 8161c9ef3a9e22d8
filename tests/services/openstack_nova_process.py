"""Run all of Nova in one process, in the services' own venv: API, conductor, scheduler, and compute.

``python -P openstack_nova_process.py PLACEMENT-URL PORT``. One process, because its message queue is in memory. The
hypervisor is Nova's own pretended one: everything but the virtual machine is real.
"""

import sys
import time
import urllib.error
import urllib.request

NO_ROW = "delete from alembic_version where 0"


def wait_for(url: str) -> None:
    """Return when something answers; a compute that starts before Placement would be empty for a minute."""
    for _ in range(1200):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{url} does not answer")


def take_turns_writing(enginefacade, event) -> None:  # noqa: ANN001 - oslo.db's and SQLAlchemy's modules
    """Let each transaction that is to write take SQLite's lock with its first statement, and so wait for the others.

    One that reads first and wants to write then does not wait: SQLite says at once that the database is locked, and
    on a busy machine every third server would end in ERROR.
    Source: https://www.sqlite.org/lang_transaction.html
    """
    create = enginefacade._TransactionFactory._create_session

    def create_waiting(self, mode, bind=None):  # noqa: ANN001, ANN202 - oslo.db's own signature
        session = create(self, mode, bind=bind)
        if mode is enginefacade._WRITER:
            event.listen(session, "after_begin", lambda *given: given[2].exec_driver_sql(NO_ROW))
        return session

    enginefacade._TransactionFactory._create_session = create_waiting


if __name__ == "__main__":
    placement, port = sys.argv[1:3]
    sys.argv = ["nova-api"]  # oslo.config reads it
    from nova import monkey_patch

    monkey_patch.patch(backend="threading")
    import os_vif
    import waitress
    from nova import context, objects, service
    from nova.api.openstack import wsgi_app
    from nova.compute import rpcapi as compute
    from nova.conductor import rpcapi as conductor
    from nova.objects import host_mapping
    from nova.scheduler import rpcapi as scheduler
    from oslo_db.sqlalchemy import enginefacade
    from sqlalchemy import event

    take_turns_writing(enginefacade, event)
    application = wsgi_app.init_application("osapi_compute", "nova-api-os-compute")
    objects.register_all()
    os_vif.initialize()
    service.Service.create(binary="nova-conductor", topic=conductor.RPC_TOPIC).start()
    service.Service.create(binary="nova-scheduler", topic=scheduler.RPC_TOPIC).start()
    wait_for(placement)
    topics = {"topic": compute.RPC_TOPIC, "topic_alt": compute.RPC_TOPIC_ALT}
    service.Service.create(binary="nova-compute", **topics).start()
    host_mapping.discover_hosts(context.get_admin_context())
    waitress.serve(application, host="127.0.0.1", port=int(port), threads=4)
