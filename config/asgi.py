"""What the web server runs: pages through Django's WSGI side, /events as a raw stream.

Native Django ASGI costs a fifth more CPU per page; one blocking thread per process serves the pages.
"""

import os

from asgiref.wsgi import WsgiToAsgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.wsgi import application as pages_wsgi
from shouhou.desk.views import events

pages = WsgiToAsgi(pages_wsgi)


async def application(scope, receive, send):
    """Route one connection."""
    if scope["type"] == "http" and scope["path"] == "/events":
        await events(scope, receive, send)
    elif scope["type"] == "http":
        await pages(scope, receive, send)
    elif scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
