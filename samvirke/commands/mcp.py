"""The command by which language models ask: a server of the Model Context Protocol.

Level 8. Hands out the tools of `agents`; knows the protocol through the SDK only, which is an extra (`samvirke[mcp]`).
Source: https://modelcontextprotocol.io/specification
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from samvirke import __version__
from samvirke.commands.frame import Command, Frame, option, pass_frame, words
from samvirke.errors import SamvirkeError, StoreError, WrongUse

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from samvirke.commands.agents import Tools

__all__ = ["mcp"]

Answer = TypeVar("Answer")
_INSTRUCTIONS = (
    "A knowledge graph read from documents: {title}. Every fact comes with the address of the passage it was read"
    " from; quote the words and give the address when you use one. What is not told here is not known here: say so."
    " Begin with search or schema."
)


@click.command(
    cls=Command,
    words=words(
        "Let language models ask what is published, over the Model Context Protocol: every fact they get comes with"
        " the address of its passage. Needs: pip install samvirke[mcp].",
        "Lad sprogmodeller spørge til det, der er udgivet, over Model Context Protocol: hver oplysning, de får, har"
        " tekststedets adresse med. Kræver: pip install samvirke[mcp].",
    ),
)
@option("--http", is_flag=True, help=words("Listen on HTTP instead of stdio.", "Lyt på HTTP i stedet for stdio."))
@option(
    "--host",
    default="127.0.0.1",
    help=words("With --http: the interface (default: 127.0.0.1).", "Med --http: netkort."),
)
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    help=words(
        "With --http: the port (default: 8001; 0: any free one).", "Med --http: porten (ellers: 8001; 0: en ledig)."
    ),
)
@pass_frame
def mcp(frame: Frame, host: str, port: int, *, http: bool) -> None:
    """Serve the tools until the client leaves or the command is stopped."""
    try:
        from mcp.server.mcpserver import MCPServer  # noqa: F401 - whether it is there
    except ImportError as error:
        raise WrongUse(
            "The parts for language models are not installed.", remedy="Install them: pip install 'samvirke[mcp]'."
        ) from error
    with _tools(frame) as tools:
        server = _server(frame, tools)
        if not http:
            server.run("stdio")
            return
        _listen(frame, server, host, port)


def _listen(frame: Frame, server: MCPServer[Any], host: str, port: int) -> None:
    """Serve streamable HTTP until the command is stopped."""
    import socket

    import uvicorn
    from mcp.server.transport_security import TransportSecuritySettings

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise StoreError(
            f"{host}:{port} cannot be listened on: {error.strerror}.", remedy="Name another --port."
        ) from error
    with listening:
        port = int(listening.getsockname()[1])
        # A page in a browser must not reach it under another name (DNS rebinding).
        named = [f"{name}:{port}" for name in dict.fromkeys((host, "127.0.0.1", "localhost", "[::1]"))]
        security = TransportSecuritySettings(allowed_hosts=named, allowed_origins=[f"http://{one}" for one in named])
        app = server.streamable_http_app(stateless_http=True, host=host, transport_security=security)
        told = words("Listening on http://{host}:{port}/mcp.", "Lytter på http://{host}:{port}/mcp.")
        frame.note(told, host=f"[{host}]" if ":" in host else host, port=port)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


@contextmanager
def _tools(frame: Frame) -> Iterator[Callable[[], Tools]]:
    """Yield a function that returns the tools over what is published now; a new generation is noticed."""
    from contextlib import ExitStack

    from samvirke.commands.agents import Tools
    from samvirke.commands.published import generation_of, published

    site, lock = frame.open_site(), threading.Lock()
    with ExitStack() as stack:
        opened: dict[str, Any] = {}

        def newest() -> Tools:
            with lock:
                version = generation_of(site).version
                if opened.get("version") != version:
                    known = stack.enter_context(published(site, frame.language))
                    opened.update(version=version, tools=Tools(site, known))
                found: Tools = opened["tools"]
                return found

        newest()
        yield newest


def _server(frame: Frame, tools: Callable[[], Tools]) -> MCPServer[Any]:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import ToolAnnotations

    from samvirke.commands.agents import refuse_nothing

    settings = frame.open_site().settings
    title = settings.title.get(frame.language) or next(iter(settings.title.values()), settings.base)
    server: MCPServer[Any] = MCPServer(
        "samvirke",
        title=title,
        instructions=_INSTRUCTIONS.format(title=title),
        version=__version__,
        log_level="WARNING",  # Standard output is the protocol's, standard error the client's log.
    )
    looks_only = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)

    def asked(ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except SamvirkeError as error:
            raise ToolError(str(error)) from error

    @server.tool(annotations=looks_only)
    def search(words: str, class_name: str = "", limit: int = 10) -> dict[str, Any]:
        """Find things by name and sentences of the documents by their words. Spelling and endings matter little.

        `class_name` keeps to things of one class, for example one that `schema` lists. Gives addresses for `describe`.
        """
        return asked(lambda: tools().search(refuse_nothing(words), class_name, limit))

    @server.tool(annotations=looks_only)
    def describe(thing: str) -> dict[str, Any]:
        """Tell what is known of a thing (its address, prefixed name or label), each fact with its passages' addresses.

        `passages` has the words. A fact with a `rule` was inferred from what its passages say. `stated: false` means
        that the documents do not say it.
        """
        return asked(lambda: tools().describe(refuse_nothing(thing)))

    @server.tool(annotations=looks_only)
    def sparql_select(query: str, limit: int = 50) -> dict[str, Any]:
        """Answer a SPARQL SELECT query; each row comes with the addresses of the passages behind it.

        Only SELECT, with PREFIX lines as in `schema`. COUNT and GROUP BY are told as computed. There is a time limit.
        """
        return asked(lambda: tools().sparql_select(refuse_nothing(query), limit))

    @server.tool(annotations=looks_only)
    def explain(subject: str, property_name: str, value: str) -> dict[str, Any]:
        """Say why a fact holds: the words it was read from, or the rule and what it follows from, down to words."""
        return asked(
            lambda: tools().explain(refuse_nothing(subject), refuse_nothing(property_name), refuse_nothing(value))
        )

    @server.tool(annotations=looks_only)
    def schema() -> str:
        """List the prefixes, classes and properties in use, with labels and numbers: what queries can ask for."""
        return asked(lambda: tools().schema())

    return server
