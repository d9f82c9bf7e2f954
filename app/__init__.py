"""Backhaul: returns for BigCommerce stores. `create_app` opens every door; it is the only place that knows them all."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from . import logs
from .config import Settings
from .database import for_sqlalchemy, refuse_unsafe_role
from .extensions import babel, csrf, db, enter_store, keyring
from .lib import clock

__all__ = ["create_app"]


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application for `settings` (the environment's by default).

    Raises MissingSetting for a bad environment, UnsafeRole when the database's role could see over the wall.
    """
    if settings is None:
        settings = Settings.from_environment()
        # A process of its own, a server's or the worker's: its logs are ours to shape.
        logs.set_up()
    app = Flask(__name__)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=settings.secret_key_fallbacks,
        SQLALCHEMY_DATABASE_URI=for_sqlalchemy(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 10,
            "max_overflow": 10,
            "pool_pre_ping": True,
            # What a statement carried is people's names and addresses: not for the log of a failed one.
            "hide_parameters": True,
        },
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en",
    )
    keyring.load(settings.encryption_key_list)
    clock.use(clock.shifted_by_file(settings.sandbox_clock_file) if settings.sandbox_clock_file else None)
    db.init_app(app)
    babel.init_app(app)
    csrf.init_app(app)
    with app.app_context(), db.engine.connect() as connection:
        refuse_unsafe_role(connection)
    _open_doors(app)
    return app


def _open_doors(app: Flask) -> None:
    from .web import csp, errors, filters, health, hooks, install, panel, portal, session, storefront

    app.session_interface = session.StoreSessionInterface()
    for door in (health, install, hooks, panel, portal, storefront):
        app.register_blueprint(door.bp)
    csrf.exempt(hooks.bp)
    csp.init_app(app)
    errors.init_app(app)
    filters.init_app(app)
    app.teardown_appcontext(lambda _: enter_store(None))
