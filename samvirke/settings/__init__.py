"""The settings of a site: one table, read in one order, each value with its origin.

Duty: turn `samvirke.toml`, the environment and options into one frozen value. Level 1; imports
level 0 only, opens no file but `samvirke.toml`, and knows nothing of the web.
The order is option > environment (`SAMVIRKE_<NAME>`) > samvirke.toml > default.
A setting is one field below: its name, type, default and help stand there and nowhere else, and
`samvirke config`, the manual and the environment names are read off it.
Standard: TOML 1.0, https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from samvirke.errors import SiteError
from samvirke.settings.values import READERS, Link, SettingValueError, spell_texts

__all__ = [
    "FILE_NAME",
    "SETTINGS",
    "Limits",
    "Link",
    "Setting",
    "Settings",
    "load_settings",
    "public_settings",
    "settings_from_public",
]

FILE_NAME = "samvirke.toml"
ENVIRONMENT_PREFIX = "SAMVIRKE_"
DEFAULT_ORIGIN = "default"


def _row(kind: str, default: object, en: str, da: str, *, unit: str = "") -> Any:  # noqa: ANN401 - what `field` returns
    """One row of the table: how the value is read, what it is otherwise, and what it means."""
    metadata = {"kind": kind, "en": en, "da": da, "unit": unit}
    if isinstance(default, dict):
        return field(default_factory=lambda: MappingProxyType(dict(default)), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one query, one client and one worker may use. In samvirke.toml: the table `[limits]`."""

    timeout_ms: int = _row(
        "positive", 10_000, "Longest time a query may run.", "Længste tid, en forespørgsel må køre.", unit="ms"
    )
    max_rows: int = _row(
        "positive", 100_000, "Most rows or triples in one answer.", "Flest rækker eller tripler i ét svar."
    )
    max_bytes: int = _row("positive", 64 << 20, "Largest answer.", "Største svar.", unit="bytes")
    query_bytes: int = _row("positive", 65_536, "Longest query text.", "Længste forespørgselstekst.", unit="bytes")
    nesting: int = _row(
        "positive", 64, "Deepest nesting of brackets in a query.", "Dybeste indlejring af parenteser i en forespørgsel."
    )
    operators: int = _row("positive", 256, "Most operators in one expression.", "Flest operatorer i ét udtryk.")
    triple_patterns: int = _row(
        "positive", 64, "Most triple patterns in one group.", "Flest tripelmønstre i én gruppe."
    )
    unions: int = _row(
        "positive",
        128,
        "Most UNION, OPTIONAL and BIND in one query.",
        "Flest UNION, OPTIONAL og BIND i én forespørgsel.",
    )
    path_steps: int = _row("positive", 64, "Most steps in one property path.", "Flest trin i én egenskabssti.")
    workers: int = _row("positive", 3, "Processes that answer queries.", "Processer, der besvarer forespørgsler.")
    quick_workers: int = _row(
        "positive",
        2,
        "Processes for queries that need only a moment, while all others are busy.",
        "Processer til forespørgsler, der kun tager et øjeblik, mens alle andre er optaget.",
    )
    worker_memory_bytes: int = _row(
        "positive",
        80 << 20,
        "Memory a worker may use besides the data.",
        "Hukommelse, en arbejdsproces må bruge ud over data.",
        unit="bytes",
    )
    write_bytes: int = _row(
        "positive",
        16 << 20,
        "Largest update or graph in one request.",
        "Største opdatering eller graf i én anmodning.",
        unit="bytes",
    )
    write_facts: int = _row(
        "positive",
        100_000,
        "Most facts that one write to published data may change.",
        "Flest oplysninger, én skrivning til udgivne data må ændre.",
    )
    write_ms: int = _row(
        "positive",
        60_000,
        "Longest time a write to published data may take to be judged.",
        "Længste tid, en skrivning til udgivne data må tage at bedømme.",
        unit="ms",
    )
    write_memory_bytes: int = _row(
        "positive",
        768 << 20,
        "Memory the judging of a write may use besides the data.",
        "Hukommelse, bedømmelsen af en skrivning må bruge ud over data.",
        unit="bytes",
    )
    queue_wait_ms: int = _row(
        "positive", 2_000, "Longest wait for a free worker.", "Længste ventetid på en ledig arbejdsproces.", unit="ms"
    )
    concurrent_per_client: int = _row(
        "positive", 4, "Queries one client may run at once.", "Forespørgsler, én klient må køre ad gangen."
    )
    queue_length: int = _row(
        "positive", 32, "Queries that may wait for a worker.", "Forespørgsler, der må vente på en arbejdsproces."
    )
    client_budget_ms: int = _row(
        "positive",
        120_000,
        "Processor time one client may use up at once.",
        "Regnetid, én klient må bruge på én gang.",
        unit="ms",
    )
    client_refill_ms: int = _row(
        "positive",
        1_000,
        "Processor time that one client gets back in each second.",
        "Regnetid, som én klient får igen hvert sekund.",
        unit="ms",
    )
    body_bytes: int = _row(
        "positive", 1 << 20, "Largest body of a request.", "Største indhold i en anmodning.", unit="bytes"
    )
    body_wait_ms: int = _row(
        "positive",
        10_000,
        "Longest time the body of a request may take to arrive.",
        "Længste tid, indholdet af en anmodning må være undervejs.",
        unit="ms",
    )
    cache_bytes: int = _row(
        "positive",
        64 << 20,
        "Memory for answers that are kept to be given again.",
        "Hukommelse til svar, der gemmes for at blive givet igen.",
        unit="bytes",
    )
    memory_facts: int = _row(
        "positive",
        10_000_000,
        "Most facts that are held in memory; more are answered from the disk.",
        "Flest oplysninger, der holdes i hukommelsen; flere besvares fra disken.",
    )
    federation_timeout_ms: int = _row(
        "positive",
        5_000,
        "Longest time other servers may take to answer the SERVICE clauses of one query, within its own time.",
        "Længste tid, andre servere må bruge på SERVICE-delene af én forespørgsel, inden for dens egen tid.",
        unit="ms",
    )
    federation_bytes: int = _row(
        "positive",
        2 << 20,
        "Largest answer to one SERVICE clause.",
        "Største svar på én SERVICE-del.",
        unit="bytes",
    )
    federation_rows: int = _row(
        "positive", 10_000, "Most rows in the answer to one SERVICE clause.", "Flest rækker i svaret på én SERVICE-del."
    )
    federation_calls: int = _row(
        "positive", 4, "Most SERVICE clauses in one query.", "Flest SERVICE-dele i én forespørgsel."
    )
    federation_at_once: int = _row(
        "positive",
        8,
        "Queries that may wait for other servers at once.",
        "Forespørgsler, der må vente på andre servere på én gang.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of a site. `origin(name)` says where a value comes from."""

    # ruff: noqa: RUF009 - `_row` is `field` with the table's columns

    base: str = _row(
        "base",
        None,
        "The address everything in the site is named under; it ends in a slash.",
        "Adressen, som alt på stedet er navngivet under; den ender på en skråstreg.",
    )
    languages: tuple[str, ...] = _row(
        "languages",
        ("en",),
        "The languages of the pages, the preferred one first.",
        "Sidernes sprog, det foretrukne først.",
    )
    title: Mapping[str, str] = _row("texts", {}, "The site's name, by language.", "Stedets navn på hvert sprog.")
    description: Mapping[str, str] = _row(
        "texts", {}, "What the site is about, by language.", "Hvad stedet handler om, på hvert sprog."
    )
    licence: Link = _row(
        "link", Link(), "The licence of the data: address and name.", "Licensen for data: adresse og navn."
    )
    publisher: Link = _row(
        "link", Link(), "Who publishes the site: address and name.", "Hvem der udgiver stedet: adresse og navn."
    )
    accessibility_statement: str = _row(
        "address", "", "The address of the accessibility statement.", "Adressen på tilgængelighedserklæringen."
    )
    contact: str = _row(
        "address", "", "Where to report mistakes (https: or mailto:).", "Hvor fejl meldes (https: eller mailto:)."
    )
    host: str = _row("text", "127.0.0.1", "The interface the server listens on.", "Netkortet, serveren lytter på.")
    port: int = _row("port", 8000, "The port the server listens on.", "Porten, serveren lytter på.")
    trusted_proxies: int = _row(
        "count",
        0,
        "Proxies in front of the server whose X-Forwarded-For is believed.",
        "Antal proxyer foran serveren, hvis X-Forwarded-For der stoles på.",
    )
    state: Path = _row("path", Path(".samvirke"), "The folder for what is built.", "Mappen til det, der bygges.")
    retention: int = _row("positive", 3, "How many generations are kept.", "Hvor mange generationer der gemmes.")
    writable: bool = _row(
        "boolean",
        False,
        "Whether the site takes writes, from who has a token.",
        "Om der kan skrives på stedet af den, der har en nøgle.",
    )
    checkpoint_after_ms: int = _row(
        "count",
        5_000,
        "How long after the last write a server builds the site again, so that search and lists know it; 0: never.",
        "Hvor længe efter seneste skrivning en server bygger stedet igen, så søgning og lister kender den; 0: aldrig.",
        unit="ms",
    )
    free_bytes: int = _row(
        "count",
        16 << 20,
        "Space on the disk that writing leaves free; on a small disk a sixteenth of it.",
        "Plads på disken, som skrivning lader være fri; på en lille disk en sekstendedel af den.",
        unit="bytes",
    )
    allow_invalid: bool = _row(
        "boolean", False, "Publish although the gate found violations.", "Udgiv, selv om kontrollen fandt fejl."
    )
    check_shape_ms: int = _row(
        "count",
        600_000,
        "Longest time one shape may take when the site is checked or built; 0: for ever.",
        "Længste tid, én form må tage, når stedet tjekkes eller bygges; 0: for altid.",
        unit="ms",
    )
    reasoner: bool = _row(
        "boolean",
        True,
        "Let a build ask the reasoner, if Java is there.",
        "Lad bygningen spørge ræsonneren, hvis Java findes.",
    )
    lock_wait_ms: int = _row(
        "count", 30_000, "Longest wait for another build.", "Længste ventetid på en anden bygning.", unit="ms"
    )
    federation: tuple[str, ...] = _row(
        "origins",
        (),
        "The servers that SERVICE in a query may ask, each as an exact origin such as https://query.wikidata.org;"
        " none: no query asks any.",
        "De servere, som SERVICE i en forespørgsel må spørge, hver som et præcist ophav, fx"
        " https://query.wikidata.org; ingen: ingen forespørgsel spørger nogen.",
    )
    federation_private: tuple[str, ...] = _row(
        "origins",
        (),
        "Those of them that may have an address in a private net or on this machine.",
        "De af dem, der må have en adresse i et privat net eller på denne maskine.",
    )
    limits: Limits = field(default_factory=Limits, metadata={"kind": "table"})
    origins: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}), repr=False, metadata={"kind": "none"}
    )

    def origin(self, name: str) -> str:
        """Return where the setting `name` comes from: "option", an environment name, a file or "default"."""
        if name not in {setting.name for setting in SETTINGS}:
            raise KeyError(name)
        return self.origins.get(name, DEFAULT_ORIGIN)

    def value(self, name: str) -> Any:  # noqa: ANN401 - each setting has its own type
        """Return the value of the setting `name`, also of one in a table (`limits.timeout_ms`)."""
        holder: Any = self
        for part in name.split("."):
            holder = getattr(holder, part)
        return holder


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings. `help` maps "da" and "en" to a sentence."""

    name: str
    kind: str
    default: Any
    help: Mapping[str, str]
    unit: str = ""

    @property
    def environment(self) -> str:
        """The environment variable that sets it; a text in languages adds `_<LANGUAGE>`."""
        return ENVIRONMENT_PREFIX + self.name.upper().replace(".", "_")

    @property
    def required(self) -> bool:
        """Whether the setting has no default."""
        return self.default is None


def _rows(holder: type, prefix: str = "") -> Iterator[Setting]:
    for entry in dataclasses.fields(holder):
        kind = entry.metadata["kind"]
        if kind == "table":
            yield from _rows(Limits, f"{entry.name}.")
        elif kind != "none":
            given = entry.default
            default = entry.default_factory() if entry.default_factory is not dataclasses.MISSING else given
            texts = {"da": entry.metadata["da"], "en": entry.metadata["en"]}
            yield Setting(prefix + entry.name, kind, default, texts, entry.metadata["unit"])


SETTINGS: tuple[Setting, ...] = tuple(_rows(Settings))


PUBLIC = (
    "base",
    "languages",
    "title",
    "description",
    "licence",
    "publisher",
    "accessibility_statement",
    "contact",
)


def public_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that a published generation carries along, as JSON values."""
    values: dict[str, Any] = {}
    for name in PUBLIC:
        value = settings.value(name)
        if isinstance(value, Link):
            value = {"address": value.address, "name": value.name}
        values[name] = dict(value) if isinstance(value, Mapping) else value
    return values


def settings_from_public(
    values: Mapping[str, Any], *, place: str, environ: Mapping[str, str] = MappingProxyType({})
) -> Settings:
    """Return the settings that `public_settings` wrote, all others as `environ` sets them or at their default.

    Raises: SiteError that names `place` when a value is unknown or ill-typed.
    """
    given: dict[str, tuple[Any, str]] = {_known(name, place): (value, place) for name, value in values.items()}
    _take_environment(environ, given)
    return _settle(Path(place), given)


def load_settings(
    root: Path | str,
    *,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read the settings of the site in the folder `root`.

    Reads:  `samvirke.toml` in `root`; the variables `SAMVIRKE_<NAME>` of `environ`. An option that
            is None in `overrides` was not given.
    Raises: SiteError when the file is missing or malformed, or a setting is unknown, of the wrong
            type or missing; it names the file, the key and, for a misspelt key, the nearest known one.
    """
    path = Path(root) / FILE_NAME
    given: dict[str, tuple[Any, str]] = {}
    _take_file(path, given)
    _take_environment(environ, given)
    _take_options(overrides or {}, given)
    return _settle(path, given)


def _take_file(path: Path, given: dict[str, tuple[Any, str]]) -> None:
    tables = {setting.name.split(".")[0] for setting in SETTINGS if "." in setting.name}
    for key, value in _read_toml(path).items():
        if key in tables:
            if not isinstance(value, dict):
                raise SiteError(f"{path}: `{key}` is not a table.", remedy=f"Write [{key}] and the settings below it.")
            for name, inner in value.items():
                given[_known(f"{key}.{name}", str(path))] = (inner, str(path))
        else:
            given[_known(key, str(path))] = (value, str(path))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SiteError(
            f"{path} does not exist.",
            remedy="Name the site's folder with --site, or make a new one with `samvirke init`.",
        ) from None
    except UnicodeDecodeError as error:
        raise SiteError(f"{path} is not UTF-8 (byte {error.start}).", remedy="Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{path} is not valid TOML: {error}.", remedy="Correct the line.") from error
    except OSError as error:
        raise SiteError(f"{path} cannot be read: {error.strerror}.") from error


def _known(name: str, place: str) -> str:
    names = [setting.name for setting in SETTINGS]
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    remedy = f"Did you mean `{near[0]}`?" if near else "`samvirke config` lists the settings."
    raise SiteError(f"{place}: there is no setting `{name}`.", remedy=remedy)


def _take_environment(environ: Mapping[str, str], given: dict[str, tuple[Any, str]]) -> None:
    for setting in SETTINGS:
        if setting.kind == "texts":
            start = setting.environment + "_"
            texts = {key[len(start) :].lower(): environ[key] for key in sorted(environ) if key.startswith(start)}
            if texts:
                before = given.get(setting.name, ({}, ""))[0]
                merged = {**(before if isinstance(before, Mapping) else {}), **texts}
                given[setting.name] = (merged, start + "*")
        elif setting.kind == "link":
            start = setting.environment + "_"
            parts = {
                part: environ[start + part.upper()] for part in ("address", "name") if start + part.upper() in environ
            }
            if parts:
                before = given.get(setting.name, ({}, ""))[0]
                given[setting.name] = ({**(before if isinstance(before, Mapping) else {}), **parts}, start + "*")
        elif setting.environment in environ:
            given[setting.name] = (spell_texts(environ[setting.environment], setting.kind), setting.environment)


def _take_options(overrides: Mapping[str, Any], given: dict[str, tuple[Any, str]]) -> None:
    for name, value in overrides.items():
        if value is not None:
            kind = {setting.name: setting.kind for setting in SETTINGS}[_known(name, "option")]
            given[name] = (spell_texts(value, kind) if isinstance(value, str) else value, "option")


def _settle(path: Path, given: Mapping[str, tuple[Any, str]]) -> Settings:
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.name not in given:
            if setting.required:
                raise SiteError(f"{path}: `{setting.name}` is missing.", remedy=setting.help["en"])
            continue
        value, place = given[setting.name]
        reader: Callable[[Any], Any] = READERS[setting.kind]
        try:
            values[setting.name] = reader(value)
        except SettingValueError as error:
            raise SiteError(f"{place}: `{setting.name}` {error}.", remedy=setting.help["en"]) from None
    stray = [origin for origin in values.get("federation_private", ()) if origin not in values.get("federation", ())]
    if stray:
        raise SiteError(
            f"{given['federation_private'][1]}: `federation_private` names {stray[0]}, and `federation` does not.",
            remedy="An origin has to stand in both.",
        )
    inner = {name.split(".")[1]: value for name, value in values.items() if "." in name}
    outer = {name: value for name, value in values.items() if "." not in name}
    origins = MappingProxyType({name: place for name, (_, place) in given.items()})
    return Settings(**outer, limits=Limits(**inner), origins=origins)
