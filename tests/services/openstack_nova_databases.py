"""Create Nova's three databases and register the others in the first, in the services' own venv.

``python -P openstack_nova_databases.py NOVA.CONF CELL0-URL CELL1-URL``: what four ``nova-manage`` commands do, in one
process, since most of each command's time goes into its imports.
"""

import sys

if __name__ == "__main__":
    configuration, cell0, cell1 = sys.argv[1:4]
    sys.argv = ["nova-manage"]  # oslo.config reads it
    from nova import config, objects
    from nova.cmd import manage

    config.parse_args(["nova-manage", "--config-file", configuration])
    objects.register_all()
    steps = (
        lambda: manage.ApiDbCommands().sync(),
        lambda: manage.CellV2Commands().map_cell0(cell0),
        lambda: manage.DbCommands().sync(),
        lambda: manage.CellV2Commands().create_cell(name="cell1", database_connection=cell1, transport_url="fake://"),
    )
    for step in steps:
        if step():
            sys.exit(1)
